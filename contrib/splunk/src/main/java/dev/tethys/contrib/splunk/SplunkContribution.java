package dev.tethys.contrib.splunk;

import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.Contribution;
import dev.tethys.pipeline.exporter.splunk.SplunkExporterFactory;
import dev.tethys.pipeline.receiver.splunk.SplunkReceiverFactory;
import dev.tethys.web.client.HttpClientFactory;
import java.util.List;

/** Receiver and exporter of Splunk. */
public final class SplunkContribution implements Contribution {
  @Override
  public List<ComponentFactory<?>> components(HttpClientFactory clients) {
    return List.of(new SplunkExporterFactory(clients), new SplunkReceiverFactory());
  }
}
