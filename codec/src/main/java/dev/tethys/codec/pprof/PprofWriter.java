package dev.tethys.codec.pprof;

import dev.tethys.codec.pprof.StackProfile.Frame;
import dev.tethys.codec.protobuf.ProtoWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;

/**
 * Aggregates stacks and writes them as one message {@code perftools.profiles.Profile} in gzip, for
 * readers of pprof. Source: proto/profile.proto of google/pprof. The profile has no mappings and no
 * addresses: functions are identified by name.
 */
public final class PprofWriter {
  /** Type and unit of a sample value or of the period. */
  public record ValueType(String type, String unit) {}

  private record Location(long function, long line) {}

  private final List<ValueType> types;
  private final Map<List<Long>, long[]> samples = new LinkedHashMap<>();
  private final Map<Location, Long> locations = new LinkedHashMap<>();
  private final Map<Frame, Long> functions = new LinkedHashMap<>();
  private final Map<String, Integer> strings = new HashMap<>();
  private final List<String> table = new ArrayList<>();

  /**
   * @param types value types of each sample
   */
  public PprofWriter(ValueType... types) {
    this.types = List.of(types);
    string("");
  }

  /**
   * Adds values to the values of a stack.
   *
   * @param frames the innermost first
   * @param values one for each type
   */
  public void add(List<Frame> frames, long... values) {
    if (values.length != types.size()) {
      throw new IllegalArgumentException(values.length + " values of " + types.size());
    }
    List<Long> stack = new ArrayList<>(frames.size());
    for (Frame f : frames) {
      Frame named = new Frame(f.function(), f.file(), 0);
      long function = functions.computeIfAbsent(named, k -> functions.size() + 1L);
      stack.add(
          locations.computeIfAbsent(new Location(function, f.line()), k -> locations.size() + 1L));
    }
    long[] sum = samples.computeIfAbsent(stack, k -> new long[types.size()]);
    for (int i = 0; i < sum.length; i++) {
      sum[i] += values[i];
    }
  }

  /**
   * The message, in gzip.
   *
   * @param timeNanos start, nanoseconds since 1970
   * @param durationNanos 0 for a profile without a duration
   * @param periodType unit between two samples
   * @param period number of these units; 0 if unknown
   */
  public byte[] toGzip(long timeNanos, long durationNanos, ValueType periodType, long period) {
    ProtoWriter p = new ProtoWriter(1 << 12);
    types.forEach(t -> type(p, 1, t));
    samples.forEach((stack, values) -> sample(p, stack, values));
    locations.forEach(
        (l, id) -> {
          int m = p.begin(4);
          p.int64(1, id);
          int line = p.begin(4);
          p.int64(1, l.function).int64Unless0(2, l.line);
          p.end(line);
          p.end(m);
        });
    functions.forEach(
        (f, id) -> {
          int m = p.begin(5);
          p.int64(1, id).int64(2, string(f.function())).int64(3, string(f.function()));
          p.int64Unless0(4, string(f.file()));
          p.end(m);
        });
    p.int64Unless0(9, timeNanos).int64Unless0(10, durationNanos);
    if (period != 0) {
      type(p, 11, periodType);
      p.int64(12, period);
    }
    table.forEach(s -> p.string(6, s)); // once no further ones are requested
    ByteArrayOutputStream out = new ByteArrayOutputStream(p.size() / 2 + 64);
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(p.buffer(), 0, p.size());
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory takes everything
    }
    return out.toByteArray();
  }

  private void sample(ProtoWriter p, List<Long> stack, long[] values) {
    int m = p.begin(2);
    int packed = p.begin(1);
    stack.forEach(p::varint);
    p.end(packed);
    packed = p.begin(2);
    for (long v : values) {
      p.varint(v);
    }
    p.end(packed);
    p.end(m);
  }

  private void type(ProtoWriter p, int field, ValueType t) {
    int m = p.begin(field);
    p.int64(1, string(t.type)).int64(2, string(t.unit));
    p.end(m);
  }

  private int string(String s) {
    Integer at = strings.get(s);
    if (at == null) {
      at = table.size();
      strings.put(s, at);
      table.add(s);
    }
    return at;
  }
}
