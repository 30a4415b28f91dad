package dev.tethys.contrib.tdengine;

import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.Contribution;
import dev.tethys.pipeline.exporter.tdengine.TdengineExporterFactory;
import dev.tethys.web.client.HttpClientFactory;
import java.util.List;

/** Exporter to TDengine. */
public final class TdengineContribution implements Contribution {
  @Override
  public List<ComponentFactory<?>> components(HttpClientFactory clients) {
    return List.of(new TdengineExporterFactory(clients));
  }
}
