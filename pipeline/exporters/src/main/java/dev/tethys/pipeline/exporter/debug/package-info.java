/** Telemetry in the log, and nowhere. */
@NullMarked
package dev.tethys.pipeline.exporter.debug;

import org.jspecify.annotations.NullMarked;
