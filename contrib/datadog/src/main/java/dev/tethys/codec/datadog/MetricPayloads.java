package dev.tethys.codec.datadog;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.datadog.DatadogMetrics.Kind;
import dev.tethys.codec.datadog.DatadogMetrics.Series;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Metrics in protobuf as Datadog's agent posts them: {@code MetricPayload} and {@code
 * SketchPayload} of agent-payload. A malformed message is rejected as a whole; a series or sketch
 * that is invalid on its own is rejected individually.
 */
public final class MetricPayloads {
  private MetricPayloads() {}

  private record Resource(String type, String name) {}

  private record Point(double value, long seconds) {}

  /**
   * Reads {@code MetricPayload}, the body of {@code /api/v2/series}.
   *
   * @throws CodecException if it is malformed
   */
  public static RejectedItems series(byte[] body, DatadogMetrics to) {
    RejectedItems refused = new RejectedItems();
    ProtoReader r = new ProtoReader(body);
    int number = 0;
    while (r.next()) {
      if (r.field() == 1) {
        number++;
        int outer = r.enter();
        series(r, number, to, refused);
        r.leave(outer);
      } else {
        r.skip();
      }
    }
    return refused;
  }

  private static void series(ProtoReader r, int number, DatadogMetrics to, RejectedItems refused) {
    List<Resource> resources = new ArrayList<>();
    List<String> tags = new ArrayList<>();
    List<Point> points = new ArrayList<>();
    String name = "";
    String unit = "";
    String source = "";
    long type = 0;
    long interval = 0;
    while (r.next()) {
      switch (r.field()) {
        case 1 -> resources.add(resource(r));
        case 2 -> name = r.readString();
        case 3 -> tags.add(r.readString());
        case 4 -> points.add(point(r));
        case 5 -> type = r.readLong();
        case 6 -> unit = r.readString();
        case 7 -> source = r.readString();
        case 8 -> interval = r.readLong();
        default -> r.skip();
      }
    }
    String host = "";
    for (Resource x : resources) {
      host = x.type.equals("host") ? x.name : host;
    }
    DatadogTags t = new DatadogTags(host);
    tags.forEach(t::add);
    for (Resource x : resources) {
      if (!x.type.equals("host") && !x.type.isEmpty()) {
        t.resource().put(x.type, x.name);
      }
    }
    if (!source.isEmpty()) {
      t.resource().put("source", source);
    }
    if (type < 0 || type > 3) {
      refused.add(number, name, "unknown type " + type);
      return;
    }
    Series s = new Series(name, kind((int) type), t, unit, interval);
    for (Point p : points) {
      String reason = invalidReason(s, p.seconds, p.value);
      if (reason == null) {
        to.point(s, p.seconds, p.value);
      } else {
        refused.add(number, name, reason);
      }
    }
  }

  /** Kinds of version 2; the default is a gauge. */
  static Kind kind(int type) {
    return type == 1 ? Kind.COUNT : type == 2 ? Kind.RATE : Kind.GAUGE;
  }

  /** Returns the reason why a point is invalid, or null if it is valid. */
  static @Nullable String invalidReason(Series s, long seconds, double value) {
    if (s.name().isEmpty()) {
      return "name is missing";
    }
    if (seconds <= 0 || seconds > DatadogMetrics.MAX_SECONDS) {
      return "timestamp " + seconds + " is not a time in seconds";
    }
    return Double.isFinite(value) ? null : "value " + value + " is not finite";
  }

  private static Resource resource(ProtoReader r) {
    String type = "";
    String name = "";
    int outer = r.enter();
    while (r.next()) {
      switch (r.field()) {
        case 1 -> type = r.readString();
        case 2 -> name = r.readString();
        default -> r.skip();
      }
    }
    r.leave(outer);
    return new Resource(type, name);
  }

  private static Point point(ProtoReader r) {
    double value = 0;
    long seconds = 0;
    int outer = r.enter();
    while (r.next()) {
      switch (r.field()) {
        case 1 -> value = r.readDouble();
        case 2 -> seconds = r.readLong();
        default -> r.skip();
      }
    }
    r.leave(outer);
    return new Point(value, seconds);
  }

  /**
   * Reads {@code SketchPayload}, the body of {@code /api/beta/sketches}.
   *
   * @throws CodecException if it is malformed
   */
  public static RejectedItems sketches(byte[] body, DatadogMetrics to) {
    return new Sketches(to).read(new ProtoReader(body));
  }

  /** Sketches of one request. */
  private static final class Sketches {
    private final RejectedItems refused = new RejectedItems();
    private final DatadogMetrics to;
    private int number;

    Sketches(DatadogMetrics to) {
      this.to = to;
    }

    RejectedItems read(ProtoReader r) {
      while (r.next()) {
        if (r.field() == 1) {
          number++;
          int outer = r.enter();
          sketch(r);
          r.leave(outer);
        } else {
          r.skip();
        }
      }
      return refused;
    }

    private void sketch(ProtoReader r) {
      String name = "";
      String host = "";
      List<String> tags = new ArrayList<>();
      List<Dogsketch> all = new ArrayList<>();
      boolean old = false;
      while (r.next()) {
        switch (r.field()) {
          case 1 -> name = r.readString();
          case 2 -> host = r.readString();
          case 3 -> {
            old = true;
            r.skip();
          }
          case 4 -> tags.add(r.readString());
          case 7 -> all.add(Dogsketch.read(r));
          default -> r.skip();
        }
      }
      if (old && all.isEmpty()) {
        refused.add(number, name, "it has distributions of old agents, and no dogsketches");
      }
      DatadogTags t = new DatadogTags(host);
      tags.forEach(t::add);
      for (Dogsketch d : all) {
        try {
          if (name.isEmpty()) {
            throw new CodecException("name is missing");
          }
          to.sketch(name, t, d.point());
        } catch (CodecException e) {
          refused.add(number, name, String.valueOf(e.getMessage()));
        }
      }
    }
  }

  /** Point of a sketch. */
  private static final class Dogsketch {
    private final long seconds;
    private final double min;
    private final double max;
    private final double sum;
    private final int[] keys;
    private final long[] counts;

    private Dogsketch(long seconds, double min, double max, double sum, int[] keys, long[] counts) {
      this.seconds = seconds;
      this.min = min;
      this.max = max;
      this.sum = sum;
      this.keys = keys;
      this.counts = counts;
    }

    static Dogsketch read(ProtoReader r) {
      long seconds = 0;
      double min = 0;
      double max = 0;
      double sum = 0;
      int[] keys = {};
      long[] counts = {};
      int k = 0;
      int n = 0;
      int message = r.enter();
      while (r.next()) {
        switch (r.field()) {
          case 1 -> seconds = r.readLong();
          case 3 -> min = r.readDouble();
          case 4 -> max = r.readDouble();
          case 6 -> sum = r.readDouble();
          case 7 -> {
            for (int outer = r.beginRepeated(ProtoReader.VARINT); r.moreRepeated(outer); ) {
              keys = k == keys.length ? Arrays.copyOf(keys, Math.max(16, 2 * k)) : keys;
              keys[k++] = (int) r.readSignedVarint();
            }
          }
          case 8 -> {
            for (int outer = r.beginRepeated(ProtoReader.VARINT); r.moreRepeated(outer); ) {
              counts = n == counts.length ? Arrays.copyOf(counts, Math.max(16, 2 * n)) : counts;
              counts[n++] = r.readVarint() & 0xffff_ffffL;
            }
          }
          default -> r.skip();
        }
      }
      r.leave(message);
      return new Dogsketch(
          seconds, min, max, sum, Arrays.copyOf(keys, k), Arrays.copyOf(counts, n));
    }

    ExponentialHistogramDataPoint point() {
      if (keys.length != counts.length) {
        throw new CodecException(
            "a sketch has " + keys.length + " keys and " + counts.length + " counts");
      }
      if (seconds <= 0 || seconds > DatadogMetrics.MAX_SECONDS) {
        throw new CodecException("timestamp " + seconds + " is not a time in seconds");
      }
      if (!Double.isFinite(sum) || !Double.isFinite(min) || !Double.isFinite(max)) {
        throw new CodecException("a sketch has numbers that are not finite");
      }
      SketchHistogram h = new SketchHistogram();
      for (int i = 0; i < keys.length; i++) {
        h.add(keys[i], counts[i]);
      }
      if (h.count() == 0) {
        throw new CodecException("sketch is empty");
      }
      ExponentialHistogramDataPoint p = h.point(sum, min, max);
      p.setTimeUnixNano(seconds * 1_000_000_000);
      return p;
    }
  }
}
