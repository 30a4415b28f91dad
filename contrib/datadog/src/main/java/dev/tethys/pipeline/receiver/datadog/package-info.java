/** Receives requests of Datadog's agent and clients: metrics, logs and traces. */
@NullMarked
package dev.tethys.pipeline.receiver.datadog;

import org.jspecify.annotations.NullMarked;
