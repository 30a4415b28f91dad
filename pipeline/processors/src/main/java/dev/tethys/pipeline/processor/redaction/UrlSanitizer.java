package dev.tethys.pipeline.processor.redaction;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code url_sanitizer}: replaces path segments that are not words by {@code *} and removes queries
 * and fragments. Whether a segment is a word depends only on its letters.
 */
final class UrlSanitizer {
  /** More segments than these are one {@code *}. */
  private static final int MAX_SEGMENTS = 10;

  private static final int MAX_WORD = 25;

  /** Number of consecutive consonants, y counting as a vowel, above which text is not a word. */
  private static final int MAX_CONSONANTS = 5;

  private static final Section SECTION =
      new Section("url_sanitizer", "Removes variable parts from URLs.");
  private static final Key<Boolean> ENABLED =
      SECTION.key("enabled", Type.BOOL, false, "Enables sanitization.");
  private static final Key<List<String>> ATTRIBUTES =
      SECTION.key(
          "attributes", Type.list(Type.STRING), List.of(), "Attribute keys whose values are URLs.");
  private static final Key<Boolean> SPAN_NAME =
      SECTION.key(
          "sanitize_span_name",
          Type.BOOL,
          true,
          "If true, names of client and server spans are sanitized too.");
  private static final Key<Boolean> LOG_BODY =
      SECTION.key(
          "sanitize_log_body",
          Type.BOOL,
          true,
          "If true, URLs in bodies of log records are sanitized too.");

  /** Configuration type of its settings. */
  static final Type<UrlSanitizer> TYPE = SECTION.type(UrlSanitizer::new);

  private final boolean enabled;
  private final Set<String> attributes;
  private final boolean spanNames;
  private final boolean bodies;

  private UrlSanitizer(YamlObject o) {
    enabled = o.get(ENABLED);
    attributes = new HashSet<>(o.get(ATTRIBUTES));
    spanNames = o.get(SPAN_NAME);
    bodies = o.get(LOG_BODY);
  }

  /** Returns the sanitized value of an attribute. */
  String attribute(String key, String value) {
    return enabled && attributes.contains(key) ? text(value) : value;
  }

  /** Sanitizes the name of a client or server span; unchanged if nothing would be left. */
  String spanName(String name) {
    if (!enabled || !spanNames || name.indexOf('/') < 0) {
      return name;
    }
    String out = text(name);
    for (int i = 0; i < out.length(); i++) {
      if (out.charAt(i) != '/' && out.charAt(i) != '*') {
        return out;
      }
    }
    return name;
  }

  String body(String text) {
    return enabled && bodies ? text(text) : text;
  }

  /** Sanitizes every URL and path in a text, delimited by white space. */
  private static String text(String s) {
    @Nullable StringBuilder out = null;
    int done = 0;
    for (int i = 0; i < s.length(); ) {
      int end = i;
      while (end < s.length() && !Character.isWhitespace(s.charAt(end))) {
        end++;
      }
      int path = path(s, i, end);
      if (path >= 0) {
        out = out == null ? new StringBuilder() : out;
        int host = hostOf(s, i, path);
        out.append(s, done, host < 0 ? path : s.indexOf("://", i) + 3);
        out.append(s, host < 0 ? path : host, path);
        segments(s, path, end, out);
        done = end;
      }
      i = end + 1;
    }
    return out == null ? s : out.append(s, done, s.length()).toString();
  }

  /** Returns the index of the host in a URL with user information; -1 for other URLs. */
  private static int hostOf(String s, int from, int path) {
    int scheme = s.indexOf("://", from);
    int at = s.lastIndexOf('@', path - 1);
    return scheme >= from && scheme < path && at > scheme ? at + 1 : -1;
  }

  /**
   * Returns the start of a URL's path: the end of the URL without a path, -1 if the word is not a
   * URL.
   */
  private static int path(String s, int from, int to) {
    if (from < to && s.charAt(from) == '/') {
      return from;
    }
    int scheme = s.indexOf("://", from, to);
    if (scheme <= from) {
      return -1;
    }
    for (int i = scheme + 3; i < to; i++) {
      if ("/?#".indexOf(s.charAt(i)) >= 0) {
        return i;
      }
    }
    return to;
  }

  private static void segments(String s, int from, int to, StringBuilder out) {
    int end = from;
    while (end < to && s.charAt(end) != '?' && s.charAt(end) != '#') {
      end++;
    }
    int n = 0;
    for (int i = from; i < end; ) {
      int next = s.indexOf('/', i + 1, end);
      next = next < 0 ? end : next;
      out.append('/');
      if (++n > MAX_SEGMENTS) {
        out.append('*');
        return;
      }
      String segment = s.substring(i + 1, next);
      out.append(isWord(segment) ? segment : "*");
      i = next;
    }
  }

  private static boolean isWord(String s) {
    if (isVersion(s)) {
      return true;
    }
    int consonants = 0;
    int length = 0;
    int turns = 0;
    boolean lower = false;
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      if (c == '-' || c == '_' || c == '.') {
        consonants = 0;
        length = 0;
        turns = 0;
        lower = false;
        continue;
      }
      if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z')) {
        return false;
      }
      consonants = "aeiouyAEIOUY".indexOf(c) >= 0 ? 0 : consonants + 1;
      // camelCase turns at most once a word; letters at random do all the time.
      boolean upper = c <= 'Z';
      turns += upper && lower ? 1 : 0;
      lower = !upper;
      if (++length > MAX_WORD || consonants > MAX_CONSONANTS || turns > 3) {
        return false;
      }
    }
    return true;
  }

  /** Whether a path segment is a version such as {@code v1} or {@code v2beta1}. */
  private static boolean isVersion(String s) {
    if (s.length() < 2 || s.length() > 9 || s.charAt(0) != 'v' || !isDigit(s.charAt(1))) {
      return false;
    }
    for (int i = 2; i < s.length(); i++) {
      char c = s.charAt(i);
      if (!isDigit(c) && (c < 'a' || c > 'z')) {
        return false;
      }
    }
    return true;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}
