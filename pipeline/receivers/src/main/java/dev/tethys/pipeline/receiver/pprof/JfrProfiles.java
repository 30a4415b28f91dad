package dev.tethys.pipeline.receiver.pprof;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.wire.ProfilesWriter;
import dev.tethys.codec.pprof.StackProfile;
import dev.tethys.codec.pprof.StackProfile.About;
import dev.tethys.codec.pprof.StackProfile.Frame;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.model.profiles.StackMerge;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedMethod;
import jdk.jfr.consumer.RecordedStackTrace;
import jdk.jfr.consumer.RecordingFile;
import org.jspecify.annotations.Nullable;

/**
 * Converts recordings of the JDK's flight recorder, also written by async-profiler, to profiles.
 * The mapping of events to types follows Pyroscope (grafana/jfr-parser): execution samples are
 * {@code cpu} unless their thread sleeps, and {@code wall} if the profiler sampled wall-clock time;
 * allocations, contended monitors, parked threads and live objects are counted and summed.
 *
 * <p>Frames are named {@code package/Class.method}, or as native frames specify. The event's {@code
 * contextId} refers to labels sent with the recording, {@code spanName} to one of their strings;
 * {@code spanId} and the two halves of a trace id are the ids themselves.
 */
public final class JfrProfiles {
  private final ProfilesWriter out;
  private final Map<Long, String> texts = new HashMap<>();
  private final Map<Long, List<Integer>> contexts;
  private final long timeNanos;
  private final long durationNanos;
  private final long period;
  private final Map<String, StackProfile> profiles = new LinkedHashMap<>();
  private final Map<RecordedMethod, String> names = new HashMap<>();

  private JfrProfiles(
      ProfilesWriter out, byte[] labels, long timeNanos, long durationNanos, int sampleRate) {
    this.out = out;
    this.contexts = contexts(labels);
    this.timeNanos = timeNanos;
    this.durationNanos = durationNanos;
    this.period = 1_000_000_000L / Math.max(1, sampleRate);
  }

  /**
   * Adds the profiles of a recording to the current resource.
   *
   * @param labels Pyroscope's {@code LabelsSnapshot}; empty if none
   * @param sampleRate execution samples per second
   * @throws CodecException if it is not a recording
   */
  public static void read(
      byte[] recording,
      byte[] labels,
      long timeNanos,
      long durationNanos,
      int sampleRate,
      Map<String, String> attributes,
      ProfilesWriter out)
      throws IOException {
    JfrProfiles p = new JfrProfiles(out, labels, timeNanos, durationNanos, sampleRate);
    // The JDK reads recordings from files only.
    Path file = Files.createTempFile("tethys-", ".jfr");
    try {
      Files.write(file, recording);
      p.read(file, attributes, isWall(file));
    } finally {
      Files.deleteIfExists(file);
    }
  }

  /** Reads a recording in a file, without labels. */
  static void read(
      Path recording, long timeNanos, long durationNanos, int sampleRate, ProfilesWriter out)
      throws IOException {
    // Of this process: threads that run are sampled, which saves a reading of the file.
    new JfrProfiles(out, new byte[0], timeNanos, durationNanos, sampleRate)
        .read(recording, Map.of(), false);
  }

  private void read(Path file, Map<String, String> attributes, boolean wall) {
    try {
      try (RecordingFile events = new RecordingFile(file)) {
        while (events.hasMoreEvents()) {
          event(events.readEvent(), wall);
        }
      }
    } catch (IOException | RuntimeException e) {
      throw unreadable(e);
    }
    profiles.values().forEach(x -> x.write(attributes));
  }

  /** Whether the profiler samples threads regardless of whether they run. */
  private static boolean isWall(Path file) {
    try (RecordingFile events = new RecordingFile(file)) {
      while (events.hasMoreEvents()) {
        RecordedEvent e = events.readEvent();
        if (e.getEventType().getName().equals("jdk.ActiveSetting")
            && e.hasField("name")
            && "event".equals(e.getString("name"))) {
          return "wall".equals(e.getString("value"));
        }
      }
    } catch (IOException | RuntimeException e) {
      throw unreadable(e);
    }
    return false;
  }

  private static CodecException unreadable(Exception e) {
    // Exceptions of the JDK's reader for corrupt data have no meaning to a sender.
    String detail = e instanceof IOException ? ": " + e.getMessage() : ", or damaged";
    return new CodecException("no recording of the flight recorder" + detail, e);
  }

  /** Name and period of a profile, equal for all types of one event. */
  private enum Kind {
    CPU("process_cpu", "cpu", "nanoseconds"),
    WALL("wall", "wall", "nanoseconds"),
    MEMORY("memory", "space", "bytes"),
    LIVE("memory", "objects", "count"),
    MUTEX("mutex", "mutex", "count"),
    BLOCK("block", "block", "count");

    final String name;
    final String periodType;
    final String periodUnit;

    Kind(String name, String periodType, String periodUnit) {
      this.name = name;
      this.periodType = periodType;
      this.periodUnit = periodUnit;
    }
  }

  private void event(RecordedEvent e, boolean wall) {
    switch (e.getEventType().getName()) {
      case "jdk.ExecutionSample" -> {
        if (!"STATE_SLEEPING".equals(text(e, "state"))) {
          add(e, Kind.CPU, "cpu", "nanoseconds", period);
        }
        if (wall) {
          add(e, Kind.WALL, "wall", "nanoseconds", period);
        }
      }
      case "profiler.WallClockSample" -> {
        long n = e.hasField("samples") ? e.getLong("samples") : 1;
        add(e, Kind.WALL, "wall", "nanoseconds", n * period);
      }
      case "jdk.ObjectAllocationInNewTLAB" -> {
        add(e, Kind.MEMORY, "alloc_in_new_tlab_objects", "count", 1);
        add(e, Kind.MEMORY, "alloc_in_new_tlab_bytes", "bytes", e.getLong("tlabSize"));
      }
      case "jdk.ObjectAllocationOutsideTLAB" -> {
        add(e, Kind.MEMORY, "alloc_outside_tlab_objects", "count", 1);
        add(e, Kind.MEMORY, "alloc_outside_tlab_bytes", "bytes", e.getLong("allocationSize"));
      }
      case "jdk.ObjectAllocationSample" -> {
        add(e, Kind.MEMORY, "alloc_sample_objects", "count", 1);
        add(e, Kind.MEMORY, "alloc_sample_bytes", "bytes", e.getLong("weight"));
      }
      case "jdk.JavaMonitorEnter" -> contended(e, Kind.MUTEX);
      case "jdk.ThreadPark" -> contended(e, Kind.BLOCK);
      case "profiler.LiveObject" -> add(e, Kind.LIVE, "live", "count", 1);
      case "profiler.Malloc" -> {
        if (e.hasField("size")) {
          add(e, Kind.MEMORY, "malloc_objects", "count", 1);
          add(e, Kind.MEMORY, "malloc_bytes", "bytes", e.getLong("size"));
        }
      }
      default -> {
        // an event without stacks
      }
    }
  }

  private void contended(RecordedEvent e, Kind kind) {
    add(e, kind, "contentions", "count", 1);
    add(e, kind, "delay", "nanoseconds", e.getDuration().toNanos());
  }

  private static @Nullable String text(RecordedEvent e, String field) {
    if (!e.hasField(field)) {
      return null;
    }
    Object v = e.getValue(field);
    if (v instanceof jdk.jfr.consumer.RecordedObject o && o.hasField("name")) {
      return o.getString("name");
    }
    return v == null ? null : v.toString();
  }

  private void add(RecordedEvent e, Kind kind, String type, String unit, long value) {
    RecordedStackTrace trace = e.getStackTrace();
    if (trace == null || value <= 0) {
      return;
    }
    List<Frame> frames = frames(trace, m -> names.computeIfAbsent(m, JfrProfiles::name));
    boolean sampled = kind == Kind.CPU || kind == Kind.WALL;
    profiles
        .computeIfAbsent(
            kind.name + ":" + type,
            _ ->
                new StackProfile(
                    new About(
                        kind.name,
                        type,
                        unit,
                        kind.periodType,
                        kind.periodUnit,
                        sampled ? period : 0,
                        timeNanos,
                        durationNanos),
                    out))
        .add(StackProfile.stack(frames, out), attributes(e), value);
  }

  /** Labels of an event: those of its context, its span and its trace. */
  private List<Integer> attributes(RecordedEvent e) {
    List<Integer> context = contexts.getOrDefault(number(e, "contextId"), List.of());
    long span = number(e, "spanId");
    String name = texts.getOrDefault(number(e, "spanName"), "");
    long high = number(e, "traceIdHi");
    long low = number(e, "traceIdLo");
    if (span == 0 && name.isEmpty() && (high | low) == 0) {
      return context;
    }
    HexFormat hex = HexFormat.of();
    List<Integer> all = new ArrayList<>(context);
    if (span != 0) {
      all.add(out.attribute(StackMerge.PROFILE_ID, hex.toHexDigits(span), ""));
    }
    if (!name.isEmpty()) {
      all.add(out.attribute("span_name", name, ""));
    }
    if ((high | low) != 0) {
      String trace = hex.toHexDigits(high) + hex.toHexDigits(low);
      all.add(out.attribute(StackMerge.TRACE_ID, trace, ""));
    }
    return all;
  }

  /** Returns a field that only some profilers write; 0 without it. */
  private static long number(RecordedEvent e, String field) {
    return e.hasField(field) ? e.getLong(field) : 0;
  }

  /** Returns the frames of a stack, innermost first. */
  static List<Frame> frames(RecordedStackTrace trace) {
    return frames(trace, JfrProfiles::name);
  }

  private static List<Frame> frames(
      RecordedStackTrace trace, Function<RecordedMethod, String> names) {
    List<Frame> frames = new ArrayList<>(trace.getFrames().size());
    for (RecordedFrame f : trace.getFrames()) {
      RecordedMethod m = f.getMethod();
      if (m != null) {
        frames.add(new Frame(names.apply(m), line(f)));
      }
    }
    return frames;
  }

  private static long line(RecordedFrame f) {
    return Math.max(0, f.getLineNumber());
  }

  private static String name(RecordedMethod m) {
    // Uses the recorded name: getName() would also insert dots into names of native libraries.
    String type = m.getType() == null ? "" : String.valueOf((Object) m.getType().getValue("name"));
    String method = String.valueOf(m.getName());
    // The dot is there without a class, too: Pyroscope names frames of async-profiler so.
    return StableClassNames.of(type) + "." + method;
  }

  /**
   * Reads {@code LabelsSnapshot}: contexts (field 1, a map of ids to labels, themselves a map of
   * numbers of strings), strings (field 2, a map of numbers to text).
   */
  private Map<Long, List<Integer>> contexts(byte[] labels) {
    Map<Long, Map<Long, Long>> found = new HashMap<>();
    ProtoReader r = new ProtoReader(labels);
    while (r.next()) {
      int field = r.field();
      if (r.wireType() != ProtoReader.LENGTH) {
        r.skip();
        continue;
      }
      int outer = r.enter();
      long key = 0;
      while (r.next()) {
        if (r.tag() == 1 << 3) {
          key = r.readLong();
        } else if (r.tag() == (2 << 3 | ProtoReader.LENGTH) && field == 2) {
          texts.put(key, r.readString());
        } else if (r.tag() == (2 << 3 | ProtoReader.LENGTH) && field == 1) {
          found.put(key, pairs(r));
        } else {
          r.skip();
        }
      }
      r.leave(outer);
    }
    Map<Long, List<Integer>> contexts = new HashMap<>();
    found.forEach(
        (id, pairs) -> {
          List<Integer> attributes = new ArrayList<>();
          pairs.forEach(
              (k, v) ->
                  attributes.add(
                      out.attribute(texts.getOrDefault(k, ""), texts.getOrDefault(v, ""), "")));
          contexts.put(id, attributes);
        });
    return contexts;
  }

  private static Map<Long, Long> pairs(ProtoReader r) {
    Map<Long, Long> pairs = new LinkedHashMap<>();
    int context = r.enter();
    while (r.next()) {
      if (r.tag() != (1 << 3 | ProtoReader.LENGTH)) {
        r.skip();
        continue;
      }
      int entry = r.enter();
      long key = 0;
      long value = 0;
      while (r.next()) {
        switch (r.tag()) {
          case 1 << 3 -> key = r.readLong();
          case 2 << 3 -> value = r.readLong();
          default -> r.skip();
        }
      }
      pairs.put(key, value);
      r.leave(entry);
    }
    r.leave(context);
    return pairs;
  }
}
