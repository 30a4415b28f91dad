/** Telemetry as messages of a broker: their content and their topic. */
@NullMarked
package dev.tethys.pipeline.exporter.messages;

import org.jspecify.annotations.NullMarked;
