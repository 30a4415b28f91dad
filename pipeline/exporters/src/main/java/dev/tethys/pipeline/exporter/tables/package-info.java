/**
 * Parts shared by databases with several tables: requests in the form of remote write, which has
 * all fields of a series, and their contents as columns.
 */
@NullMarked
package dev.tethys.pipeline.exporter.tables;

import org.jspecify.annotations.NullMarked;
