/** Telemetry in the log, and nowhere. */
@NullMarked
package dev.tethys.pipeline.destination.debug;

import org.jspecify.annotations.NullMarked;
