/** Metrics of graphite_exporter: Graphite's lines, exposed for scraping. */
@NullMarked
package dev.tethys.collect.exporter.graphite;

import org.jspecify.annotations.NullMarked;
