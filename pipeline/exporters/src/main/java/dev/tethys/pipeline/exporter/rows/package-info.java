/**
 * View of a batch for databases: rows of metrics in any encoding, records of logs and spans, and
 * the rules for items that a database cannot store.
 */
@NullMarked
package dev.tethys.pipeline.exporter.rows;

import org.jspecify.annotations.NullMarked;
