/** StatsD and DogStatsD as a destination of metrics. */
@NullMarked
package dev.tethys.pipeline.destination.statsd;

import org.jspecify.annotations.NullMarked;
