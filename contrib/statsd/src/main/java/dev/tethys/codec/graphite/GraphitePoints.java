package dev.tethys.codec.graphite;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.exposition.DecimalParser;
import dev.tethys.codec.points.PointSink;
import dev.tethys.codec.points.RecentNameCache;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.model.Labels;
import java.nio.charset.StandardCharsets;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Graphite's points as samples: lines {@code path value timestamp} and pickled lists of {@code
 * (path, (timestamp, value))}. Timestamps are Unix seconds; −1 is the time of arrival.
 */
public final class GraphitePoints {
  private static final int REMEMBERED = 20_000;

  /** Maximum Unix seconds whose milliseconds fit into a long. */
  private static final double MAX_SECONDS = Long.MAX_VALUE / 1000.0 - 1;

  private record Meaning(@Nullable Labels labels, @Nullable String problem) {}

  private final RecentNameCache<Meaning> names;
  private final LongSupplier millis;

  /**
   * Creates a reader.
   *
   * @param millis the time of arrival
   */
  public GraphitePoints(PathNaming naming, LongSupplier millis) {
    this.millis = millis;
    this.names =
        new RecentNameCache<>(
            REMEMBERED,
            path -> {
              try {
                return new Meaning(naming.labels(path), null);
              } catch (IllegalArgumentException e) {
                return new Meaning(null, e.getMessage());
              }
            });
  }

  private @Nullable String sample(String path, double time, double value, PointSink sink) {
    Meaning m = names.get(path);
    if (m == null || m.problem != null) {
      return m == null ? "no name" : m.problem;
    }
    if (m.labels == null) {
      return null;
    }
    if (!(Math.abs(time) < MAX_SECONDS)) {
      return "invalid timestamp";
    }
    return sink.sample(m.labels, time == -1 ? millis.getAsLong() : Math.round(time * 1000), value);
  }

  /** Reads lines. */
  public RejectedItems lines(byte[] buf, int offset, int length, PointSink sink) {
    RejectedItems refusals = new RejectedItems();
    int end = offset + length;
    int number = 0;
    for (int from = offset; from < end; ) {
      int to = from;
      while (to < end && buf[to] != '\n') {
        to++;
      }
      number++;
      String problem = line(buf, from, to, sink);
      if (problem != null) {
        refusals.add(number, buf, from, to, problem);
      }
      from = to + 1;
    }
    return refusals;
  }

  private static boolean isBlank(byte b) {
    return b == ' ' || b == '\t' || b == '\r';
  }

  private static int skip(byte[] buf, int from, int to, boolean blanks) {
    int p = from;
    while (p < to && isBlank(buf[p]) == blanks) {
      p++;
    }
    return p;
  }

  private @Nullable String line(byte[] buf, int from, int to, PointSink sink) {
    int path = skip(buf, from, to, true);
    if (path == to) {
      return null;
    }
    int pathEnd = skip(buf, path, to, false);
    int value = skip(buf, pathEnd, to, true);
    int valueEnd = skip(buf, value, to, false);
    int time = skip(buf, valueEnd, to, true);
    int timeEnd = skip(buf, time, to, false);
    if (time == timeEnd || skip(buf, timeEnd, to, true) < to) {
      return "the line must have path, value and timestamp";
    }
    double v = DecimalParser.parse(buf, value, valueEnd);
    if (DecimalParser.failed(v)) {
      return "invalid value";
    }
    double t = DecimalParser.parse(buf, time, timeEnd);
    if (DecimalParser.failed(t)) {
      return "invalid timestamp";
    }
    return sample(new String(buf, path, pathEnd - path, StandardCharsets.UTF_8), t, v, sink);
  }

  /**
   * Reads a pickled list, without the length before it.
   *
   * @param memory called with the number of bytes before objects are allocated; may throw
   * @throws CodecException if it is malformed, or holds anything but plain data
   */
  public RejectedItems pickle(
      byte[] buf, int offset, int length, PointSink sink, LongConsumer memory) {
    RejectedItems refusals = new RejectedItems();
    int[] number = {0};
    new PickleReader(buf, offset, length, memory)
        .read(
            (path, time, value) -> {
              number[0]++;
              String problem = sample(path, time, value, sink);
              if (problem != null) {
                refusals.add(number[0], path, problem);
              }
            },
            (item, problem) -> refusals.add(++number[0], item, problem));
    return refusals;
  }
}
