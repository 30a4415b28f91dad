package dev.tethys.pipeline.advice;

import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.advice.Recommendation.Kind;
import dev.tethys.pipeline.volume.DistinctCount;
import dev.tethys.pipeline.volume.TopValues;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Analyzes sampled batches for {@linkplain Recommendation recommendations}. Not thread-safe.
 *
 * <p>Memory is bounded: {@link #MAX_BODIES} different bodies, {@link #MAX_LABELS} labels; anything
 * beyond is not analyzed.
 */
public final class SampleAnalysis {
  private static final int MAX_BODIES = 50_000;
  private static final int MAX_LABELS = 5_000;
  private static final int EXAMPLES = 5;

  /** Minimum number of items for a recommendation. */
  private static final int LEAST = 20;

  /** Minimum share of a signal for a recommendation. */
  private static final double LEAST_SHARE = 0.01;

  /** Number of values from which a label has high cardinality, if most points differ. */
  private static final int MANY_VALUES = 100;

  private static final double MOST_DIFFER = 0.2;
  private static final int INFO = 9;

  private static final List<String> PATH_KEYS =
      List.of("http.route", "url.path", "http.target", "rpc.method");
  private static final Set<String> HEALTH =
      Set.of(
          "/health",
          "/healthz",
          "/healthcheck",
          "/health-check",
          "/ready",
          "/readyz",
          "/live",
          "/livez",
          "/liveness",
          "/readiness",
          "/ping",
          "/-/healthy",
          "/-/ready",
          "/actuator/health",
          "/metrics");

  private static final class Bodies {
    long records;
    final TopValues top = new TopValues(EXAMPLES * 4);
  }

  private static final class Label {
    final DistinctCount values = new DistinctCount();
    final List<String> examples = new ArrayList<>(EXAMPLES);
    final boolean gauge;
    long points;

    Label(boolean gauge) {
      this.gauge = gauge;
    }
  }

  private record LabelKey(String metric, String label) {}

  private final Map<Signal, Long> items = new EnumMap<>(Signal.class);
  private final TopValues health = new TopValues(EXAMPLES * 4);
  private final TopValues debug = new TopValues(EXAMPLES * 4); // by service
  private final Map<Long, long[]> bodies = new HashMap<>(); // times seen, by hash
  private final Bodies duplicates = new Bodies();
  private final Map<LabelKey, Label> labels = new HashMap<>();
  private long healthSpans;
  private long debugLogs;

  /** Adds a batch. */
  public void add(Signal signal, Telemetry<?> data) {
    items.merge(signal, (long) data.itemCount(), Long::sum);
    for (ResourceGroup<?> r : data.resources()) {
      String service = text(r.resource().attributes(), "service.name");
      for (ScopeGroup<?> s : r.scopes()) {
        for (Object item : s.items()) {
          switch (item) {
            case Span x -> span(x);
            case LogRecord l -> log(service, l);
            case Metric m -> metric(m);
            default -> {
              // no recommendations for profiles
            }
          }
        }
      }
    }
  }

  private static String text(Attributes a, String key) {
    Object v = a.get(key);
    return v == null ? "" : v.toString();
  }

  private void span(Span s) {
    String path = healthPath(s);
    if (path != null) {
      healthSpans++;
      health.add(path, 1, 1);
    }
  }

  /** Returns the condition of a health check, unique in its key and value. */
  private static @Nullable String healthPath(Span s) {
    for (String key : PATH_KEYS) {
      String path = text(s.attributes(), key);
      int query = path.indexOf('?');
      String plain = (query < 0 ? path : path.substring(0, query)).toLowerCase(Locale.ROOT);
      boolean grpc =
          key.equals("rpc.method")
              && path.equals("Check")
              && text(s.attributes(), "rpc.service").equals("grpc.health.v1.Health");
      if (HEALTH.contains(plain) && query < 0 || grpc) {
        return "span.attributes[\""
            + key
            + "\"] == "
            + quoted(path)
            + (grpc ? " and span.attributes[\"rpc.service\"] == \"grpc.health.v1.Health\"" : "");
      }
    }
    return null;
  }

  private static String quoted(String text) {
    return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
  }

  private void log(String service, LogRecord l) {
    if (l.severityNumber() > 0 && l.severityNumber() < INFO) {
      debugLogs++;
      debug.add(service, 1, 1);
    }
    Object body = l.body();
    if (body == null) {
      return;
    }
    String text = body.toString();
    // a hash of 64 bits: of 50,000 bodies two collide once in 10 billion samples
    long h = hash(text);
    long[] n = bodies.get(h);
    if (n == null) {
      if (bodies.size() < MAX_BODIES) {
        bodies.put(h, new long[] {1});
      }
      return;
    }
    n[0]++;
    duplicates.records++;
    duplicates.top.add(text, 1, 1);
  }

  private static long hash(String text) {
    long h = 0xcbf29ce484222325L;
    for (int i = 0; i < text.length(); i++) {
      h = (h ^ text.charAt(i)) * 0x100000001b3L;
    }
    return h;
  }

  private void metric(Metric m) {
    if (m.data() == null) {
      return;
    }
    for (DataPoint p : m.data().points()) {
      Attributes a = p.attributes();
      for (int i = 0; i < a.size(); i++) {
        LabelKey key = new LabelKey(m.name(), a.key(i));
        Label l = labels.get(key);
        if (l == null) {
          if (labels.size() >= MAX_LABELS) {
            continue;
          }
          l = new Label(m.data() instanceof MetricData.Gauge);
          labels.put(key, l);
        }
        String value = String.valueOf(a.value(i));
        l.points++;
        l.values.add(value);
        if (l.examples.size() < EXAMPLES && !l.examples.contains(value)) {
          l.examples.add(value);
        }
      }
    }
  }

  /**
   * Returns the recommendations, largest saving first.
   *
   * @param bytesPerItem bytes per item by signal, measured where the sample was taken
   * @param itemsPerSecond items per second by signal, measured where the sample was taken
   */
  public List<Recommendation> recommendations(
      Map<Signal, Double> bytesPerItem, Map<Signal, Double> itemsPerSecond) {
    List<Recommendation> out = new ArrayList<>();
    Rates rates = new Rates(bytesPerItem, itemsPerSecond);
    long spans = items.getOrDefault(Signal.TRACES, 0L);
    long logs = items.getOrDefault(Signal.LOGS, 0L);
    long points = items.getOrDefault(Signal.METRICS, 0L);
    if (counts(healthSpans, spans)) {
      List<String> conditions = values(health);
      out.add(
          rates.of(
              Kind.HEALTH_CHECKS,
              Signal.TRACES,
              healthSpans + " of " + spans + " sampled spans are health checks",
              conditions,
              spans,
              healthSpans,
              String.join(" or ", conditions),
              ""));
    }
    if (counts(debugLogs, logs)) {
      out.add(
          rates.of(
              Kind.DEBUG_LOGS,
              Signal.LOGS,
              debugLogs + " of " + logs + " sampled log records are below INFO",
              values(debug),
              logs,
              debugLogs,
              "log.severity_number > 0 and log.severity_number < 9",
              ""));
    }
    if (counts(duplicates.records, logs)) {
      out.add(
          rates.of(
              Kind.DUPLICATE_LOGS,
              Signal.LOGS,
              duplicates.records
                  + " of "
                  + logs
                  + " sampled log records repeat the body of an earlier one",
              values(duplicates.top),
              logs,
              duplicates.records,
              null,
              "processors:\n  logdedup:\n    interval: 10s\n"));
    }
    cardinality(out, rates, points);
    out.sort(
        Comparator.comparingDouble(Recommendation::bytesPerSecond)
            .thenComparingLong(Recommendation::matched)
            .reversed());
    return out;
  }

  private void cardinality(List<Recommendation> out, Rates rates, long points) {
    labels.forEach(
        (key, l) -> {
          long values = l.values.estimate();
          if (values >= MANY_VALUES
              && values >= l.points * MOST_DIFFER
              && counts(l.points, points)) {
            out.add(
                rates.of(
                    Kind.HIGH_CARDINALITY,
                    Signal.METRICS,
                    key.metric
                        + " has about "
                        + values
                        + " values of "
                        + key.label
                        + " in "
                        + l.points
                        + " sampled points",
                    l.examples,
                    points,
                    l.points - Math.max(1, l.points / values),
                    null,
                    aggregation(key, l.gauge)));
          }
        });
  }

  /**
   * Returns a processor that sums points over a label: only deleting it would make points equal.
   */
  private String aggregation(LabelKey without, boolean gauge) {
    List<String> others = new ArrayList<>();
    for (LabelKey k : labels.keySet()) {
      if (k.metric.equals(without.metric) && !k.label.equals(without.label)) {
        others.add(quoted(k.label));
      }
    }
    others.sort(null);
    return "processors:\n  metricstransform:\n    transforms:\n      - include: "
        + quoted(without.metric)
        + "\n        action: update\n        operations:\n          - action: aggregate_labels\n"
        + "            label_set: ["
        + String.join(", ", others)
        + "]\n            aggregation_type: "
        + (gauge ? "mean" : "sum")
        + "\n";
  }

  private static boolean counts(long matched, long of) {
    return matched >= LEAST && matched >= of * LEAST_SHARE;
  }

  private static List<String> values(TopValues of) {
    return of.rows().stream().limit(EXAMPLES).map(TopValues.Row::value).toList();
  }

  private record Rates(Map<Signal, Double> bytesPerItem, Map<Signal, Double> itemsPerSecond) {
    Recommendation of(
        Kind kind,
        Signal signal,
        String evidence,
        List<String> examples,
        long sampled,
        long matched,
        @Nullable String condition,
        String config) {
      double share = (double) matched / Math.max(1, sampled);
      double bytes =
          share * bytesPerItem.getOrDefault(signal, 0.0) * itemsPerSecond.getOrDefault(signal, 0.0);
      return new Recommendation(
          kind, signal, evidence, examples, sampled, matched, bytes, condition, config);
    }
  }
}
