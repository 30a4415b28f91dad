/** What graphite_exporter does: Graphite's lines, shown for scraping. */
@NullMarked
package dev.tethys.collect.exporter.graphite;

import org.jspecify.annotations.NullMarked;
