package dev.tethys.contrib.datadog;

import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.Contribution;
import dev.tethys.pipeline.exporter.datadog.DatadogExporterFactory;
import dev.tethys.pipeline.receiver.datadog.DatadogReceiverFactory;
import dev.tethys.web.client.HttpClientFactory;
import java.util.List;

/** Exporter to Datadog and receiver of its agents. */
public final class DatadogContribution implements Contribution {
  @Override
  public List<ComponentFactory<?>> components(HttpClientFactory clients) {
    return List.of(new DatadogExporterFactory(clients), new DatadogReceiverFactory(clients));
  }
}
