package dev.tethys.pipeline.stages;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Marks of a severity other than its name: a letter, sign or number at a fixed position, or an
 * implied one, as in the first line of a stack trace. An expression is evaluated only for lines
 * that start like its format.
 */
final class SeverityMark {
  /** Redis and Valkey: {@code 1:M 21 Nov 2026 07:00:00.123 # text}. */
  private static final Pattern REDIS =
      Pattern.compile("^\\d+:[A-Z] \\d{1,2} [A-Z][a-z]{2} \\d{4} [\\d:.]+ ([.*#-]) ");

  /** Android's logcat: {@code 11-21 07:00:00.123 1702 2395 W Tag: text}. */
  private static final Pattern ANDROID =
      Pattern.compile("^\\d\\d-\\d\\d [\\d:.]{12,15}\\s+\\d+\\s+\\d+ ([VDIWEF]) ");

  /** Numbers in JSON: pino and bunyan count 10 to 60, GELF and the journal as syslog does. */
  private static final Pattern NUMBER =
      Pattern.compile("\"(?:level|priority|PRIORITY)\"\\s*:\\s*\"?(\\d{1,2})\\b");

  /** MongoDB. */
  private static final Pattern MONGO = Pattern.compile("\"s\":\\s*\"(D[1-5]?|[FEWI])\"");

  /** Syslog's priority: facility and severity. */
  private static final Pattern SYSLOG = Pattern.compile("^<(\\d{1,3})>");

  /** .NET's console. */
  private static final Pattern DOTNET = Pattern.compile("^(trce|dbug|info|warn|fail|crit): ");

  private static final Pattern PHP =
      Pattern.compile("PHP (Fatal|Parse|Recoverable|Warning|Notice|Deprecated)");

  /** A word in its own column: zap's console, Windows' CBS. */
  private static final Pattern COLUMN = Pattern.compile("[,\\t] *([A-Za-z]{3,9})(?:\\t| {2,})");

  private static final Pattern CRASH =
      Pattern.compile(
          "^thread '.*' panicked|^(?:fatal error|FATAL EXCEPTION|\\*\\*\\* )|[Ss]egmentation"
              + " fault");

  private static final Pattern FAILURE =
      Pattern.compile(
          "^Traceback \\(most recent|^Exception in thread |^Unhandled [Ee]xception|^Uncaught "
              + "|^(?:Caused by: )?(?:[\\w$]+\\.)*[A-Z]\\w*(?:Exception|Error)(?::|$|\\n| \\()");

  private SeverityMark() {}

  /** Detects the severity in formats recognized by the start of the line. */
  static Severity begin(String head) {
    if (head.isEmpty()) {
      return Severity.UNKNOWN;
    }
    char c = head.charAt(0);
    if (c == '{') {
      return json(head);
    }
    if (c == '<') {
      String n = group(SYSLOG, head);
      return n == null ? Severity.UNKNOWN : syslog(Integer.parseInt(n) % 8);
    }
    if (c >= '0' && c <= '9') {
      String sign = group(REDIS, head);
      String letter = sign == null ? group(ANDROID, head) : null;
      return sign != null ? redis(sign) : letter(letter);
    }
    if (head.length() > 3 && head.startsWith(", [", 1)) { // Ruby's logger
      return letter(head.substring(0, 1));
    }
    return Severity.UNKNOWN;
  }

  /** Derives the severity of a line that names none from its remaining marks. */
  static Severity otherwise(String head) {
    String word = group(DOTNET, head);
    if (word == null) {
      word = group(PHP, head);
    }
    if (word == null) {
      word = group(COLUMN, head);
    }
    Severity s = word == null ? Severity.UNKNOWN : Severity.named(word);
    if (s != Severity.UNKNOWN) {
      return s;
    }
    if (CRASH.matcher(head).find()) {
      return Severity.CRITICAL;
    }
    return FAILURE.matcher(head).find() ? Severity.ERROR : Severity.UNKNOWN;
  }

  private static @Nullable String group(Pattern p, String head) {
    Matcher m = p.matcher(head);
    return m.find() ? m.group(1) : null;
  }

  private static Severity json(String head) {
    String n = group(NUMBER, head);
    if (n == null) {
      return letter(group(MONGO, head));
    }
    int level = Integer.parseInt(n);
    if (level < 8) {
      return syslog(level);
    }
    return switch (level / 10) {
      case 0, 1, 2 -> Severity.DEBUG;
      case 3 -> Severity.INFO;
      case 4 -> Severity.WARNING;
      case 5 -> Severity.ERROR;
      default -> Severity.CRITICAL;
    };
  }

  private static Severity syslog(int level) {
    return switch (level) {
      case 0, 1, 2 -> Severity.CRITICAL;
      case 3 -> Severity.ERROR;
      case 4 -> Severity.WARNING;
      case 5, 6 -> Severity.INFO;
      default -> Severity.DEBUG;
    };
  }

  private static Severity redis(String sign) {
    return switch (sign) {
      case "#" -> Severity.WARNING;
      case "*" -> Severity.INFO;
      default -> Severity.DEBUG;
    };
  }

  private static Severity letter(@Nullable String letter) {
    return switch (letter == null || letter.isEmpty() ? ' ' : letter.charAt(0)) {
      case 'V', 'D' -> Severity.DEBUG;
      case 'I' -> Severity.INFO;
      case 'W' -> Severity.WARNING;
      case 'E' -> Severity.ERROR;
      case 'F' -> Severity.CRITICAL;
      default -> Severity.UNKNOWN;
    };
  }
}
