package dev.tethys.contrib.parquet;

import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.Contribution;
import dev.tethys.pipeline.exporter.parquet.ParquetExporterFactory;
import dev.tethys.web.client.HttpClientFactory;
import java.util.List;

/** Exporter of Parquet files. */
public final class ParquetContribution implements Contribution {
  @Override
  public List<ComponentFactory<?>> components(HttpClientFactory clients) {
    return List.of(new ParquetExporterFactory(clients));
  }
}
