package dev.tethys.runtime.log;

import dev.tethys.config.Redaction;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.LogText;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.UsageException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import java.util.function.Consumer;
import java.util.logging.Filter;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Turns log records into one line each, in the two formats that Prometheus writes. */
public final class LogSetup {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  /** The two line formats. */
  public enum Format {
    LOGFMT,
    JSON
  }

  /** Maximum length of a message in characters: some quote data from peers. */
  static final int MAX_MESSAGE = 16 << 10;

  /** Longest stack of a line, in characters. */
  private static final int MAX_STACK = 32 << 10;

  private LogSetup() {}

  /** Sends records of at least a level to a stream. Libraries only from warning on. */
  public static void install(Level level, Format format, PrintStream to) {
    install(level, format, Map.of(), new StreamLines(to), r -> true);
  }

  private static volatile @Nullable Lines copy;

  /** Writes each line to a second receiver as well; null ends that. */
  public static void copyTo(@Nullable Lines lines) {
    copy = lines;
  }

  /**
   * A record in the form of a log line.
   *
   * @param level {@code ERROR}, {@code WARN}, {@code INFO} or {@code DEBUG}
   * @param thrown stack; "" for none
   */
  public record Entry(Instant time, String level, String logger, String message, String thrown) {}

  private static volatile @Nullable Consumer<Entry> entries;

  /** Gives each written record to a second receiver as well; null ends that. */
  public static void entriesTo(@Nullable Consumer<Entry> to) {
    entries = to;
  }

  /** Receives finished lines. */
  public interface Lines {
    /** Writes a line, its end included. */
    void write(byte[] line);
  }

  /**
   * Variant with more on each line.
   *
   * @param fields strings, numbers, booleans, lists and maps by name
   * @param filter selects the records to write
   */
  public static void install(
      Level level, Format format, Map<String, Object> fields, Lines to, Filter filter) {
    Logger root = Logger.getLogger("");
    for (Handler h : root.getHandlers()) {
      root.removeHandler(h);
    }
    root.setLevel(level.intValue() < Level.WARNING.intValue() ? Level.WARNING : level);
    Logger own = Logger.getLogger("dev.tethys");
    own.setLevel(level);
    keep = own;
    Handler handler = handler(format, fields, to);
    handler.setFilter(filter);
    root.addHandler(handler);
  }

  static Handler handler(Format format, Map<String, Object> fields, Lines to) {
    return new LineHandler(
        format == Format.JSON
            ? new JsonLine(LogFields.json(fields))
            : new LogfmtLine(LogFields.logfmt(fields)),
        to);
  }

  /** Loggers are held weakly by the platform; this one carries the level. */
  @SuppressWarnings("unused")
  private static Logger keep = Logger.getLogger("dev.tethys");

  /**
   * Installs the log output on standard error, as set by the flags {@code log.level} and {@code
   * log.format}.
   */
  public static void install(FlagSet flags) {
    Format format =
        switch (flags.get("log.format")) {
          case "logfmt" -> Format.LOGFMT;
          case "json" -> Format.JSON;
          default ->
              throw new UsageException(
                  "--log.format=" + flags.get("log.format") + ": expected logfmt or json");
        };
    try {
      install(level(flags.get("log.level")), format, System.err);
    } catch (IllegalArgumentException e) {
      throw new UsageException("--log.level: " + e.getMessage());
    }
  }

  /** Reads {@code debug}, {@code info}, {@code warn} or {@code error}. */
  public static Level level(String text) {
    return switch (text) {
      case "debug" -> Level.FINE;
      case "info" -> Level.INFO;
      case "warn" -> Level.WARNING;
      case "error" -> Level.SEVERE;
      default ->
          throw new IllegalArgumentException(
              "unrecognized log level " + text + "; expected debug, info, warn or error");
    };
  }

  record StreamLines(PrintStream to) implements Lines {
    @Override
    public void write(byte[] line) {
      to.write(line, 0, line.length);
      to.flush();
    }
  }

  private static final class LineHandler extends Handler {
    private final Lines to;
    private final LogFlood flood = new LogFlood();

    LineHandler(Formatter formatter, Lines to) {
      setFormatter(formatter);
      this.to = to;
    }

    @Override
    public void publish(LogRecord record) {
      if (!isLoggable(record)) {
        return;
      }
      long suppressed = flood.admit(record);
      if (suppressed < 0) {
        return;
      }
      write(record);
      if (suppressed > 0) {
        LogRecord more = new LogRecord(record.getLevel(), "Log lines suppressed count={0} of={1}");
        more.setLoggerName(record.getLoggerName());
        more.setInstant(record.getInstant());
        more.setParameters(
            new Object[] {
              suppressed, LimitedLog.cut(message(getFormatter(), record)) // the last of them
            });
        write(more);
      }
    }

    private void write(LogRecord record) {
      byte[] line = getFormatter().format(record).getBytes(StandardCharsets.UTF_8);
      to.write(line);
      Lines second = copy;
      if (second != null) {
        second.write(line);
      }
      Consumer<Entry> also = entries;
      if (also != null) {
        also.accept(
            new Entry(
                record.getInstant(),
                levelName(record.getLevel()),
                record.getLoggerName() == null ? "" : record.getLoggerName(),
                message(getFormatter(), record),
                record.getThrown() == null ? "" : thrown(record.getThrown())));
      }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  private static String levelName(Level l) {
    int v = l.intValue();
    return v >= Level.SEVERE.intValue()
        ? "ERROR"
        : v >= Level.WARNING.intValue() ? "WARN" : v >= Level.INFO.intValue() ? "INFO" : "DEBUG";
  }

  private static String component(LogRecord r) {
    String name = r.getLoggerName() == null ? "" : r.getLoggerName();
    return name.startsWith("dev.tethys.") ? name.substring("dev.tethys.".length()) : name;
  }

  private static String thrown(Throwable t) {
    StringWriter w = new StringWriter();
    t.printStackTrace(new PrintWriter(w));
    return LogText.cut(Redaction.text(w.toString()), MAX_STACK);
  }

  private static String message(Formatter by, LogRecord r) {
    String text = r.getResourceBundle() == null ? LogText.of(r) : by.formatMessage(r);
    return LogText.cut(Redaction.text(text), MAX_MESSAGE);
  }

  private static final class LogfmtLine extends Formatter {
    private final String fields;

    LogfmtLine(String fields) {
      this.fields = fields;
    }

    @Override
    public String format(LogRecord r) {
      StringBuilder sb = new StringBuilder(160);
      sb.append("time=").append(TIME.format(Instant.ofEpochMilli(r.getMillis())));
      sb.append(" level=").append(levelName(r.getLevel()));
      sb.append(" component=").append(component(r));
      sb.append(" msg=");
      quote(sb, message(this, r), true);
      if (r.getThrown() != null) {
        sb.append(" err=");
        quote(sb, thrown(r.getThrown()), true);
      }
      return sb.append(fields).append('\n').toString();
    }
  }

  private static final class JsonLine extends Formatter {
    private final String fields;

    JsonLine(String fields) {
      this.fields = fields;
    }

    @Override
    public String format(LogRecord r) {
      StringBuilder sb = new StringBuilder(160);
      sb.append("{\"time\":\"").append(TIME.format(Instant.ofEpochMilli(r.getMillis())));
      sb.append("\",\"level\":\"").append(levelName(r.getLevel()));
      sb.append("\",\"component\":");
      quote(sb, component(r), false);
      sb.append(",\"msg\":");
      quote(sb, message(this, r), false);
      if (r.getThrown() != null) {
        sb.append(",\"err\":");
        quote(sb, thrown(r.getThrown()), false);
      }
      return sb.append(fields).append("}\n").toString();
    }
  }

  static void quote(StringBuilder sb, String s, boolean onlyWhereNeeded) {
    if (onlyWhereNeeded
        && !s.isEmpty()
        && s.chars().noneMatch(c -> c <= ' ' || c == '"' || c == '=' || c == '\\')) {
      sb.append(s);
      return;
    }
    sb.append('"');
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      switch (c) {
        case '"' -> sb.append("\\\"");
        case '\\' -> sb.append("\\\\");
        case '\n' -> sb.append("\\n");
        case '\r' -> sb.append("\\r");
        case '\t' -> sb.append("\\t");
        default -> {
          if (c < ' ') {
            sb.append(String.format("\\u%04x", (int) c));
          } else {
            sb.append(c);
          }
        }
      }
    }
    sb.append('"');
  }
}
