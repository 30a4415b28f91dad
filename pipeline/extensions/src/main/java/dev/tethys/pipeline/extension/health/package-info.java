/** Whether the graph takes telemetry, for probes. */
@NullMarked
package dev.tethys.pipeline.extension.health;

import org.jspecify.annotations.NullMarked;
