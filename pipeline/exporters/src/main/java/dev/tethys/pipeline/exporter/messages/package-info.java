/** Telemetry as messages of a broker: what stands in one, and to which topic it goes. */
@NullMarked
package dev.tethys.pipeline.exporter.messages;

import org.jspecify.annotations.NullMarked;
