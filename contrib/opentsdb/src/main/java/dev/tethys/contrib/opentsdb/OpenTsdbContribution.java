package dev.tethys.contrib.opentsdb;

import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.Contribution;
import dev.tethys.pipeline.exporter.opentsdb.OpenTsdbExporterFactory;
import dev.tethys.pipeline.receiver.opentsdb.OpenTsdbReceiverFactory;
import dev.tethys.web.client.HttpClientFactory;
import java.util.List;

/** Receiver and exporter of OpenTSDB. */
public final class OpenTsdbContribution implements Contribution {
  @Override
  public List<ComponentFactory<?>> components(HttpClientFactory clients) {
    return List.of(new OpenTsdbExporterFactory(clients), new OpenTsdbReceiverFactory());
  }
}
