package dev.tethys.app.logs;

import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.pipeline.delivery.OutboxStatus;
import dev.tethys.pipeline.destination.loki.LokiClient;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

/** What waits for each client, as metrics. */
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
    gauge(to, all, "bytes", "Bytes of requests that wait.", OutboxStatus::bytes);
    gauge(to, all, "entries", "Entries in requests that wait.", OutboxStatus::items);
    gauge(
        to,
        all,
        "dead_letters",
        "Requests that were given up or refused, kept on disk.",
        OutboxStatus::deadLetters);
    gauge(
        to,
        all,
        "oldest_seconds",
        "How long the oldest request has waited.",
        s -> s.oldestMillis() / 1000.0);
  }

  private static void gauge(
      Consumer<MetricFamily> to,
      Map<Labels, OutboxStatus> all,
      String name,
      String help,
      ToDoubleFunction<OutboxStatus> value) {
    List<MetricFamily.Metric> metrics = new ArrayList<>();
    all.forEach((l, s) -> metrics.add(new MetricFamily.Metric(l, value.applyAsDouble(s))));
    to.accept(
        new MetricFamily("tethys_logs_client_queue_" + name, MetricType.GAUGE, help, "", metrics));
  }
}
