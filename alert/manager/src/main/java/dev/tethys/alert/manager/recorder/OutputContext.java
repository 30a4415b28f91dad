package dev.tethys.alert.manager.recorder;

import dev.tethys.web.client.HttpClientFactory;
import java.io.OutputStream;

/**
 * Dependencies passed to event outputs.
 *
 * @param instance the host, the Kafka key that keeps events in order
 * @param stdout the standard output of the process
 */
public record OutputContext(
    String instance,
    HttpClientFactory clients,
    OutputStream stdout,
    KafkaTopics kafka,
    RecorderMetrics metrics) {}
