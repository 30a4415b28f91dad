package dev.tethys.collect.observe.logs;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import java.util.Locale;
import java.util.Map;

/** Severity of a log message, inferred from its first words. */
public enum LogLevel {
  UNKNOWN,
  CRITICAL,
  ERROR,
  WARNING,
  INFO,
  DEBUG;

  private static final int LONGEST = 255;
  private static final int FIELDS = 7;
  private static final Pattern GLOG = Pattern.compile("^([IWEF])\\d{4} ");
  private static final Pattern REDIS =
      Pattern.compile(
          "^(?:\\[\\d+\\]|\\d+:[A-Z]) \\d+ \\w+ (?:\\d+ )?\\d+:\\d+:\\d+\\.\\d+ ([.*#-]) ");
  private static final Map<String, LogLevel> SHORT =
      Map.of(
          "dbg", DEBUG, "trc", DEBUG, "inf", INFO, "wrn", WARNING, "err", ERROR, "ftl", CRITICAL);
  private static final Map<String, LogLevel> STEMS =
      Map.of(
          "debu", DEBUG, "trac", DEBUG, "info", INFO, "noti", INFO, "warn", WARNING, "erro", ERROR,
          "crit", CRITICAL, "emer", CRITICAL, "fata", CRITICAL, "aler", CRITICAL);

  /** Value of the label {@code level}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Level of a message by its first line. */
  public static LogLevel guess(String message) {
    String line = message.length() > LONGEST ? message.substring(0, LONGEST) : message;
    Matcher m = GLOG.matcher(line);
    if (m.find()) {
      return switch (m.group(1).charAt(0)) {
        case 'I' -> INFO;
        case 'W' -> WARNING;
        case 'E' -> ERROR;
        default -> CRITICAL;
      };
    }
    m = REDIS.matcher(line);
    if (m.find()) {
      return switch (m.group(1).charAt(0)) {
        case '.' -> DEBUG;
        case '-' -> INFO;
        default -> WARNING;
      };
    }
    String[] fields = line.strip().split("\\s+", FIELDS + 1);
    for (int i = 0; i < Math.min(FIELDS, fields.length); i++) {
      for (String word : fields[i].split("[\\])};|:,.\\[(<>{\"'=]+")) {
        LogLevel level = ofWord(word.toLowerCase(Locale.ROOT));
        if (level != UNKNOWN) {
          return level;
        }
      }
    }
    return UNKNOWN;
  }

  private static LogLevel ofWord(String word) {
    if (word.length() == 3) {
      return SHORT.getOrDefault(word, UNKNOWN);
    }
    // The stems of the words for a level; longer than all of these is another word.
    return word.length() < 4 || word.length() > 11
        ? UNKNOWN
        : STEMS.getOrDefault(word.substring(0, 4), UNKNOWN);
  }
}
