package dev.tethys.pipeline.volume;

import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.pipeline.Signal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Volumes by attribute for the graphs of a process. Thread-safe.
 *
 * <p>Exposed as MDAI's metrics {@code bytes_received_by_service_total} and its siblings, with the
 * labels {@code mdai_service} and {@code data_type}: received counts the output of receivers, sent
 * the input of exporters. Values beyond the limit are exposed as {@code other}.
 */
public final class Volumes implements Collector {
  /** Value in metrics for those that are not kept. */
  public static final String OTHER = "other";

  private static final String SERVICE = "service.name";

  private final Map<String, VolumePoint> points = new ConcurrentHashMap<>();
  private volatile @Nullable VolumePlan plan;
  private volatile Prices prices = Prices.NONE;

  /** Applies settings; counts by attribute restart if the attributes change. */
  public void configure(VolumeSettings s) {
    VolumePlan now = plan;
    prices = s.prices();
    if (!s.enabled()) {
      plan = null;
    } else if (now == null || !now.attributes.equals(s.attributes()) || now.values != s.values()) {
      plan = new VolumePlan(s.attributes(), s.values());
    }
  }

  /** Returns the exporter prices. */
  public Prices prices() {
    return prices;
  }

  /** Returns the price of a volume at a point, in millionths of the currency; 0 without a price. */
  public double micros(VolumePoint p, long items, long bytes) {
    Prices.Price price =
        p.kind() == VolumePoint.Kind.OUT ? prices.byExporter().get(p.component()) : null;
    return price == null ? 0 : price.micros(items, bytes);
  }

  @Nullable VolumePlan plan() {
    return plan;
  }

  /** Names of the attributes; empty if nothing is counted. */
  public List<String> attributes() {
    VolumePlan p = plan;
    return p == null ? List.of() : p.attributes.stream().map(VolumeAttribute::name).toList();
  }

  /** Returns the measuring point of a receiver. */
  public VolumePoint in(String component, Signal signal) {
    String id = "in:" + component + ":" + signal.name().toLowerCase(Locale.ROOT);
    return points.computeIfAbsent(
        id, k -> new VolumePoint(this, VolumePoint.Kind.IN, k, component, "", signal));
  }

  /** Returns the measuring point of an edge. */
  public VolumePoint edge(
      String id, boolean toExporter, String component, String pipeline, Signal signal) {
    return points.computeIfAbsent(
        id,
        k ->
            new VolumePoint(
                this,
                toExporter ? VolumePoint.Kind.OUT : VolumePoint.Kind.EDGE,
                k,
                component,
                pipeline,
                signal));
  }

  /** Removes edges that no longer exist. */
  public void keepEdges(Set<String> ids) {
    points.values().removeIf(p -> p.kind() != VolumePoint.Kind.IN && !ids.contains(p.id()));
  }

  /** Returns all points by ID. */
  public List<VolumePoint> points() {
    return List.copyOf(new TreeMap<>(points).values());
  }

  @Override
  public void collect(Consumer<MetricFamily> to) {
    services(p -> p.kind() == VolumePoint.Kind.IN, "received", "that receivers passed on", to);
    services(p -> p.kind() == VolumePoint.Kind.OUT, "sent", "passed to exporters", to);
    costs(to);
  }

  private void costs(Consumer<MetricFamily> to) {
    Prices now = prices;
    Map<Labels, Double> sums = new TreeMap<>(Labels::compareTo);
    for (VolumePoint p : points.values()) {
      if (p.kind() == VolumePoint.Kind.OUT && now.byExporter().containsKey(p.component())) {
        sums.merge(
            Labels.of("currency", now.currency(), "exporter", p.component()),
            micros(p, p.items(), p.bytes()),
            Double::sum);
      }
    }
    if (!sums.isEmpty()) {
      List<Metric> metrics = new ArrayList<>();
      sums.forEach((labels, micros) -> metrics.add(new Metric(labels, micros / 1e6)));
      to.accept(
          new MetricFamily(
              "tethys_volume_cost_total",
              MetricType.COUNTER,
              "Price of the data passed to exporters since the start, at current prices.",
              "",
              metrics));
    }
  }

  private void services(
      Predicate<VolumePoint> of, String word, String what, Consumer<MetricFamily> to) {
    Map<Labels, long[]> sums = new TreeMap<>(Labels::compareTo);
    for (VolumePoint p : points.values()) {
      VolumePoint.Table t = of.test(p) ? p.counted(SERVICE) : null;
      if (t == null) {
        continue;
      }
      for (TopValues.Row r : t.rows()) {
        add(sums, r.value(), p.signal(), r.items(), r.bytes());
      }
      if (t.otherItems() > 0) {
        add(sums, OTHER, p.signal(), t.otherItems(), t.otherBytes());
      }
    }
    if (sums.isEmpty()) {
      return;
    }
    List<Metric> items = new ArrayList<>();
    List<Metric> bytes = new ArrayList<>();
    sums.forEach(
        (labels, n) -> {
          items.add(new Metric(labels, n[0]));
          bytes.add(new Metric(labels, n[1]));
        });
    to.accept(
        new MetricFamily(
            "bytes_" + word + "_by_service_total",
            MetricType.COUNTER,
            "Bytes " + what + ", by service.",
            "",
            bytes));
    to.accept(
        new MetricFamily(
            "items_" + word + "_by_service_total",
            MetricType.COUNTER,
            "Items " + what + ", by service.",
            "",
            items));
  }

  private static void add(
      Map<Labels, long[]> sums, String service, Signal signal, long items, long bytes) {
    long[] n =
        sums.computeIfAbsent(
            Labels.of("data_type", signal.name().toLowerCase(Locale.ROOT), "mdai_service", service),
            k -> new long[2]);
    n[0] += items;
    n[1] += bytes;
  }
}
