package dev.tethys.pipeline.exporter.loadbalancing;

import com.dynatrace.hash4j.hashing.Hashing;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.Resource;
import dev.tethys.model.telemetry.Scope;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Identity of a resource or a stream as in the Collector: FNV-1a of 64 bits over hashes of the
 * attributes and over names, in hexadecimal digits. Attributes are hashed by XXH64, sorted by key,
 * with a type byte before each value. A second hash with one more byte makes 128 bits.
 */
final class Identity {
  private static final long FNV_OFFSET = 0xcbf29ce484222325L;
  private static final long FNV_PRIME = 0x100000001b3L;

  private static final int MORE = 0xf3;
  private static final int KEY = 0xf4;
  private static final int EMPTY = 0xf5;
  private static final int BYTES = 0xf6;
  private static final int STRING = 0xf7;
  private static final int TRUE = 0xf8;
  private static final int FALSE = 0xf9;
  private static final int INT = 0xfa;
  private static final int DOUBLE = 0xfb;
  private static final int MAP = 0xfc;
  private static final int MAP_END = 0xfd;
  private static final int LIST = 0xfe;
  private static final int LIST_END = 0xff;

  private Identity() {}

  /** Returns {@code resource/} and the identity of a resource. */
  static String resource(Resource r) {
    return "resource/" + Long.toHexString(fnv(FNV_OFFSET, attributes(r.attributes())));
  }

  /** Hashes the data common to all streams of a metric. */
  static long metric(Resource r, Scope s, Metric m) {
    long h = fnv(FNV_OFFSET, attributes(r.attributes()));
    h = fnv(h, s.name().getBytes(StandardCharsets.UTF_8));
    h = fnv(h, s.version().getBytes(StandardCharsets.UTF_8));
    h = fnv(h, attributes(s.attributes()));
    h = fnv(h, m.name().getBytes(StandardCharsets.UTF_8));
    h = fnv(h, m.unit().getBytes(StandardCharsets.UTF_8));
    MetricData<?> data = m.data();
    int kind =
        switch (data) {
          case null -> 0;
          case MetricData.Gauge _ -> 1;
          case MetricData.Sum _ -> 2;
          case MetricData.Histogram _ -> 3;
          case MetricData.ExponentialHistogram _ -> 4;
          case MetricData.Summary _ -> 5;
        };
    boolean monotonic =
        switch (data) {
          case MetricData.Sum sum -> sum.isMonotonic();
          case MetricData.Histogram _, MetricData.ExponentialHistogram _ -> true;
          case null, default -> false;
        };
    int temporality = data instanceof MetricData.Aggregated<?> a ? a.temporality() : 0;
    return fnv(h, new byte[] {(byte) kind, (byte) (monotonic ? 1 : 0), (byte) temporality});
  }

  /** Returns {@code stream/} and the identity of a point's stream. */
  static String stream(long metric, DataPoint p) {
    return "stream/" + Long.toHexString(fnv(metric, attributes(p.attributes())));
  }

  private static long fnv(long hash, byte[] bytes) {
    long h = hash;
    for (byte b : bytes) {
      h = (h ^ b & 0xff) * FNV_PRIME;
    }
    return h;
  }

  private static byte[] attributes(Attributes a) {
    if (a.isEmpty()) {
      return new byte[16];
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(256);
    map(out, a);
    ByteBuffer sum = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    sum.putLong(Hashing.xxh64().hashBytesToLong(out.toByteArray()));
    out.write(MORE);
    sum.putLong(Hashing.xxh64().hashBytesToLong(out.toByteArray()));
    return sum.array();
  }

  private static void map(ByteArrayOutputStream out, Attributes a) {
    TreeMap<String, @Nullable Object> sorted = new TreeMap<>();
    a.forEach(sorted::putIfAbsent);
    sorted.forEach(
        (k, v) -> {
          out.write(KEY);
          out.writeBytes(k.getBytes(StandardCharsets.UTF_8));
          value(out, v);
        });
  }

  private static void value(ByteArrayOutputStream out, @Nullable Object v) {
    switch (v) {
      case null -> out.write(EMPTY);
      case Boolean b -> out.write(b ? TRUE : FALSE);
      case Long n -> number(out, INT, n);
      case Double d -> number(out, DOUBLE, Double.doubleToRawLongBits(d));
      case byte[] b -> {
        out.write(BYTES);
        out.writeBytes(b);
      }
      case Attributes a -> {
        out.write(MAP);
        map(out, a);
        out.write(MAP_END);
      }
      case ArrayValue a -> {
        out.write(LIST);
        for (int i = 0; i < a.size(); i++) {
          value(out, a.get(i));
        }
        out.write(LIST_END);
      }
      default -> {
        out.write(STRING);
        out.writeBytes(v.toString().getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  private static void number(ByteArrayOutputStream out, int kind, long bits) {
    out.write(kind);
    out.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(bits).array());
  }
}
