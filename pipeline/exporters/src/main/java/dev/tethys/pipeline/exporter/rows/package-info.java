/**
 * What a database sees of a batch: rows of metrics, whichever encoding they came in, records of
 * logs and spans, and the rules for what a database has no place for.
 */
@NullMarked
package dev.tethys.pipeline.exporter.rows;

import org.jspecify.annotations.NullMarked;
