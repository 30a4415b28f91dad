package dev.tethys.pipeline.receiver.archive;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.client.S3Settings;
import java.nio.file.Path;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Settings of the {@code archive} receiver.
 *
 * @param name name of the replay, or "" for the name of the component
 * @param fromNanos earliest time of items
 * @param untilNanos end of the time range, exclusive
 * @param attributes required values of resource attributes
 * @param rate items per second; 0 for no limit
 * @param s3 bucket of the archive; null to read the directory, which otherwise holds only the
 *     position
 */
public record ReplaySettings(
    Path directory,
    String name,
    long fromNanos,
    long untilNanos,
    Map<String, String> attributes,
    long rate,
    @Nullable S3Settings s3) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");
  private static final long MAX_RATE = 1_000_000_000;

  private static final Section SECTION =
      new Section("archive", "Replays an archive that an exporter of this type has written.");
  private static final Key<String> DIRECTORY =
      SECTION.required(
          "directory",
          Type.PATH,
          "Directory of the archive; with s3 that of the position of the replay.");
  private static final Key<String> REPLAY =
      SECTION.key(
          "replay",
          Type.STRING,
          "",
          "Name of the replay and value of the attribute tethys.replay; a replay that ended is"
              + " repeated only under another name. The default is the name of the component.");
  private static final Key<String> START =
      SECTION.key("start_time", Type.STRING, "", "Earliest time of items, such as RFC 3339.");
  private static final Key<String> END =
      SECTION.key("end_time", Type.STRING, "", "Time of items that are no longer replayed.");
  private static final Key<Map<String, String>> ATTRIBUTES =
      SECTION.key(
          "attributes",
          Type.map(Type.STRING),
          Map.of(),
          "Values that resource attributes must have.");
  private static final Key<Long> RATE =
      SECTION.key("rate", Type.INT, 0L, "Items per second; 0 for no limit.");

  private static final Key<S3Settings> S3 =
      SECTION.optional("s3", S3Settings.TYPE, "Bucket of the archive.");

  static final Type<ReplaySettings> TYPE = SECTION.type(ReplaySettings::read);

  public ReplaySettings {
    attributes = Map.copyOf(new TreeMap<>(attributes));
  }

  private static ReplaySettings read(YamlObject o) {
    String name = o.get(REPLAY);
    if (!name.isEmpty() && !isName(name)) {
      throw o.error(REPLAY, "replay must have 1 to 63 letters, digits, '.', '_' and '-'");
    }
    if (o.get(DIRECTORY).isEmpty()) {
      throw o.error(DIRECTORY, "directory must be non-empty");
    }
    if (o.get(RATE) < 0 || o.get(RATE) > MAX_RATE) {
      throw o.error(RATE, "rate must be 0 to " + MAX_RATE);
    }
    long from = o.get(START).isEmpty() ? Long.MIN_VALUE : nanos(o, START);
    long until = o.get(END).isEmpty() ? Long.MAX_VALUE : nanos(o, END);
    if (from >= until) {
      throw o.error(END, "end_time must be after start_time");
    }
    return new ReplaySettings(
        Path.of(o.get(DIRECTORY)), name, from, until, o.get(ATTRIBUTES), o.get(RATE), o.find(S3));
  }

  static boolean isName(String name) {
    return NAME.matcher(name).matches();
  }

  private static long nanos(YamlObject o, Key<String> key) {
    String text = o.get(key);
    try {
      Instant t = OffsetDateTime.parse(text).toInstant();
      return Math.addExact(TimeUnit.SECONDS.toNanos(t.getEpochSecond()), t.getNano());
    } catch (DateTimeParseException | ArithmeticException e) {
      throw o.error(
          key, key.name() + " is " + text + "; it must be a time such as 2026-01-31T12:00:00Z");
    }
  }

  /** Settings that must not change during a replay with a position. */
  String selection() {
    String of = fromNanos + " " + untilNanos + " " + new TreeMap<>(attributes);
    return s3 == null ? of : of + " " + s3.location().bucket() + "/" + s3.prefix();
  }
}
