package dev.tethys.contrib.statsd;

import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.Contribution;
import dev.tethys.pipeline.exporter.statsd.StatsdExporterFactory;
import dev.tethys.pipeline.receiver.statsd.StatsdReceiverFactory;
import dev.tethys.web.client.HttpClientFactory;
import java.util.List;

/** Exporter and receiver of StatsD. */
public final class StatsdContribution implements Contribution {
  @Override
  public List<ComponentFactory<?>> components(HttpClientFactory clients) {
    return List.of(new StatsdExporterFactory(), new StatsdReceiverFactory());
  }
}
