package dev.tethys.contrib.kdb;

import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.Contribution;
import dev.tethys.pipeline.exporter.kdb.KdbExporterFactory;
import dev.tethys.web.client.HttpClientFactory;
import java.util.List;

/** Exporter to kdb+. */
public final class KdbContribution implements Contribution {
  @Override
  public List<ComponentFactory<?>> components(HttpClientFactory clients) {
    return List.of(new KdbExporterFactory());
  }
}
