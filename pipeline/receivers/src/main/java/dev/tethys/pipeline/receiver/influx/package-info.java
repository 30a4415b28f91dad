/** Receives Influx's line protocol. */
@NullMarked
package dev.tethys.pipeline.receiver.influx;

import org.jspecify.annotations.NullMarked;
