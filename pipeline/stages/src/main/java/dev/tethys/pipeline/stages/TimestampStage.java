package dev.tethys.pipeline.stages;

import dev.tethys.codec.time.GoLayout;
import dev.tethys.codec.time.TimeFormat;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.BoundedMap;
import dev.tethys.model.Labels;
import dev.tethys.model.log.JulLogger;
import java.lang.System.Logger.Level;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Sets the time of the entry to an extracted time. If it is missing or invalid, the entry gets the
 * last valid time of its labels plus a nanosecond, which keeps the order, or keeps its own time.
 */
final class TimestampStage implements Stage.Change {
  private static final System.Logger LOG = JulLogger.of(TimestampStage.class.getName());

  /** Number of label sets whose last time is remembered. */
  static final int MAX_STREAMS = 10_000;

  private enum OnFailure {
    FUDGE,
    SKIP
  }

  private static final Section KEYS =
      new Section("timestamp", "Sets the timestamp of the entry from an extracted value.");
  private static final Key<String> SOURCE =
      KEYS.required("source", Type.STRING, "Extracted value that contains the timestamp.");
  private static final Key<String> FORMAT =
      KEYS.required(
          "format",
          Type.STRING,
          "Name of a format (RFC3339, RFC3339Nano, Unix, UnixMs, ...) or a Go " + "time layout.");
  private static final Key<List<String>> FALLBACK =
      KEYS.key(
          "fallback_formats",
          Type.list(Type.STRING),
          List.of(),
          "Formats to try if format does not match.");
  private static final Key<ZoneId> LOCATION =
      KEYS.optional(
          "location",
          Type.of("time zone", null, n -> n.parse(TimestampStage::zone)),
          "Time zone of timestamps without one, if the format is a layout.");
  private static final Key<OnFailure> ON_FAILURE =
      KEYS.key(
          "action_on_failure",
          Type.lowerCase("action", OnFailure.class),
          OnFailure.FUDGE,
          "Action if parsing fails: fudge uses the last timestamp of the same "
              + "labels plus one nanosecond, skip keeps the timestamp of the entry.");

  /** A mutable time. */
  private static final class Last {
    long time;
  }

  private final String source;
  private final TimeFormat[] formats;
  private final boolean fudge;
  private final StageClock clock;
  private final Map<Labels, Last> last = BoundedMap.byUse(MAX_STREAMS);
  private @Nullable Labels recent; // the newest key of the map, and what it leads to
  private @Nullable Last recentTime;

  private TimestampStage(String source, TimeFormat[] formats, boolean fudge, StageClock clock) {
    this.source = source;
    this.formats = formats;
    this.fudge = fudge;
    this.clock = clock;
  }

  /** Creates a stage for the formats of container runtimes. */
  static TimestampStage of(String source, String format, StageClock clock) {
    return new TimestampStage(source, new TimeFormat[] {TimeFormat.of(format, null)}, true, clock);
  }

  static TimestampStage parse(YamlNode config, StageContext context) {
    YamlObject o = config.object(KEYS);
    ZoneId location = o.find(LOCATION);
    List<String> formats = new ArrayList<>();
    formats.add(SimpleStages.nonEmpty(o, FORMAT));
    formats.addAll(o.get(FALLBACK));
    for (String f : formats) {
      if (TimeFormat.isText(f)) { // Promtail accepts it, but then never sets a time
        LOG.log(
            Level.WARNING,
            "{0}: the time format \"{1}\" parses no time; write Go''s reference time, such as"
                + " 2006-01-02T15:04:05.000, in the form of the logs",
            config.where(),
            f);
      }
    }
    return new TimestampStage(
        SimpleStages.nonEmpty(o, SOURCE),
        formats.stream().map(f -> TimeFormat.of(f, location)).toArray(TimeFormat[]::new),
        o.get(ON_FAILURE) == OnFailure.FUDGE,
        context.clock());
  }

  private static ZoneId zone(String s) {
    try {
      return s.isEmpty() || s.equals("UTC")
          ? ZoneOffset.UTC
          : s.equals("Local") ? ZoneId.systemDefault() : ZoneId.of(s);
    } catch (DateTimeException e) {
      throw new IllegalArgumentException("unknown time zone \"" + s + "\"", e);
    }
  }

  @Override
  public void change(StageEntry e) {
    String text = e.extracted.text(source);
    long time = GoLayout.NONE;
    if (text != null) {
      for (int i = 0; i < formats.length && time == GoLayout.NONE; i++) {
        time = formats[i].read(text, clock.now());
      }
    }
    if (time == GoLayout.NONE) {
      if (fudge) {
        fudge(e);
      }
      return;
    }
    e.entry.setTimestamp(time);
    if (fudge) {
      last(e.labels(), true).time = time;
    }
  }

  private void fudge(StageEntry e) {
    Last l = last(e.labels(), false);
    if (l != NONE) {
      e.entry.setTimestamp(++l.time);
    }
  }

  private static final Last NONE = new Last();

  private Last last(Labels labels, boolean make) {
    if (recentTime != null && labels.equals(recent)) {
      return recentTime;
    }
    Last l = last.get(labels);
    if (l == null) {
      if (!make) {
        return NONE;
      }
      l = new Last();
      last.put(labels, l);
    }
    recent = labels;
    recentTime = l;
    return l;
  }

  @Override
  public Stage fork() {
    return new TimestampStage(source, formats, fudge, clock);
  }
}
