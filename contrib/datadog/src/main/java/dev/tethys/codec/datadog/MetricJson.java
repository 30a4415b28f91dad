package dev.tethys.codec.datadog;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.datadog.DatadogMetrics.Kind;
import dev.tethys.codec.datadog.DatadogMetrics.Series;
import dev.tethys.codec.json.JsonValues;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import java.util.Locale;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Metrics in the JSON of Datadog's API ("Submit metrics", "Submit distribution points", "Submit a
 * Service Check" of its reference). An invalid element is rejected individually.
 */
public final class MetricJson {
  private MetricJson() {}

  /**
   * Reads the body of {@code /api/v1/series}.
   *
   * @throws CodecException if the body is not an object with series
   */
  public static RejectedItems seriesV1(byte[] body, DatadogMetrics to) {
    return each(
        series(body),
        (o, refused) -> {
          String type = text(o, "type").toLowerCase(Locale.ROOT);
          Kind kind =
              switch (type) {
                case "", "gauge" -> Kind.GAUGE;
                case "count" -> Kind.COUNT;
                case "rate" -> Kind.RATE;
                default -> throw new CodecException("unknown type " + type);
              };
          DatadogTags t = tags(o, text(o, "host"));
          String device = text(o, "device");
          if (!device.isEmpty()) {
            t.item().put("device", device);
          }
          Series s = new Series(text(o, "metric"), kind, t, "", whole(o, "interval"));
          ArrayValue points = array(o, "points");
          for (int i = 0; i < points.size(); i++) {
            if (points.get(i) instanceof ArrayValue p && p.size() == 2) {
              put(s, number(p.get(0)), number(p.get(1)), to, refused);
            } else {
              refused.accept("a point is not a pair of time and value");
            }
          }
        });
  }

  /**
   * Reads the body of {@code /api/v2/series}, when it is JSON.
   *
   * @throws CodecException if the body is not an object with series
   */
  public static RejectedItems seriesV2(byte[] body, DatadogMetrics to) {
    return each(
        series(body),
        (o, refused) -> {
          long type = whole(o, "type");
          if (type < 0 || type > 3) {
            throw new CodecException("unknown type " + type);
          }
          String host = "";
          Attributes others = new Attributes();
          ArrayValue resources = o.get("resources") instanceof ArrayValue a ? a : new ArrayValue();
          for (int i = 0; i < resources.size(); i++) {
            if (resources.get(i) instanceof Attributes x) {
              String kind = text(x, "type");
              if (kind.equals("host")) {
                host = text(x, "name");
              } else if (!kind.isEmpty()) {
                others.put(kind, text(x, "name"));
              }
            }
          }
          DatadogTags t = tags(o, host);
          t.resource().putAll(others);
          String source = text(o, "source_type_name");
          if (!source.isEmpty()) {
            t.resource().put("source", source);
          }
          Series s =
              new Series(
                  text(o, "metric"),
                  MetricPayloads.kind((int) type),
                  t,
                  text(o, "unit"),
                  whole(o, "interval"));
          ArrayValue points = array(o, "points");
          for (int i = 0; i < points.size(); i++) {
            if (points.get(i) instanceof Attributes p) {
              put(s, number(p.get("timestamp")), number(p.get("value")), to, refused);
            } else {
              refused.accept("a point is not an object");
            }
          }
        });
  }

  /**
   * Reads the body of {@code /api/v1/distribution_points}: raw observed values.
   *
   * @throws CodecException if the body is not an object with series
   */
  public static RejectedItems distributions(byte[] body, DatadogMetrics to) {
    return each(
        series(body),
        (o, refused) -> {
          String name = text(o, "metric");
          if (name.isEmpty()) {
            throw new CodecException("name is missing");
          }
          DatadogTags t = tags(o, text(o, "host"));
          ArrayValue points = array(o, "points");
          for (int i = 0; i < points.size(); i++) {
            if (points.get(i) instanceof ArrayValue p
                && p.size() == 2
                && p.get(1) instanceof ArrayValue values
                && values.size() > 0) {
              to.sketch(name, t, distribution(number(p.get(0)), values));
            } else {
              refused.accept("a point is not a pair of time and values");
            }
          }
        });
  }

  private static ExponentialHistogramDataPoint distribution(double seconds, ArrayValue values) {
    SketchHistogram h = new SketchHistogram();
    double sum = 0;
    double min = Double.POSITIVE_INFINITY;
    double max = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < values.size(); i++) {
      double v = number(values.get(i));
      h.add(v);
      sum += v;
      min = Math.min(min, v);
      max = Math.max(max, v);
    }
    if (!(seconds > 0 && seconds <= DatadogMetrics.MAX_SECONDS)) {
      throw new CodecException("timestamp " + seconds + " is not a time in seconds");
    }
    ExponentialHistogramDataPoint p = h.point(sum, min, max);
    long whole = (long) seconds;
    p.setTimeUnixNano(whole * 1_000_000_000);
    return p;
  }

  /**
   * Reads the body of {@code /api/v1/check_run}: a status, or a list of them.
   *
   * @throws CodecException if it is neither
   */
  public static RejectedItems checks(byte[] body, long now, DatadogMetrics to) {
    Object v = JsonValues.read(body, 0, body.length);
    ArrayValue all = v instanceof ArrayValue a ? a : new ArrayValue();
    if (v instanceof Attributes o) {
      all.add(o);
    } else if (!(v instanceof ArrayValue)) {
      throw new CodecException("it is neither a status nor a list of them");
    }
    return each(
        all,
        (o, refused) -> {
          String check = text(o, "check");
          if (check.isEmpty()) {
            throw new CodecException("check is missing");
          }
          if (!(o.get("status") instanceof Long status) || status < 0 || status > 3) {
            throw new CodecException("status must be 0, 1, 2 or 3");
          }
          long seconds = o.get("timestamp") == null ? now : whole(o, "timestamp");
          if (seconds <= 0 || seconds > DatadogMetrics.MAX_SECONDS) {
            throw new CodecException("timestamp " + seconds + " is not a time in seconds");
          }
          to.status(check, tags(o, text(o, "host_name")), seconds, status);
        });
  }

  private static void put(
      Series s, double seconds, double value, DatadogMetrics to, Consumer<String> refused) {
    String reason = MetricPayloads.invalidReason(s, (long) seconds, value);
    if (reason == null) {
      to.point(s, (long) seconds, value);
    } else {
      refused.accept(reason);
    }
  }

  private static ArrayValue series(byte[] body) {
    if (JsonValues.read(body, 0, body.length) instanceof Attributes o
        && o.get("series") instanceof ArrayValue a) {
      return a;
    }
    throw new CodecException("not a JSON object with a list \"series\"");
  }

  /** Reads each element; an invalid one does not affect the others. */
  private static RejectedItems each(
      ArrayValue all, BiConsumer<Attributes, Consumer<String>> reader) {
    RejectedItems refused = new RejectedItems();
    for (int i = 0; i < all.size(); i++) {
      int number = i + 1;
      if (!(all.get(i) instanceof Attributes o)) {
        refused.add(number, String.valueOf(all.get(i)), "not a JSON object");
        continue;
      }
      String name = o.get("metric") instanceof String s ? s : String.valueOf(o.get("check"));
      try {
        reader.accept(o, reason -> refused.add(number, name, reason));
      } catch (CodecException e) {
        refused.add(number, name, String.valueOf(e.getMessage()));
      }
    }
    return refused;
  }

  private static DatadogTags tags(Attributes o, String host) {
    DatadogTags t = new DatadogTags(host);
    if (o.get("tags") instanceof ArrayValue a) {
      for (int i = 0; i < a.size(); i++) {
        if (a.get(i) instanceof String tag) {
          t.add(tag);
        }
      }
    }
    return t;
  }

  private static String text(Attributes o, String key) {
    Object v = o.get(key);
    if (v == null) {
      return "";
    }
    if (v instanceof String s) {
      return s;
    }
    throw new CodecException(key + " is not a string");
  }

  private static long whole(Attributes o, String key) {
    Object v = o.get(key);
    if (v == null) {
      return 0;
    }
    if (v instanceof Long l) {
      return l;
    }
    throw new CodecException(key + " is not a whole number");
  }

  private static ArrayValue array(Attributes o, String key) {
    if (o.get(key) instanceof ArrayValue a) {
      return a;
    }
    throw new CodecException(key + " is not a list");
  }

  /** Parses a number, which some clients send as a string. */
  private static double number(@Nullable Object v) {
    if (v instanceof Number n) {
      return n.doubleValue();
    }
    if (v instanceof String s) {
      try {
        return Double.parseDouble(s);
      } catch (NumberFormatException e) {
        throw new CodecException("not a number: " + s);
      }
    }
    throw new CodecException("not a number: " + v);
  }
}
