package dev.tethys.collect.push;

import dev.tethys.codec.exposition.Families;
import dev.tethys.model.GoFloat;
import dev.tethys.model.GoJson;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Buckets;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.exposition.MetricFamily.Native;
import dev.tethys.model.exposition.MetricFamily.Quantiles;
import dev.tethys.model.exposition.MetricFamily.Value;
import dev.tethys.model.histogram.HistogramBuckets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Responses of the gateway's API, keys sorted as Go's encoder sorts them. */
final class PushJson {
  private static final DateTimeFormatter SECONDS =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss").withZone(ZoneOffset.UTC);

  private PushJson() {}

  /** A time with the required number of digits. */
  static String time(Instant t) {
    String fraction = String.format("%09d", t.getNano()).replaceAll("0+$", "");
    return SECONDS.format(t) + (fraction.isEmpty() ? "" : "." + fraction) + "Z";
  }

  /** A map of strings. */
  static StringBuilder texts(StringBuilder sb, SortedMap<String, String> m) {
    String separator = "";
    sb.append('{');
    for (Map.Entry<String, String> e : m.entrySet()) {
      GoJson.append(sb.append(separator), e.getKey()).append(':');
      GoJson.append(sb, e.getValue());
      separator = ",";
    }
    return sb.append('}');
  }

  /** All groups with all their metrics. */
  static String groups(List<PushGroup> groups) {
    StringBuilder sb = new StringBuilder("{\"status\":\"success\",\"data\":[");
    String separator = "";
    for (PushGroup g : groups) {
      sb.append(separator).append('{');
      separator = ",";
      TreeMap<String, Runnable> members = new TreeMap<>();
      members.put("labels", () -> texts(sb, g.labels()));
      members.put("last_push_successful", () -> sb.append(g.lastPushSuccessful()));
      g.families().forEach((name, p) -> members.put(name, () -> family(sb, p)));
      String comma = "";
      for (Map.Entry<String, Runnable> e : members.entrySet()) {
        GoJson.append(sb.append(comma), e.getKey()).append(':');
        comma = ",";
        e.getValue().run();
      }
      sb.append('}');
    }
    return sb.append("]}").toString();
  }

  private static void family(StringBuilder sb, PushGroup.Pushed p) {
    MetricFamily f = p.family();
    sb.append("{\"time_stamp\":\"").append(time(p.at())).append("\",\"type\":\"");
    sb.append(Families.typeName(f.type())).append('"');
    if (!f.help().isEmpty()) {
      GoJson.append(sb.append(",\"help\":"), f.help());
    }
    sb.append(",\"metrics\":[");
    String separator = "";
    for (Metric m : f.metrics()) {
      sb.append(separator).append('{');
      separator = ",";
      metric(sb, m);
      sb.append('}');
    }
    sb.append("]}");
  }

  private static void metric(StringBuilder sb, Metric m) {
    switch (m.point()) {
      case Value v -> {
        labels(sb, m.labels());
        number(sb.append(",\"value\":"), v.value());
      }
      case Quantiles q -> {
        number(sb.append("\"count\":"), q.count());
        labels(sb.append(','), m.labels());
        pairs(sb.append(",\"quantiles\":"), q.quantiles(), q.values());
        number(sb.append(",\"sum\":"), q.sum());
      }
      case Buckets b -> {
        pairs(sb.append("\"buckets\":"), b.bounds(), b.cumulative());
        number(sb.append(",\"count\":"), b.count());
        labels(sb.append(','), m.labels());
        number(sb.append(",\"sum\":"), b.sum());
      }
      case Native n -> {
        HistogramBuckets b = HistogramBuckets.of(n.histogram());
        sb.append("\"buckets\":[");
        for (int i = 0; i < b.size(); i++) {
          sb.append(i == 0 ? "[" : ",[").append(b.boundaries(i));
          number(sb.append(','), b.lower(i));
          number(sb.append(','), b.upper(i));
          number(sb.append(','), b.count(i)).append(']');
        }
        number(sb.append("],\"count\":"), n.histogram().count());
        labels(sb.append(','), m.labels());
        number(sb.append(",\"sum\":"), n.histogram().sum());
      }
    }
  }

  private static void labels(StringBuilder sb, Labels labels) {
    texts(sb.append("\"labels\":"), labels.toMap());
  }

  private static StringBuilder number(StringBuilder sb, double v) {
    boolean whole = v == Math.rint(v) && Math.abs(v) < 1e15;
    return sb.append('"')
        .append(whole && Math.abs(v) < 1e6 ? GoFloat.f(v) : GoFloat.g(v))
        .append('"');
  }

  private static void pairs(StringBuilder sb, double[] keys, double[] values) {
    TreeMap<String, Double> sorted = new TreeMap<>();
    for (int i = 0; i < keys.length; i++) {
      sorted.put(GoFloat.g(keys[i]), values[i]);
    }
    String separator = "";
    sb.append('{');
    for (Map.Entry<String, Double> e : sorted.entrySet()) {
      GoJson.append(sb.append(separator), e.getKey()).append(':');
      number(sb, e.getValue());
      separator = ",";
    }
    sb.append('}');
  }
}
