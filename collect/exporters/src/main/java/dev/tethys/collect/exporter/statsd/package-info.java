/** What statsd_exporter does: metrics out of StatsD's lines, shown for scraping. */
@NullMarked
package dev.tethys.collect.exporter.statsd;

import org.jspecify.annotations.NullMarked;
