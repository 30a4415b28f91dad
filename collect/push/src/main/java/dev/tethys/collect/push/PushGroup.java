package dev.tethys.collect.push;

import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.exposition.MetricFamily.Value;
import dev.tethys.model.exposition.PackedMetrics;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Families pushed under one grouping key. Immutable.
 *
 * @param labels the key, including {@code job}
 * @param families families by name; their metrics carry the grouping labels and {@code instance}
 */
public record PushGroup(SortedMap<String, String> labels, SortedMap<String, Pushed> families) {
  static final String PUSH_TIME = "push_time_seconds";
  static final String FAILURE_TIME = "push_failure_time_seconds";
  private static final String PUSH_HELP =
      "Last Unix time when changing this group in the Pushgateway succeeded.";
  private static final String FAILURE_HELP =
      "Last Unix time when changing this group in the Pushgateway failed.";

  /**
   * A metric, its list entry, its labels and its point, apart from the bytes of the labels. Plain
   * numbers are kept in less, but every scrape makes metrics of them.
   */
  static final int METRIC_BYTES = 160;

  /**
   * A family and when it was pushed.
   *
   * @param bytes approximate heap size
   */
  public record Pushed(MetricFamily family, Instant at, long bytes) {
    /** With its size. */
    public Pushed(MetricFamily family, Instant at) {
      this(family, at, bytes(family));
    }

    private static long bytes(MetricFamily f) {
      long n = METRIC_BYTES;
      for (Metric m : f.metrics()) {
        n += METRIC_BYTES + m.labels().canonicalBytes().length;
        n +=
            switch (m.point()) {
              case MetricFamily.Buckets h -> 24L * h.bounds().length;
              case MetricFamily.Quantiles q -> 16L * q.values().length;
              default -> 0;
            };
      }
      return n;
    }
  }

  /** Approximate heap size. */
  long bytes() {
    long n = METRIC_BYTES;
    for (Pushed p : families.values()) {
      n += p.bytes();
    }
    return n;
  }

  public PushGroup {
    labels = Collections.unmodifiableSortedMap(new TreeMap<>(labels));
    families = Collections.unmodifiableSortedMap(new TreeMap<>(families));
  }

  static PushGroup empty(SortedMap<String, String> labels) {
    return new PushGroup(labels, new TreeMap<>());
  }

  /** Whether its last change succeeded. */
  public boolean lastPushSuccessful() {
    return seconds(PUSH_TIME) >= seconds(FAILURE_TIME);
  }

  private double seconds(String name) {
    Pushed p = families.get(name);
    return p != null
            && !p.family().metrics().isEmpty()
            && p.family().metrics().getFirst().point() instanceof Value v
        ? v.value()
        : 0;
  }

  /** When it was last tried to change it. */
  Instant lastChange() {
    Instant last = Instant.EPOCH;
    for (Pushed p : families.values()) {
      last = p.at().isAfter(last) ? p.at() : last;
    }
    return last;
  }

  /** The group after a push of sanitized families. */
  PushGroup with(List<MetricFamily> pushed, boolean replace, Instant at) {
    TreeMap<String, Pushed> next = new TreeMap<>(families);
    if (replace) {
      next.keySet().removeIf(n -> !n.equals(PUSH_TIME) && !n.equals(FAILURE_TIME));
    }
    pushed.forEach(f -> next.put(f.name(), new Pushed(f, at)));
    next.put(PUSH_TIME, time(PUSH_TIME, PUSH_HELP, at, at));
    next.putIfAbsent(FAILURE_TIME, time(FAILURE_TIME, FAILURE_HELP, null, at));
    return new PushGroup(labels, next);
  }

  /** The group after a push that was refused. */
  PushGroup withFailure(Instant at) {
    TreeMap<String, Pushed> next = new TreeMap<>(families);
    next.put(FAILURE_TIME, time(FAILURE_TIME, FAILURE_HELP, at, at));
    next.putIfAbsent(PUSH_TIME, time(PUSH_TIME, PUSH_HELP, null, at));
    return new PushGroup(labels, next);
  }

  private Pushed time(String name, String help, @Nullable Instant shown, Instant at) {
    double v = shown == null ? 0 : shown.getEpochSecond() + shown.getNano() / 1e9;
    MetricFamily f =
        new MetricFamily(name, MetricType.GAUGE, help, "", List.of(new Metric(Labels.EMPTY, v)));
    return new Pushed(sanitized(labels, f), at);
  }

  /** A family with the labels of a key and {@code instance} in every metric, overriding its own. */
  static MetricFamily sanitized(SortedMap<String, String> key, MetricFamily f) {
    PackedMetrics.Builder out = PackedMetrics.builder();
    for (Metric m : f.metrics()) {
      LabelsBuilder b = new LabelsBuilder();
      if (!m.labels().has("instance")) {
        b.show("instance", "");
      }
      m.labels().toList().forEach(l -> b.show(l.name(), l.value()));
      key.forEach(b::show);
      out.add(new Metric(b.build(), m.point(), m.timestamp(), m.startTimestamp()));
    }
    return new MetricFamily(f.name(), f.type(), f.help(), f.unit(), out.build());
  }
}
