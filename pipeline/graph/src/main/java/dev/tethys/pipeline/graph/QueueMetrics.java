package dev.tethys.pipeline.graph;

import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.pipeline.component.ComponentKind;
import dev.tethys.pipeline.delivery.OutboxStatus;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

/** The queues of a graph as metrics, the Collector's names first. */
public final class QueueMetrics implements Collector {
  private final Graph graph;

  public QueueMetrics(Graph graph) {
    this.graph = graph;
  }

  @Override
  public void collect(Consumer<MetricFamily> to) {
    Map<Labels, OutboxStatus> all = new LinkedHashMap<>();
    Map<Labels, Long> blocked = new LinkedHashMap<>();
    List<Metric> repeated = new ArrayList<>();
    for (GraphStatus.NodeStatus n : graph.status().nodes()) {
      OutboxStatus s = n.outbox();
      if (s != null) {
        all.put(Labels.of("data_type", n.part(), "exporter", n.component()), s);
      }
      n.blocked().forEach(b -> blocked.merge(labels(n, b), b.sinceMillis(), Math::min));
      if (n.repeatedItems() > 0) {
        repeated.add(
            new Metric(Labels.of("component", component(n), "kind", n.kind()), n.repeatedItems()));
      }
    }
    if (!repeated.isEmpty()) {
      to.accept(
          new MetricFamily(
              "tethys_pipeline_repeated_items_total",
              MetricType.COUNTER,
              "Items that some destinations took and that were returned to their source because"
                  + " another did not; the source sends them again.",
              "",
              repeated));
    }
    blocked(to, blocked);
    if (all.isEmpty()) {
      return;
    }
    String size = "Current size of the queue, in the unit of its capacity.";
    gauge(to, all, "otelcol_exporter_queue_size", size, QueueMetrics::size);
    gauge(
        to,
        all,
        "otelcol_exporter_queue_capacity",
        "Fixed capacity of the queue.",
        QueueMetrics::capacity);
    gauge(
        to,
        all,
        "otelcol_exporter_in_flight_requests",
        "Requests in flight.",
        OutboxStatus::inFlight);
    gauge(
        to, all, "tethys_exporter_queue_bytes", "Bytes waiting in the queue.", OutboxStatus::bytes);
    gauge(
        to, all, "tethys_exporter_queue_items", "Items waiting in the queue.", OutboxStatus::items);
    gauge(
        to,
        all,
        "tethys_exporter_queue_oldest_seconds",
        "Age of the oldest request in the queue.",
        s -> s.oldestMillis() / 1000.0);
    gauge(
        to,
        all,
        "tethys_exporter_queue_full_seconds",
        "Time for which the queue has been full; 0 while it has room.",
        s -> s.fullSinceMillis() == 0 ? 0 : seconds(s.fullSinceMillis()));
    gauge(
        to,
        all,
        "tethys_exporter_queue_overflow_bytes",
        "Disk space of a queue in memory that continues on disk while its destination fails.",
        s -> s.onDisk() == null ? 0 : s.onDisk().bytes());
    gauge(
        to,
        all,
        "tethys_exporter_queue_overflow_seconds",
        "Time for which a queue in memory has continued on disk; 0 while it does not.",
        s -> s.onDisk() == null ? 0 : seconds(s.onDisk().sinceMillis()));
    gauge(
        to,
        all,
        "tethys_exporter_concurrency_limit",
        "Current limit of requests in flight.",
        OutboxStatus::limit);
    gauge(
        to,
        all,
        "tethys_exporter_paused_seconds",
        "Remaining time for which sending is paused, because the destination "
            + "is down or requested a pause.",
        s -> s.pausedMillis() / 1000.0);
    gauge(
        to,
        all,
        "tethys_exporter_dead_letters",
        "Requests kept as dead letters.",
        OutboxStatus::deadLetters);
    counter(
        to,
        all,
        "tethys_exporter_dead_letters_evicted_total",
        "Dead letters deleted to make room for new ones.",
        OutboxStatus::deadLettersEvicted);
    counter(
        to,
        all,
        "tethys_exporter_retries_total",
        "Number of retried attempts.",
        OutboxStatus::retries);
    counter(
        to,
        all,
        "tethys_exporter_queue_damaged_bytes_total",
        "Bytes of the queue on disk that could not be read.",
        OutboxStatus::damagedBytes);
  }

  private static Labels labels(GraphStatus.NodeStatus n, Blockage b) {
    return Labels.of(
        Map.of(
            "component",
            component(n),
            "kind",
            n.kind(),
            "signal",
            b.signal().name().toLowerCase(Locale.ROOT),
            "blocked_by",
            b.byKind() + " " + b.byComponent(),
            "reason",
            b.reason().name().toLowerCase(Locale.ROOT)));
  }

  private static String component(GraphStatus.NodeStatus n) {
    boolean inPipeline = n.kind().equals(ComponentKind.PROCESSOR.word());
    return inPipeline ? n.component() + " in " + n.part() : n.component();
  }

  private void blocked(Consumer<MetricFamily> to, Map<Labels, Long> since) {
    List<Metric> metrics = new ArrayList<>();
    since.forEach((l, millis) -> metrics.add(new Metric(l, seconds(millis))));
    if (!metrics.isEmpty()) {
      to.accept(
          new MetricFamily(
              "tethys_pipeline_blocked_seconds",
              MetricType.GAUGE,
              "Time for which a component has made no progress, and the component that "
                  + "blocks it; no series while it makes progress.",
              "",
              metrics));
    }
  }

  private double seconds(long sinceMillis) {
    return Math.max(0, graph.millis() - sinceMillis) / 1000.0;
  }

  private static double size(OutboxStatus s) {
    return s.capacity().requests() > 0
        ? s.requests()
        : s.capacity().items() > 0 ? s.items() : s.bytes();
  }

  private static double capacity(OutboxStatus s) {
    return s.capacity().requests() > 0
        ? s.capacity().requests()
        : s.capacity().items() > 0 ? s.capacity().items() : s.capacity().bytes();
  }

  /** Adds one gauge for several queues, distinguished by labels. */
  public static void gauge(
      Consumer<MetricFamily> to,
      Map<Labels, OutboxStatus> all,
      String name,
      String help,
      ToDoubleFunction<OutboxStatus> value) {
    family(to, all, name, help, MetricType.GAUGE, value);
  }

  private static void counter(
      Consumer<MetricFamily> to,
      Map<Labels, OutboxStatus> all,
      String name,
      String help,
      ToDoubleFunction<OutboxStatus> value) {
    family(to, all, name, help, MetricType.COUNTER, value);
  }

  private static void family(
      Consumer<MetricFamily> to,
      Map<Labels, OutboxStatus> all,
      String name,
      String help,
      MetricType type,
      ToDoubleFunction<OutboxStatus> value) {
    List<Metric> metrics = new ArrayList<>();
    all.forEach((l, s) -> metrics.add(new Metric(l, value.applyAsDouble(s))));
    to.accept(new MetricFamily(name, type, help, "", metrics));
  }
}
