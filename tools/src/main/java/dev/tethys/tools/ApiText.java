package dev.tethys.tools;

import dev.tethys.model.GoFloat;
import dev.tethys.model.GoJson;
import dev.tethys.model.Labels;
import dev.tethys.store.archive.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Responses of the HTTP API as promtool prints them: for people, or as JSON. */
final class ApiText {
  private ApiText() {}

  /** Returns the result of a query, an object with {@code resultType} and {@code result}. */
  static String value(Map<String, @Nullable Object> data) {
    Object result = data.get("result");
    List<String> out = new ArrayList<>();
    switch (Json.text(data, "resultType")) {
      case "scalar" -> {
        List<?> pair = list(result);
        return "scalar: " + number(pair.get(1)) + " @[" + time(pair.get(0)) + "]";
      }
      case "string" -> {
        return String.valueOf(list(result).get(1));
      }
      case "vector" -> {
        for (Object s : list(result)) {
          Map<String, @Nullable Object> o = Json.asObject(s);
          out.add(
              metric(o)
                  + " => "
                  + (o.get("histogram") == null
                      ? point(list(o.get("value")))
                      : histogramPoint(list(o.get("histogram")))));
        }
      }
      default -> {
        for (Object s : list(result)) {
          Map<String, @Nullable Object> o = Json.asObject(s);
          List<String> points = new ArrayList<>();
          values(o, "values").forEach(p -> points.add(point(list(p))));
          values(o, "histograms").forEach(p -> points.add(histogramPoint(list(p))));
          out.add(metric(o) + " =>\n" + String.join("\n", points));
        }
      }
    }
    return String.join("\n", out);
  }

  /** A list of an object; empty if it is absent. */
  static List<?> values(Map<String, @Nullable Object> o, String key) {
    return o.get(key) == null ? List.of() : list(o.get(key));
  }

  static List<?> list(@Nullable Object o) {
    if (o instanceof List<?> l) {
      return l;
    }
    throw new IllegalArgumentException("expected a JSON list");
  }

  /** Returns the labels of a series. */
  static Labels labels(@Nullable Object metric) {
    TreeMap<String, String> m = new TreeMap<>();
    Json.asObject(metric).forEach((k, v) -> m.put(k, String.valueOf(v)));
    return Labels.of(m);
  }

  private static String metric(Map<String, @Nullable Object> o) {
    return labels(o.get("metric")).toSeriesString();
  }

  private static String point(List<?> pair) {
    return number(pair.get(1)) + " @[" + time(pair.get(0)) + "]";
  }

  /** Formats a number in quotes, like Go. */
  private static String number(@Nullable Object v) {
    return GoFloat.f(parsed(v));
  }

  /** Parses a number from a string or a JSON number. */
  static double parsed(@Nullable Object v) {
    return switch (v) {
      case Number n -> n.doubleValue();
      case String s ->
          switch (s) {
            case "+Inf", "Inf" -> Double.POSITIVE_INFINITY;
            case "-Inf" -> Double.NEGATIVE_INFINITY;
            default -> Double.parseDouble(s);
          };
      case null, default -> throw new IllegalArgumentException("expected a number");
    };
  }

  private static String time(@Nullable Object seconds) {
    return GoFloat.f(Math.round(parsed(seconds) * 1000) / 1000.0);
  }

  private static String histogramPoint(List<?> pair) {
    Map<String, @Nullable Object> h = Json.asObject(pair.get(1));
    List<String> buckets = new ArrayList<>();
    for (Object b : values(h, "buckets")) {
      List<?> x = list(b);
      int boundaries = (int) parsed(x.get(0));
      buckets.add(
          (boundaries == 1 || boundaries == 3 ? "[" : "(")
              + GoFloat.g(parsed(x.get(1)))
              + ","
              + GoFloat.g(parsed(x.get(2)))
              + (boundaries == 0 || boundaries == 3 ? "]" : ")")
              + ":"
              + number(x.get(3)));
    }
    return String.format(
            Locale.ROOT,
            "Count: %f, Sum: %f, Buckets: [",
            parsed(h.get("count")),
            parsed(h.get("sum")))
        + String.join(" ", buckets)
        + "] @["
        + time(pair.get(0))
        + "]";
  }

  /** Appends a query result as encoded by Go, where numbers lose their exponents. */
  static StringBuilder resultJson(StringBuilder sb, @Nullable Object result) {
    if (!(result instanceof List<?> l) || l.isEmpty() || l.getFirst() instanceof Number) {
      return json(sb, points(result));
    }
    List<Object> out = new ArrayList<>();
    for (Object s : l) {
      Map<String, Object> shown = new LinkedHashMap<>();
      Json.asObject(s).forEach((k, v) -> shown.put(k, k.equals("metric") ? v : points(v)));
      out.add(shown);
    }
    return json(sb, out);
  }

  private static Object points(@Nullable Object v) {
    return switch (v) {
      case String s -> GoFloat.f(parsed(s));
      case List<?> l -> l.stream().map(ApiText::points).toList();
      case Map<?, ?> m -> {
        Map<String, Object> out = new LinkedHashMap<>();
        m.forEach((k, x) -> out.put((String) k, points(x)));
        yield out;
      }
      case null -> throw new IllegalArgumentException("expected a number");
      default -> v;
    };
  }

  /** Appends any value like Go's encoder, with metric keys sorted. */
  static StringBuilder json(StringBuilder sb, @Nullable Object v) {
    switch (v) {
      case null -> sb.append("null");
      case Map<?, ?> m -> {
        String separator = "";
        sb.append('{');
        Map<?, ?> shown = m.containsKey("metric") || m.containsKey("count") ? m : new TreeMap<>(m);
        for (Map.Entry<?, ?> e : shown.entrySet()) {
          GoJson.append(sb.append(separator), (String) e.getKey()).append(':');
          json(sb, e.getValue());
          separator = ",";
        }
        sb.append('}');
      }
      case List<?> l -> {
        String separator = "";
        sb.append('[');
        for (Object o : l) {
          json(sb.append(separator), o);
          separator = ",";
        }
        sb.append(']');
      }
      case Double d -> sb.append(GoFloat.f(d));
      case Number n -> sb.append(n);
      case Boolean b -> sb.append(b);
      default -> GoJson.append(sb, v.toString());
    }
    return sb;
  }
}
