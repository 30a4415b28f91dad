package dev.tethys.contrib.carbon;

import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.Contribution;
import dev.tethys.pipeline.exporter.carbon.CarbonExporterFactory;
import dev.tethys.pipeline.receiver.carbon.CarbonReceiverFactory;
import dev.tethys.web.client.HttpClientFactory;
import java.util.List;

/** Exporter and receiver of Graphite's Carbon. */
public final class CarbonContribution implements Contribution {
  @Override
  public List<ComponentFactory<?>> components(HttpClientFactory clients) {
    return List.of(new CarbonExporterFactory(clients), new CarbonReceiverFactory());
  }
}
