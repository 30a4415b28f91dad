package dev.tethys.codec.pprof;

import dev.tethys.codec.otlp.wire.ProfileTable;
import dev.tethys.codec.otlp.wire.ProfilesWriter;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.Labels;
import dev.tethys.model.guard.RequestMemory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Profile accumulated stack by stack: values of the same stack form one sample. */
public final class StackProfile {
  /**
   * Properties of the aggregated profile.
   *
   * @param name profile name, the first part of its type; "" to derive it from the types
   * @param periodType type of the period; "" for no period
   * @param timeNanos start, Unix nanoseconds
   */
  public record About(
      String name,
      String type,
      String unit,
      String periodType,
      String periodUnit,
      long period,
      long timeNanos,
      long durationNanos) {
    /** Properties of a profile whose name is derived from its types. */
    public About(
        String type,
        String unit,
        String periodType,
        String periodUnit,
        long period,
        long timeNanos,
        long durationNanos) {
      this("", type, unit, periodType, periodUnit, period, timeNanos, durationNanos);
    }
  }

  /**
   * A frame.
   *
   * @param file "" if it is unknown
   * @param line 0 if it is unknown
   */
  public record Frame(String function, String file, long line) {
    /** Creates a frame whose file is unknown. */
    public Frame(String function, long line) {
      this(function, "", line);
    }
  }

  private record Key(int stack, List<Integer> attributes) {}

  private final About about;
  private final ProfilesWriter out;
  private final Map<Key, Long> values = new LinkedHashMap<>();

  public StackProfile(About about, ProfilesWriter out) {
    this.about = about;
    this.out = out;
  }

  /**
   * The index of a stack in the dictionary.
   *
   * @param frames the innermost first
   */
  public static int stack(List<Frame> frames, ProfilesWriter out) {
    ProtoWriter entry = new ProtoWriter(16);
    int[] locations = new int[frames.size()];
    for (int i = 0; i < locations.length; i++) {
      locations[i] = location(frames.get(i), entry, out);
    }
    return stack(locations, out);
  }

  /**
   * The index of a stack in the dictionary.
   *
   * @param locations indices of its frames, the innermost first
   */
  public static int stack(int[] locations, ProfilesWriter out) {
    if (locations.length == 0) {
      return 0;
    }
    ProtoWriter stack = new ProtoWriter(4 * locations.length + 8);
    int m = stack.begin(1);
    for (int l : locations) {
      stack.varint(l);
    }
    stack.end(m);
    return out.dictionary().index(ProfileTable.STACK, stack);
  }

  /** Returns the dictionary index of a frame's location. */
  public static int location(Frame f, ProfilesWriter out) {
    return location(f, new ProtoWriter(16), out);
  }

  private static int location(Frame f, ProtoWriter entry, ProfilesWriter out) {
    entry.clear().int64Unless0(1, out.dictionary().string(f.function()));
    entry.int64Unless0(3, out.dictionary().string(f.file()));
    int function = out.dictionary().index(ProfileTable.FUNCTION, entry);
    entry.clear();
    int line = entry.begin(3);
    entry.int64Unless0(1, function).int64Unless0(2, f.line());
    entry.end(line);
    return out.dictionary().index(ProfileTable.LOCATION, entry);
  }

  /** Adds to a stack that has such attributes; both are indices in the dictionary. */
  public void add(int stack, List<Integer> attributes, long value) {
    int before = values.size();
    values.merge(new Key(stack, attributes), value, Long::sum);
    if (values.size() > before) {
      RequestMemory.chargeItem();
    }
  }

  /** Writes the profile unless it is empty. */
  public void write(Map<String, String> attributes) {
    if (values.isEmpty()) {
      return;
    }
    ProtoWriter p = new ProtoWriter(1 << 12);
    type(p, 1, about.type, about.unit);
    ProtoWriter s = new ProtoWriter(32);
    values.forEach(
        (key, value) -> {
          s.clear().int64Unless0(1, key.stack);
          PprofReader.indices(s, 2, key.attributes);
          int v = s.begin(4);
          s.varint(value);
          s.end(v);
          p.bytes(2, s.buffer(), 0, s.size());
        });
    if (about.timeNanos != 0) {
      p.fixed64(3, about.timeNanos);
    }
    p.int64Unless0(4, about.durationNanos);
    if (!about.periodType.isEmpty()) {
      type(p, 5, about.periodType, about.periodUnit);
      p.int64Unless0(6, about.period);
    }
    List<Integer> all = new ArrayList<>();
    if (!about.name.isEmpty()) {
      all.add(out.attribute(Labels.METRIC_NAME, about.name, ""));
    }
    attributes.forEach((k, v) -> all.add(out.attribute(k, v, "")));
    PprofReader.indices(p, 11, all);
    out.profile(p, values.size());
  }

  private void type(ProtoWriter p, int field, String type, String unit) {
    int m = p.begin(field);
    p.int64Unless0(1, out.dictionary().string(type));
    p.int64Unless0(2, out.dictionary().string(unit));
    p.end(m);
  }
}
