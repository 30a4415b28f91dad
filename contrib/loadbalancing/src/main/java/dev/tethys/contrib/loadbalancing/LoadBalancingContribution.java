package dev.tethys.contrib.loadbalancing;

import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.Contribution;
import dev.tethys.pipeline.exporter.loadbalancing.LoadBalancingExporterFactory;
import dev.tethys.web.client.HttpClientFactory;
import java.util.List;

/** Exporter that divides items among backends. */
public final class LoadBalancingContribution implements Contribution {
  @Override
  public List<ComponentFactory<?>> components(HttpClientFactory clients) {
    return List.of(new LoadBalancingExporterFactory(clients));
  }
}
