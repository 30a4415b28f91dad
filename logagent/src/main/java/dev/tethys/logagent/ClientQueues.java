package dev.tethys.logagent;

import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.pipeline.delivery.OutboxStatus;
import dev.tethys.pipeline.exporter.loki.LokiClient;
import dev.tethys.pipeline.graph.QueueMetrics;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Queue metrics of each client. */
final class ClientQueues implements Collector {
  private volatile List<LokiClient> clients = List.of();

  void show(List<LokiClient> now) {
    clients = List.copyOf(now);
  }

  @Override
  public void collect(Consumer<MetricFamily> to) {
    Map<Labels, OutboxStatus> all = new LinkedHashMap<>();
    for (LokiClient c : clients) {
      all.put(Labels.of("client", c.name()), c.status());
    }
    QueueMetrics.gauge(
        to,
        all,
        "tethys_logs_client_queue_bytes",
        "Bytes of requests that wait.",
        OutboxStatus::bytes);
    QueueMetrics.gauge(
        to,
        all,
        "tethys_logs_client_queue_entries",
        "Entries in requests that wait.",
        OutboxStatus::items);
    QueueMetrics.gauge(
        to,
        all,
        "tethys_logs_client_queue_dead_letters",
        "Requests that expired or were refused, kept on disk.",
        OutboxStatus::deadLetters);
    QueueMetrics.gauge(
        to,
        all,
        "tethys_logs_client_queue_oldest_seconds",
        "Age of the oldest waiting request.",
        s -> s.oldestMillis() / 1000.0);
  }
}
