package dev.tethys.query.promql.differential;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.histogram.HistogramBuckets;
import dev.tethys.query.promql.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Compares a response of the peer with ours and counts how close they are. */
final class Difference {
  long points;
  long equalBits;
  double worst;
  @Nullable String worstQuery;
  final Set<String> unequal = new LinkedHashSet<>();

  /** What differs by more than the tolerance, or null. */
  @Nullable String compare(
      String query, Map<String, @Nullable Object> theirs, Value ours, double tolerance) {
    Map<?, ?> data = (Map<?, ?>) Objects.requireNonNull(theirs.get("data"));
    Map<Labels, Map<Long, Object>> a = theirs(data);
    Map<Labels, Map<Long, Object>> b = ours(ours);
    if (!a.keySet().equals(b.keySet())) {
      List<Labels> only = new ArrayList<>(a.keySet());
      only.removeAll(b.keySet());
      List<Labels> extra = new ArrayList<>(b.keySet());
      extra.removeAll(a.keySet());
      return "only theirs " + first(only) + ", only ours " + first(extra);
    }
    for (Map.Entry<Labels, Map<Long, Object>> e : a.entrySet()) {
      Map<Long, Object> mine = Objects.requireNonNull(b.get(e.getKey()));
      if (!mine.keySet().equals(e.getValue().keySet())) {
        return "other times in "
            + e.getKey()
            + ": theirs "
            + e.getValue().size()
            + " ours "
            + mine.size();
      }
      for (Map.Entry<Long, Object> p : e.getValue().entrySet()) {
        Object x = p.getValue();
        Object y = Objects.requireNonNull(mine.get(p.getKey()));
        String d = point(query, x, y, tolerance);
        if (d != null) {
          return e.getKey() + " @" + p.getKey() + ": " + d;
        }
      }
    }
    return null;
  }

  private static String first(List<Labels> l) {
    return l.size() + (l.isEmpty() ? "" : " " + l.getFirst());
  }

  private @Nullable String point(String query, Object theirs, Object ours, double tolerance) {
    if (theirs instanceof Map<?, ?> h) {
      if (!(ours instanceof Histogram mine)) {
        return "a histogram against " + ours;
      }
      return histogram(query, h, mine, tolerance);
    }
    return ours instanceof Double v
        ? number(query, (Double) theirs, v, tolerance)
        : "a number against " + ours;
  }

  private @Nullable String histogram(
      String query, Map<?, ?> theirs, Histogram ours, double tolerance) {
    String d = number(query, parse(theirs.get("count")), ours.count(), tolerance);
    if (d == null) {
      d = number(query, parse(theirs.get("sum")), ours.sum(), tolerance);
    }
    if (d != null) {
      return d;
    }
    List<?> buckets = theirs.get("buckets") instanceof List<?> l ? l : List.of();
    HistogramBuckets mine = HistogramBuckets.of(ours);
    int n = 0;
    for (int i = 0; i < mine.size(); i++) {
      if (mine.count(i) == 0) {
        continue;
      }
      if (n >= buckets.size()) {
        return "more buckets: " + ours;
      }
      List<?> b = (List<?>) buckets.get(n++);
      if (!Integer.toString(mine.boundaries(i)).equals(b.getFirst())) {
        return "other boundaries";
      }
      for (double[] pair :
          new double[][] {
            {parse(b.get(1)), mine.lower(i)},
            {parse(b.get(2)), mine.upper(i)},
            {parse(b.get(3)), mine.count(i)}
          }) {
        String x = number(query, pair[0], pair[1], tolerance);
        if (x != null) {
          return "bucket " + i + ": " + x;
        }
      }
    }
    return n == buckets.size() ? null : "fewer buckets";
  }

  private @Nullable String number(String query, double theirs, double ours, double tolerance) {
    points++;
    if (Double.compare(theirs, ours) == 0 || theirs == ours) {
      equalBits++;
      return null;
    }
    if (Double.isNaN(theirs) && Double.isNaN(ours)) {
      equalBits++;
      return null;
    }
    unequal.add(query);
    double d = Math.abs(theirs - ours) / Math.max(Math.abs(theirs), Math.abs(ours));
    if (!(d <= worst)) {
      worst = d;
      worstQuery = query;
    }
    return d <= tolerance ? null : theirs + " against our " + ours;
  }

  private static double parse(@Nullable Object s) {
    String t = String.valueOf(s);
    return switch (t) {
      case "+Inf" -> Double.POSITIVE_INFINITY;
      case "-Inf" -> Double.NEGATIVE_INFINITY;
      default -> Double.parseDouble(t);
    };
  }

  private static Map<Labels, Map<Long, Object>> theirs(Map<?, ?> data) {
    Map<Labels, Map<Long, Object>> out = new HashMap<>();
    List<?> result = (List<?>) Objects.requireNonNull(data.get("result"));
    if ("scalar".equals(data.get("resultType"))) {
      out.put(Labels.EMPTY, Map.of(time(result.get(0)), parse(result.get(1))));
      return out;
    }
    for (Object o : result) {
      Map<?, ?> s = (Map<?, ?>) o;
      Map<String, String> labels = new HashMap<>();
      ((Map<?, ?>) Objects.requireNonNull(s.get("metric")))
          .forEach((k, v) -> labels.put(String.valueOf(k), String.valueOf(v)));
      Map<Long, Object> points = new HashMap<>();
      for (String many : List.of("values", "histograms")) {
        if (s.get(many) instanceof List<?> l) {
          for (Object p : l) {
            put(points, (List<?>) p);
          }
        }
      }
      for (String one : List.of("value", "histogram")) {
        if (s.get(one) instanceof List<?> p) {
          put(points, p);
        }
      }
      out.put(Labels.of(labels), points);
    }
    return out;
  }

  private static void put(Map<Long, Object> points, List<?> p) {
    Object v = p.get(1);
    points.put(time(p.get(0)), v instanceof Map<?, ?> ? v : (Object) parse(v));
  }

  private static long time(@Nullable Object t) {
    return Math.round(Double.parseDouble(String.valueOf(t)) * 1000);
  }

  private static Map<Labels, Map<Long, Object>> ours(Value v) {
    Map<Labels, Map<Long, Object>> out = new HashMap<>();
    switch (v) {
      case Value.Scalar s -> out.put(Labels.EMPTY, Map.of(s.time(), s.value()));
      case Value.Text t -> out.put(Labels.EMPTY, Map.of(t.time(), 0.0));
      case Value.InstantVector i ->
          i.samples()
              .forEach(
                  s -> {
                    Object o = s.histogram() != null ? s.histogram() : (Object) s.value();
                    out.put(s.labels(), Map.of(i.time(), o));
                  });
      case Value.Matrix m ->
          m.series()
              .forEach(
                  s -> {
                    Map<Long, Object> points = new HashMap<>();
                    for (int i = 0; i < s.size(); i++) {
                      Histogram h = s.histogram(i);
                      points.put(s.timestamps()[i], h != null ? h : (Object) s.values()[i]);
                    }
                    out.put(s.labels(), points);
                  });
    }
    return out;
  }
}
