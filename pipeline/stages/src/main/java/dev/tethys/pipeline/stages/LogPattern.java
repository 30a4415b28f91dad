package dev.tethys.pipeline.stages;

import dev.tethys.model.Labels;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Pattern of similar log lines: the words of a line without its variable parts. Quoted and
 * bracketed text, numbers, addresses, times and ids are ignored. Lines that differ in at most one
 * word share a pattern.
 *
 * @param words words of the pattern, at most {@link #MAX_WORDS}
 */
record LogPattern(List<String> words) {
  /** Maximum number of words read from a line. */
  static final int MAX_WORDS = 100;

  /** Maximum number of characters read from a line. */
  static final int MAX_CHARS = 8192;

  /** Returns the pattern of a line. */
  static LogPattern of(String line) {
    String s = line.length() > MAX_CHARS ? line.substring(0, MAX_CHARS) : line;
    boolean json = s.startsWith("{");
    List<String> words = new ArrayList<>();
    int i = 0;
    int count = -1; // where a quoted message ends
    while (i < s.length() && words.size() < MAX_WORDS) {
      char c = s.charAt(i);
      if (c == '"' && i != count && !json && isMessage(s, i)) {
        count = end(s, i + 1);
      }
      if (i == count || c == '"' && count > i) {
        i++; // the words between are the line's own
        continue;
      }
      int closed = json ? -1 : closing(s, i, c);
      if (closed > 0) {
        i = closed;
        continue;
      }
      if (separates(c)) {
        i++;
        continue;
      }
      int start = i;
      while (i < s.length() && !separates(s.charAt(i))) {
        i++;
      }
      String w = word(s.substring(start, i));
      if (w != null) {
        words.add(w);
      }
    }
    return new LogPattern(List.copyOf(words));
  }

  /** logfmt keys whose quoted text is the message itself, not a variable part. */
  private static final List<String> MESSAGES = List.of("msg=", "message=", "err=", "error=");

  private static boolean isMessage(String s, int quote) {
    for (String key : MESSAGES) {
      int from = quote - key.length();
      if (s.startsWith(key, from) && (from == 0 || s.charAt(from - 1) == ' ')) {
        return true;
      }
    }
    return false;
  }

  /**
   * Returns the index of the closing quote of a logfmt value; the end of the line if it is not
   * closed.
   */
  private static int end(String s, int from) {
    int i = from;
    while (i < s.length() && s.charAt(i) != '"') {
      i += s.charAt(i) == '\\' ? 2 : 1;
    }
    return Math.min(i, s.length());
  }

  /**
   * Returns the index after the quoted or bracketed text that starts here; -1 if it is not closed.
   */
  private static int closing(String s, int at, char c) {
    char end =
        switch (c) {
          case '"' -> '"';
          case '\'' -> at > 0 && Character.isLetter(s.charAt(at - 1)) ? 0 : '\'';
          case '[' -> ']';
          case '(' -> ')';
          case '{' -> '}';
          default -> 0;
        };
    if (end == 0) {
      return -1;
    }
    int to = s.indexOf(end, at + 1);
    return to < 0 ? -1 : to + 1;
  }

  /** Names of days and months mark times; hosts are recognized only by their suffix. */
  private static final Set<String> TIMES =
      Set.of(
          "Mon Tue Wed Thu Fri Sat Sun Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" "));

  private static final Set<String> DOMAINS =
      Set.of("com", "net", "org", "edu", "gov", "io", "dev", "local", "internal", "lan", "arpa");

  private static boolean varies(String word) {
    if (word.length() == 3) {
      return TIMES.contains(word);
    }
    int dot = word.lastIndexOf('.');
    return dot > 0 && DOMAINS.contains(word.substring(dot + 1));
  }

  private static boolean separates(char c) {
    return c <= ' ' || "=,;|\"'[](){}<>:".indexOf(c) >= 0;
  }

  /** Returns the word; null for a variable part: a token with digits or of a single letter. */
  private static @Nullable String word(String token) {
    int from = 0;
    int to = token.length();
    while (from < to && !Character.isLetter(token.charAt(from))) {
      from++;
    }
    while (to > from && !Character.isLetter(token.charAt(to - 1))) {
      to--;
    }
    if (to - from < 2
        || from > 0 && digits(token, 0, from)
        || digits(token, from, token.length())) {
      return null;
    }
    for (int i = from; i < to; i++) {
      char c = token.charAt(i);
      if (!Character.isLetter(c) && c != '.' && c != '_' && c != '-' && c != '/') {
        return null;
      }
    }
    String word = token.substring(from, to);
    return varies(word) ? null : word;
  }

  private static boolean digits(String s, int from, int to) {
    for (int i = from; i < to; i++) {
      if (s.charAt(i) >= '0' && s.charAt(i) <= '9') {
        return true;
      }
    }
    return false;
  }

  /** Whether both patterns match: the same number of words, of which at most one differs. */
  boolean like(LogPattern o) {
    if (o.words.size() != words.size()) {
      return false;
    }
    int differ = 0;
    for (int i = 0; i < words.size() && differ < 2; i++) {
      differ += words.get(i).equals(o.words.get(i)) ? 0 : 1;
    }
    return differ == 0 || differ == 1 && words.size() > 1;
  }

  /** Formats the words for display. */
  String text() {
    return String.join(" ", words);
  }

  /** Returns a hash of the pattern that is stable across restarts. */
  String hash() {
    byte[] b = text().getBytes(StandardCharsets.UTF_8);
    return String.format(Locale.ROOT, "%016x", Labels.hash64(b, 0, b.length));
  }
}
