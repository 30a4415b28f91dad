/** Metrics of statsd_exporter: StatsD's lines, exposed for scraping. */
@NullMarked
package dev.tethys.collect.exporter.statsd;

import org.jspecify.annotations.NullMarked;
