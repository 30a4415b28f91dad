/** Exporters that write telemetry to the log, or discard it. */
@NullMarked
package dev.tethys.pipeline.exporter.debug;

import org.jspecify.annotations.NullMarked;
