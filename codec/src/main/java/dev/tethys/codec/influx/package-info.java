/** Influx's line protocol. */
@NullMarked
package dev.tethys.codec.influx;

import org.jspecify.annotations.NullMarked;
