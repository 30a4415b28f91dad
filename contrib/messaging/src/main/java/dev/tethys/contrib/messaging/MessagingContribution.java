package dev.tethys.contrib.messaging;

import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.Contribution;
import dev.tethys.pipeline.exporter.mqtt.MqttExporterFactory;
import dev.tethys.pipeline.exporter.nats.NatsExporterFactory;
import dev.tethys.web.client.HttpClientFactory;
import java.util.List;

/** Exporters to MQTT brokers and NATS servers. */
public final class MessagingContribution implements Contribution {
  @Override
  public List<ComponentFactory<?>> components(HttpClientFactory clients) {
    return List.of(new MqttExporterFactory(clients), new NatsExporterFactory());
  }
}
