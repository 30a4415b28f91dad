/** Telemetry to and from Kafka topics. */
@NullMarked
package dev.tethys.pipeline.kafka;

import org.jspecify.annotations.NullMarked;
