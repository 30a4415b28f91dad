package dev.tethys.collect.cloud.reader;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import dev.tethys.collect.observe.connection.Owner;
import dev.tethys.collect.observe.logs.LogLevel;
import dev.tethys.collect.observe.logs.LogPatterns;
import dev.tethys.collect.observe.logs.MessageJoiner;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneOffset;

/**
 * Error log of one PostgreSQL, MySQL or MariaDB server: joins lines to messages, finds their levels
 * and counts them by pattern. Not thread-safe.
 *
 * <p>PostgreSQL writes details, hints and the statement of a message as separate lines. They are
 * part of the log record, but not of the pattern and its sample, since they quote data.
 */
public final class InstanceLog {
  /** Most characters of a message. */
  static final int LONGEST_MESSAGE = 16 << 10;

  private static final Pattern POSTGRES =
      Pattern.compile(
          "[:\\s](DEBUG\\d?|LOG|INFO|NOTICE|WARNING|ERROR|FATAL|PANIC|DETAIL|HINT|STATEMENT|CONTEXT"
              + "|QUERY|LOCATION|BACKTRACE):  ");
  private static final Pattern TIME =
      Pattern.compile(
          "^(\\d{4}-\\d{2}-\\d{2})[T ](\\d{2}:\\d{2}:\\d{2}(?:\\.\\d{1,9})?)(?:Z|\\s|$)");
  private static final int PREFIX = 512;

  private final Owner owner;
  private final String service;
  private final boolean postgres;
  private final LogPatterns patterns;
  private final CloudLogEntry.Sink sink;
  private final InstantSource clock;
  private final MessageJoiner joiner;
  private final StringBuilder message = new StringBuilder();
  private String head = "";
  private LogLevel level = LogLevel.UNKNOWN;
  private long nanos;

  /**
   * @param instance id of the instance in the counts
   * @param service service name of log records
   */
  public InstanceLog(
      String instance,
      String service,
      boolean postgres,
      LogPatterns patterns,
      CloudLogEntry.Sink sink,
      InstantSource clock) {
    this.owner = new Owner(instance, "");
    this.service = service;
    this.postgres = postgres;
    this.patterns = patterns;
    this.sink = sink;
    this.clock = clock;
    this.joiner = new MessageJoiner(LONGEST_MESSAGE, this::joined);
  }

  /** Adds the counts of messages of all instances. */
  public static void addCounts(
      LogPatterns patterns, CloudMetrics m, String name, String instanceLabel) {
    patterns.each(
        (owner, _, level, hash, sample, messages) ->
            m.of(instanceLabel, owner.containerId())
                .counter(
                    name,
                    "Messages of error logs by level and pattern.",
                    messages,
                    "level",
                    level.label(),
                    "pattern_hash",
                    hash,
                    "sample",
                    sample));
  }

  /** Adds text that begins and ends with whole lines. */
  public void add(String text) {
    text.lines().forEach(line -> joiner.line(line, 0));
  }

  /** Adds a whole message of a log that has own levels and times. */
  public void add(String text, LogLevel itsLevel, long itsNanos) {
    String s = text.length() > LONGEST_MESSAGE ? text.substring(0, LONGEST_MESSAGE) : text;
    finish();
    message.append(s);
    head = s;
    nanos = itsNanos;
    level = itsLevel == LogLevel.UNKNOWN ? level(s) : itsLevel;
    finish();
  }

  /** Ends the last message: no further line of it is expected. */
  public void flush() {
    joiner.flush();
    finish();
  }

  private void joined(String text) {
    String severity = postgres ? severity(text) : "";
    boolean more =
        switch (severity) {
          case "DETAIL", "HINT", "STATEMENT", "CONTEXT", "QUERY", "LOCATION", "BACKTRACE" -> true;
          default -> false;
        };
    if (more && !message.isEmpty()) {
      if (message.length() + text.length() < LONGEST_MESSAGE) {
        message.append('\n').append(text);
      }
      return;
    }
    finish();
    message.append(text);
    head = more ? severity : text;
    level = level(text);
    nanos = time(text, clock.instant());
  }

  private void finish() {
    if (message.isEmpty()) {
      return;
    }
    String hash = patterns.count(owner, "", level, withoutPrefix(head), nanos);
    sink.log(
        new CloudLogEntry(service, owner.containerId(), nanos, level, hash, message.toString()));
    message.setLength(0);
  }

  /** Keyword of a line of PostgreSQL; empty if it has none. */
  private static String severity(String text) {
    Matcher m = POSTGRES.matcher(text.length() > PREFIX ? text.substring(0, PREFIX) : text);
    return m.find() ? m.group(1) : "";
  }

  private LogLevel level(String text) {
    if (!postgres) {
      String start = text.length() > PREFIX ? text.substring(0, PREFIX) : text;
      return start.contains("[Note]") || start.contains("[System]")
          ? LogLevel.INFO
          : LogLevel.guess(text);
    }
    String s = severity(text);
    return switch (s) {
      case "LOG", "INFO", "NOTICE" -> LogLevel.INFO;
      case "WARNING" -> LogLevel.WARNING;
      case "ERROR" -> LogLevel.ERROR;
      case "FATAL", "PANIC" -> LogLevel.CRITICAL;
      case "" -> LogLevel.guess(text);
      default -> s.startsWith("DEBUG") ? LogLevel.DEBUG : LogLevel.INFO;
    };
  }

  /**
   * Message without the prefix of PostgreSQL, whose user and address are not part of the pattern.
   */
  private String withoutPrefix(String text) {
    if (!postgres) {
      return text;
    }
    Matcher m = POSTGRES.matcher(text.length() > PREFIX ? text.substring(0, PREFIX) : text);
    return m.find() ? text.substring(m.start(1)) : text;
  }

  /** Time of a message in UTC; the present if it has none. */
  private static long time(String text, Instant now) {
    Instant at = now;
    Matcher m = TIME.matcher(text.length() > PREFIX ? text.substring(0, PREFIX) : text);
    if (m.find()) {
      try {
        at =
            LocalDate.parse(m.group(1))
                .atTime(LocalTime.parse(m.group(2)))
                .toInstant(ZoneOffset.UTC);
      } catch (DateTimeException e) {
        at = now; // such as hour 25
      }
    }
    // A time far from the present would not fit into nanoseconds, or be outside of the log store.
    if (at.isAfter(now.plusSeconds(86_400)) || at.isBefore(now.minusSeconds(7 * 86_400L))) {
      at = now;
    }
    return at.getEpochSecond() * 1_000_000_000L + at.getNano();
  }
}
