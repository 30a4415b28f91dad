/** NATS as a destination of metrics, logs and traces: JetStream, or core NATS. */
@NullMarked
package dev.tethys.pipeline.exporter.nats;

import org.jspecify.annotations.NullMarked;
