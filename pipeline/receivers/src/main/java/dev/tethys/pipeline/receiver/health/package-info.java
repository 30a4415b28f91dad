/** Whether the graph takes telemetry, for probes. */
@NullMarked
package dev.tethys.pipeline.receiver.health;

import org.jspecify.annotations.NullMarked;
