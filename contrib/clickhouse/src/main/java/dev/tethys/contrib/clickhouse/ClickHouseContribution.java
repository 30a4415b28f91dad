package dev.tethys.contrib.clickhouse;

import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.Contribution;
import dev.tethys.pipeline.exporter.clickhouse.ClickHouseExporterFactory;
import dev.tethys.web.client.HttpClientFactory;
import java.util.List;

/** Exporter to ClickHouse. */
public final class ClickHouseContribution implements Contribution {
  @Override
  public List<ComponentFactory<?>> components(HttpClientFactory clients) {
    return List.of(new ClickHouseExporterFactory(clients));
  }
}
