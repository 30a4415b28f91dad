package dev.tethys.codec.pprof;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.json.JsonValues;
import dev.tethys.codec.otlp.wire.ProfilesWriter;
import dev.tethys.codec.pprof.StackProfile.About;
import dev.tethys.codec.pprof.StackProfile.Frame;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Converts a speedscope file to OTLP profiles: one for each of its profiles, sampled or evented.
 * Times become nanoseconds, weights without a unit are counted. Source: speedscope's {@code
 * file-format-spec.ts}, whose schema a file must name.
 */
public final class Speedscope {
  private static final String SCHEMA = "https://www.speedscope.app/file-format-schema.json";

  /** Maximum depth of a stack; deeper ones are rejected. */
  private static final int MAX_DEPTH = 10_000;

  /**
   * Value unit.
   *
   * @param factor multiplier that converts the file's values to OTLP
   */
  private record Unit(String type, String unit, double factor) {
    static Unit of(String word, @Nullable String type) {
      return switch (word) {
        case "nanoseconds" -> new Unit(type == null ? "wall" : type, word, 1);
        case "microseconds" -> new Unit(type == null ? "wall" : type, "nanoseconds", 1e3);
        case "milliseconds" -> new Unit(type == null ? "wall" : type, "nanoseconds", 1e6);
        case "seconds" -> new Unit(type == null ? "wall" : type, "nanoseconds", 1e9);
        case "bytes" -> new Unit(type == null ? "space" : type, word, 1);
        case "none" -> new Unit(type == null ? "samples" : type, "count", 1);
        default -> throw wrong("unknown unit " + word);
      };
    }

    long value(double v) {
      return Math.round(v * factor);
    }
  }

  private final ArrayValue frames;
  private final ProfilesWriter out;

  private Speedscope(ArrayValue frames, ProfilesWriter out) {
    this.frames = frames;
    this.out = out;
  }

  /**
   * Adds the profiles of a file to the resource that was begun last.
   *
   * @param type name of the values; null to name them by their unit
   * @param timeNanos start of the profiles, nanoseconds since 1970
   * @throws CodecException if the body is not such a file
   */
  public static void read(
      byte[] body, @Nullable String type, long timeNanos, long durationNanos, ProfilesWriter out) {
    Attributes file = map(JsonValues.read(body, 0, body.length), "the file");
    if (!SCHEMA.equals(file.get("$schema"))) {
      throw wrong("$schema is " + file.get("$schema") + ", not " + SCHEMA);
    }
    ArrayValue frames = list(map(file.get("shared"), "shared").get("frames"), "shared.frames");
    Speedscope s = new Speedscope(frames, out);
    ArrayValue profiles = list(file.get("profiles"), "profiles");
    for (int i = 0; i < profiles.size(); i++) {
      Attributes p = map(profiles.get(i), "a profile");
      Unit unit = Unit.of(String.valueOf(p.get("unit")), type);
      StackProfile to =
          new StackProfile(
              new About(unit.type, unit.unit, "", "", 0, timeNanos, durationNanos), out);
      switch (String.valueOf(p.get("type"))) {
        case "sampled" -> s.sampled(p, unit, to);
        case "evented" -> s.evented(p, unit, to);
        case String t -> throw wrong("unknown profile type " + t);
      }
      String name = p.getString("name");
      to.write(name == null || name.isEmpty() ? Map.of() : Map.of("profile_name", name));
    }
  }

  private void sampled(Attributes p, Unit unit, StackProfile to) {
    ArrayValue samples = list(p.get("samples"), "samples");
    ArrayValue weights = list(p.get("weights"), "weights");
    if (samples.size() != weights.size()) {
      throw wrong(samples.size() + " samples with " + weights.size() + " weights");
    }
    for (int i = 0; i < samples.size(); i++) {
      double weight = number(weights.get(i), "a weight");
      if (weight < 0) {
        throw wrong("a weight of " + weight);
      }
      ArrayValue sample = list(samples.get(i), "a sample");
      List<Frame> stack = new ArrayList<>();
      for (int f = sample.size() - 1; f >= 0; f--) {
        stack.add(frame(sample.get(f)));
      }
      add(stack, unit.value(weight), to);
    }
  }

  /**
   * Reads an evented profile: the time between two events belongs to the stack that is open then.
   */
  private void evented(Attributes p, Unit unit, StackProfile to) {
    ArrayValue events = list(p.get("events"), "events");
    List<Frame> open = new ArrayList<>();
    List<Object> indices = new ArrayList<>();
    double last = p.get("startValue") == null ? 0 : number(p.get("startValue"), "startValue");
    long before = unit.value(last);
    for (int i = 0; i < events.size(); i++) {
      Attributes e = map(events.get(i), "an event");
      double at = number(e.get("at"), "at");
      if (at < last) {
        throw wrong("event " + (i + 1) + " is at " + at + ", before " + last);
      }
      long now = unit.value(at);
      if (!open.isEmpty() && now > before) {
        add(open.reversed(), now - before, to);
      }
      Frame frame = frame(e.get("frame"));
      switch (String.valueOf(e.get("type"))) {
        case "O" -> {
          open.add(frame);
          indices.add(String.valueOf(e.get("frame")));
        }
        case "C" -> {
          if (open.isEmpty() || !indices.getLast().equals(String.valueOf(e.get("frame")))) {
            throw wrong("event " + (i + 1) + " closes a frame that is not the innermost");
          }
          open.removeLast();
          indices.removeLast();
        }
        case String t -> throw wrong("unknown event type " + t);
      }
      last = at;
      before = now;
    }
  }

  private void add(List<Frame> innermostFirst, long value, StackProfile to) {
    if (innermostFirst.size() > MAX_DEPTH) {
      throw wrong("a stack of more than " + MAX_DEPTH + " frames");
    }
    if (value > 0) {
      to.add(StackProfile.stack(innermostFirst, out), List.of(), value);
    }
  }

  private Frame frame(@Nullable Object index) {
    if (!(index instanceof Long i) || i < 0 || i >= frames.size()) {
      throw wrong("frame " + index + " of " + frames.size());
    }
    Attributes f = map(frames.get(i.intValue()), "a frame");
    String file = f.getString("file");
    return new Frame(
        String.valueOf(f.get("name")),
        file == null ? "" : file,
        f.get("line") instanceof Long l ? l : 0);
  }

  private static CodecException wrong(String what) {
    return new CodecException("speedscope: " + what);
  }

  private static Attributes map(@Nullable Object o, String what) {
    if (o instanceof Attributes a) {
      return a;
    }
    throw wrong(what + " is not an object");
  }

  private static ArrayValue list(@Nullable Object o, String what) {
    if (o instanceof ArrayValue a) {
      return a;
    }
    throw wrong(what + " is not a list");
  }

  private static double number(@Nullable Object o, String what) {
    if (o instanceof Number n) {
      return n.doubleValue();
    }
    throw wrong(what + " is not a number");
  }
}
