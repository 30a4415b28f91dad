/**
 * What databases with several tables have in common: requests in the form of remote write, which
 * carries all that a series has, and their contents as columns.
 */
@NullMarked
package dev.tethys.pipeline.exporter.tables;

import org.jspecify.annotations.NullMarked;
