package dev.tethys.pipeline.receiver.elastic;

import dev.tethys.codec.CodecException;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Maps document fields common to all shippers to fields of a record. */
final class EventTime {
  private static final Map<String, Integer> LEVELS =
      Map.ofEntries(
          Map.entry("trace", 1),
          Map.entry("debug", 5),
          Map.entry("info", 9),
          Map.entry("information", 9),
          Map.entry("notice", 10),
          Map.entry("warn", 13),
          Map.entry("warning", 13),
          Map.entry("err", 17),
          Map.entry("error", 17),
          Map.entry("crit", 18),
          Map.entry("critical", 18),
          Map.entry("alert", 19),
          Map.entry("fatal", 21),
          Map.entry("emerg", 21));

  private EventTime() {}

  /**
   * Parses a time in the format {@code strict_date_optional_time||epoch_millis}.
   *
   * @throws CodecException if it is invalid
   */
  static long nanos(@Nullable Object v) {
    try {
      Instant i =
          switch (v) {
            case Long l -> Instant.ofEpochMilli(l);
            case String s when s.matches("-?\\d{1,18}") -> Instant.ofEpochMilli(Long.parseLong(s));
            case String s when s.matches("\\d{4}-\\d{2}-\\d{2}") ->
                LocalDateTime.parse(s + "T00:00").toInstant(ZoneOffset.UTC);
            case String s
                when s.endsWith("Z") || s.lastIndexOf('+') > 10 || s.lastIndexOf('-') > 10 ->
                OffsetDateTime.parse(s.replaceFirst("([+-]\\d{2})(\\d{2})$", "$1:$2")).toInstant();
            case String s -> LocalDateTime.parse(s).toInstant(ZoneOffset.UTC);
            case null, default ->
                throw new CodecException("failed to parse field [@timestamp] of type [date]");
          };
      return Math.addExact(Math.multiplyExact(i.getEpochSecond(), 1_000_000_000L), i.getNano());
    } catch (DateTimeException | ArithmeticException e) {
      throw new CodecException("failed to parse date field [" + v + "] of [@timestamp]");
    }
  }

  /** Takes the severity from {@code log.level}, be it nested or not. */
  static void severity(Attributes d, LogRecord r) {
    Object level = d.get("log") instanceof Attributes log ? log.get("level") : d.get("log.level");
    if (level instanceof String s) {
      r.setSeverityText(s);
      r.setSeverityNumber(LEVELS.getOrDefault(s.toLowerCase(Locale.ROOT), 0));
    }
  }
}
