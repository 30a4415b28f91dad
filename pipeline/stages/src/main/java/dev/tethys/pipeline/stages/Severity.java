package dev.tethys.pipeline.stages;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import java.util.Locale;

/** Log line severity. */
enum Severity {
  UNKNOWN,
  DEBUG,
  INFO,
  WARNING,
  ERROR,
  CRITICAL;

  /** Number of characters of a line that are searched for a severity. */
  private static final int HEAD = 512;

  /** Word that names a severity: as the value of a key, in brackets, or in capitals. */
  private static final Pattern NAMED =
      Pattern.compile(
          "(?i:\\b(?:level|lvl|severity|loglevel|log_level|levelname)\"?\\s*[=:]\\s*\"?([a-z]+))"
              + "|[\\[<|]\\s*(?:\\w+:)?(?i:([a-z]{3,9}))\\s*[\\]>|]"
              + "|\\b(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERR|ERROR|CRIT|CRITICAL|FATAL|ALERT"
              + "|EMERG|EMERGENCY|PANIC|SEVERE|TRC|DBG|INF|WRN|FTL|PNC)\\b"
              + "|^(?i:(trace|debug|info|notice|warn|warning|error|critical|fatal|panic)):"
              + "|^([IWEF])\\d{4} \\d\\d:");

  /** Returns the display name. */
  String shown() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Parses a severity word; returns {@link #UNKNOWN} for any other word. */
  static Severity named(String word) {
    return switch (word.toLowerCase(Locale.ROOT)) {
      case "trace", "trce", "trc", "debug", "dbug", "dbg", "fine", "finer", "finest", "verbose" ->
          DEBUG;
      case "info", "information", "informational", "notice", "note", "inf", "i", "config" -> INFO;
      case "warn", "warning", "wrn", "w", "deprecated" -> WARNING;
      case "err", "error", "eror", "e", "severe", "fail", "parse", "recoverable" -> ERROR;
      case "crit", "critical", "fatal", "alert", "emerg", "emergency", "panic", "f", "ftl", "pnc" ->
          CRITICAL;
      default -> UNKNOWN;
    };
  }

  /**
   * Determines the severity from the mark at the start of a line, or else from the first severity
   * it names.
   */
  static Severity of(String line) {
    String head = line.length() > HEAD ? line.substring(0, HEAD) : line;
    Severity marked = SeverityMark.begin(head);
    if (marked != UNKNOWN) {
      return marked;
    }
    Matcher m = NAMED.matcher(head);
    while (m.find()) {
      for (int g = 1; g <= m.groupCount(); g++) {
        String word = m.group(g);
        Severity s = word == null ? UNKNOWN : named(word);
        if (s != UNKNOWN) {
          return s;
        }
      }
    }
    return SeverityMark.otherwise(head);
  }
}
