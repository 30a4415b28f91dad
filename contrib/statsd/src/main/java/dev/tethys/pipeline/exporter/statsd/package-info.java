/** StatsD and DogStatsD as a destination of metrics. */
@NullMarked
package dev.tethys.pipeline.exporter.statsd;

import org.jspecify.annotations.NullMarked;
