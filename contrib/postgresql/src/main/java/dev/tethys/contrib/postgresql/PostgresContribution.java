package dev.tethys.contrib.postgresql;

import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.Contribution;
import dev.tethys.pipeline.postgresql.PostgresExporterFactory;
import dev.tethys.web.client.HttpClientFactory;
import java.util.List;

/** Exporter to PostgreSQL and TimescaleDB. */
public final class PostgresContribution implements Contribution {
  @Override
  public List<ComponentFactory<?>> components(HttpClientFactory clients) {
    return List.of(new PostgresExporterFactory());
  }
}
