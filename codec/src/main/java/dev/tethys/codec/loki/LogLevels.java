package dev.tethys.codec.loki;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Detects the level of a log line as Loki's distributor does: from a field of the line (JSON or
 * logfmt), else from the first word that names a level.
 */
public final class LogLevels {
  /** Name of the structured metadata that holds the detected level. */
  public static final String LABEL = "detected_level";

  public static final String UNKNOWN = "unknown";

  /** Labels, metadata and fields that state a level, compared without case. */
  static final List<String> FIELDS =
      List.of("level", "log.level", "severity", "severitytext", "severity_text", "lvl");

  private static final byte[][] FIELD_BYTES =
      FIELDS.stream().map(f -> f.getBytes(StandardCharsets.US_ASCII)).toArray(byte[][]::new);

  /** Words for levels; among words with a common prefix, longer ones come first. */
  private static final String[][] WORDS = {
    {"trace", "trace"},
    {"debug", "debug"},
    {"info", "info"},
    {"warning", "warn"},
    {"warn", "warn"},
    {"error", "error"},
    {"err", "error"},
    {"fatal", "fatal"},
    {"critical", "critical"},
    {"unknown", UNKNOWN},
  };

  private static final byte[][] WORD_BYTES =
      java.util.Arrays.stream(WORDS)
          .map(w -> w[0].getBytes(StandardCharsets.US_ASCII))
          .toArray(byte[][]::new);

  /** Longest JSON nesting that is searched for a level. */
  private static final int MAX_DEPTH = 8;

  private LogLevels() {}

  /** True for a name of a label, of metadata or of a field that states the level. */
  public static boolean isLevelField(String name) {
    int n = name.length();
    return n >= 3 && n <= 13 && FIELDS.contains(name.toLowerCase(Locale.ROOT));
  }

  /** Returns the level stated by a value, or {@code unknown}. */
  public static String normalize(String value) {
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "trace", "trc" -> "trace";
      case "debug", "dbg" -> "debug";
      case "info", "inf", "information" -> "info";
      case "warn", "wrn", "warning" -> "warn";
      case "error", "err" -> "error";
      case "critical" -> "critical";
      case "fatal" -> "fatal";
      default -> UNKNOWN;
    };
  }

  /** Level of OTLP's severity number; {@code info} for text that is not a number. */
  public static String ofSeverityNumber(String number) {
    int n;
    try {
      n = Integer.parseInt(number);
    } catch (NumberFormatException e) {
      return "info";
    }
    return ofSeverityNumber(n);
  }

  /** Level of OTLP's severity number. */
  public static String ofSeverityNumber(int n) {
    if (n < 1 || n > 24) {
      return UNKNOWN;
    }
    return switch ((n - 1) / 4) {
      case 0 -> "trace";
      case 1 -> "debug";
      case 2 -> "info";
      case 3 -> "warn";
      case 4 -> "error";
      default -> "fatal";
    };
  }

  /** Level of a line; {@code unknown} if nothing in it states one. */
  public static String detect(byte[] b, int from, int length) {
    int to = from + length;
    int start = from;
    while (start < to && b[start] <= ' ' && b[start] >= 0) {
      start++;
    }
    if (start < to && b[start] == '{') {
      String level = new JsonLevel(b, start, to).find();
      if (level != null) {
        return level;
      }
    }
    return scan(b, start, to);
  }

  /** Finds the level in a logfmt field, or else the first word that names one. */
  private static String scan(byte[] b, int from, int to) {
    String word = null;
    boolean quoted = false;
    boolean inWord = false;
    for (int i = from; i < to; i++) {
      byte c = b[i];
      if (c == '"' && (i == from || b[i - 1] != '\\')) {
        quoted = !quoted;
        inWord = false;
      } else if (c == '=' && !quoted && inWord) {
        String level = fieldLevel(b, from, i, to);
        if (level != null) {
          return level;
        }
        inWord = false;
      } else if (isJoined(c)) {
        if (!inWord && word == null) {
          word = wordLevel(b, i, to);
        }
        inWord = true;
      } else {
        inWord = false;
      }
    }
    return word == null ? UNKNOWN : word;
  }

  /** True for bytes that join words: {@code misc:error} and {@code error_code} name no level. */
  private static boolean isJoined(byte c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '_'
        || c == ':'
        || c == '/'
        || c == '-'
        || c == '.'
        || c < 0;
  }

  private static @Nullable String wordLevel(byte[] b, int at, int to) {
    byte first = (byte) (b[at] | 0x20);
    for (int w = 0; w < WORD_BYTES.length; w++) {
      byte[] word = WORD_BYTES[w];
      if (word[0] == first && startsWith(b, at, to, word) && ends(b, at + word.length, to)) {
        return WORDS[w][1];
      }
    }
    return null;
  }

  /**
   * True if a word ends here; a colon or a full stop ends it unless another word follows directly.
   */
  private static boolean ends(byte[] b, int at, int to) {
    if (at >= to || !isJoined(b[at])) {
      return true;
    }
    return (b[at] == ':' || b[at] == '.') && (at + 1 >= to || !isJoined(b[at + 1]));
  }

  private static boolean startsWith(byte[] b, int at, int to, byte[] lower) {
    if (to - at < lower.length) {
      return false;
    }
    for (int i = 1; i < lower.length; i++) {
      byte c = b[at + i];
      if ((c >= 'A' && c <= 'Z' ? c | 0x20 : c) != lower[i]) {
        return false;
      }
    }
    return true;
  }

  /** Level in the logfmt field with the given equals sign; null if the field has none. */
  private static @Nullable String fieldLevel(byte[] b, int from, int equals, int to) {
    int start = equals;
    while (start > from && isKey(b[start - 1])) {
      start--;
    }
    if (!isField(b, start, equals)) {
      return null;
    }
    int v = equals + 1;
    if (v < to && (b[v] == '"' || b[v] == '\'')) {
      v++;
    }
    int end = v;
    while (end < to && b[end] > ' ' && b[end] != '"' && b[end] != '\'' && b[end] != ',') {
      end++;
    }
    return end == v
        ? null
        : normalize(new String(b, v, Math.min(end - v, 16), StandardCharsets.UTF_8));
  }

  private static boolean isKey(byte c) {
    return c > ' ' && c != '"' && c != '=' && c != ',' && c != '{' && c != '[' && c != '(';
  }

  private static boolean isField(byte[] b, int start, int end) {
    int n = end - start;
    if (n < 3 || n > 13) {
      return false;
    }
    for (byte[] f : FIELD_BYTES) {
      if (f.length == n && (b[start] | 0x20) == f[0] && startsWith(b, start, end, f)) {
        return true;
      }
    }
    return false;
  }

  /** Finds the first level field of a JSON object, nested objects included, lists not. */
  private static final class JsonLevel {
    private final byte[] b;
    private final int to;
    private int at;

    JsonLevel(byte[] b, int at, int to) {
      this.b = b;
      this.at = at;
      this.to = to;
    }

    @Nullable String find() {
      int depth = 0;
      boolean key = false; // the next string is a key
      while (at < to) {
        switch (b[at]) {
          case '{' -> {
            if (++depth > MAX_DEPTH) {
              return null;
            }
            key = true;
            at++;
          }
          case '}' -> {
            if (--depth <= 0) {
              return null;
            }
            key = false;
            at++;
          }
          case '[' -> skipList();
          case ',' -> {
            key = true;
            at++;
          }
          case '"' -> {
            int start = at + 1;
            int end = stringEnd();
            if (end < 0) {
              return null;
            }
            if (key && isField(b, start, end)) {
              String level = value();
              if (level != null) {
                return level;
              }
            }
            key = false;
          }
          default -> at++;
        }
      }
      return null;
    }

    /** Level from the value after a key; null if the value is not a string. */
    private @Nullable String value() {
      while (at < to && (b[at] == ':' || (b[at] <= ' ' && b[at] >= 0))) {
        at++;
      }
      if (at >= to || b[at] != '"') {
        return null;
      }
      int start = at + 1;
      int end = stringEnd();
      if (end < 0) {
        return null;
      }
      return normalize(new String(b, start, Math.min(end - start, 16), StandardCharsets.UTF_8));
    }

    /** Moves past a string and returns the end of its text; returns -1 if it is unterminated. */
    private int stringEnd() {
      int i = at + 1;
      while (i < to && b[i] != '"') {
        i += b[i] == '\\' ? 2 : 1;
      }
      if (i >= to) {
        at = to;
        return -1;
      }
      at = i + 1;
      return i;
    }

    private void skipList() {
      int depth = 0;
      while (at < to) {
        byte c = b[at];
        if (c == '"') {
          stringEnd();
          continue;
        }
        at++;
        if (c == '[' || c == '{') {
          depth++;
        } else if (c == ']' || c == '}') {
          if (--depth == 0) {
            return;
          }
        }
      }
    }
  }
}
