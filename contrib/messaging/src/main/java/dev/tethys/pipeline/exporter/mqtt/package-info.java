/** MQTT as a destination of metrics, logs and traces. */
@NullMarked
package dev.tethys.pipeline.exporter.mqtt;

import org.jspecify.annotations.NullMarked;
