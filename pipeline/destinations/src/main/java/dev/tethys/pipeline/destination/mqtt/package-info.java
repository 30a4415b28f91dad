/** MQTT as a destination of metrics, logs and traces. */
@NullMarked
package dev.tethys.pipeline.destination.mqtt;

import org.jspecify.annotations.NullMarked;
