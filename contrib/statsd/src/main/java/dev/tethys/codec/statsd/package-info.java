/** StatsD's lines, with the tags of DogStatsD, Influx, Librato and SignalFx. */
@NullMarked
package dev.tethys.codec.statsd;

import org.jspecify.annotations.NullMarked;
