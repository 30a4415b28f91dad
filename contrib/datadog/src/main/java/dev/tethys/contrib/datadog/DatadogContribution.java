package dev.tethys.contrib.datadog;

import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.Contribution;
import dev.tethys.pipeline.exporter.datadog.DatadogExporterFactory;
import dev.tethys.pipeline.exporter.datadog.DeltaConversion;
import dev.tethys.pipeline.processor.temporality.CumulativeToDelta;
import dev.tethys.pipeline.receiver.datadog.DatadogReceiverFactory;
import dev.tethys.web.client.HttpClientFactory;
import java.time.Duration;
import java.util.List;

/** Exporter to Datadog and receiver of its agents. */
public final class DatadogContribution implements Contribution {
  @Override
  public List<ComponentFactory<?>> components(HttpClientFactory clients) {
    return List.of(
        new DatadogExporterFactory(clients, DatadogContribution::deltas),
        new DatadogReceiverFactory(clients));
  }

  private static DeltaConversion deltas(Duration ttl, String initial, Scheduler clock) {
    CumulativeToDelta conversion = CumulativeToDelta.ofAll(ttl, initial, clock);
    return new DeltaConversion() {
      @Override
      public void apply(MetricsData data) {
        conversion.convert(data);
      }

      @Override
      public void close() {
        conversion.stop();
      }
    };
  }
}
