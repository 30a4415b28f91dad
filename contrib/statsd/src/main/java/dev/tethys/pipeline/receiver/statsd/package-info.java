/** Receives StatsD and DogStatsD. */
@NullMarked
package dev.tethys.pipeline.receiver.statsd;

import org.jspecify.annotations.NullMarked;
