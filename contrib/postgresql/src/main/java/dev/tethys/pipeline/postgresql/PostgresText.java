package dev.tethys.pipeline.postgresql;

import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import java.util.List;

/**
 * Escapes text for PostgreSQL, which supports the character 0 neither in text nor in jsonb. It
 * becomes U+E000 and {@code 0}; U+E000 itself, a rarely used private character, becomes U+E000 and
 * {@code E}. Every text is restored exactly.
 */
final class PostgresText {
  private static final char MARK = '\ue000';

  private PostgresText() {}

  /** Escapes a string for storage. */
  static String escape(String s) {
    if (s.indexOf('\0') < 0 && s.indexOf(MARK) < 0) {
      return s;
    }
    return s.replace(MARK + "", MARK + "E").replace("\0", MARK + "0");
  }

  /** Restores the original of an escaped string. */
  static String unescape(String s) {
    return s.indexOf(MARK) < 0 ? s : s.replace(MARK + "0", "\0").replace(MARK + "E", MARK + "");
  }

  /** Escapes JSON for storage: zeros in its strings are escaped, other characters stay. */
  static String json(String json) {
    if (json.indexOf(MARK) < 0 && !json.contains("\\u0000")) {
      return json;
    }
    StringBuilder sb = new StringBuilder(json.length() + 16);
    for (int i = 0; i < json.length(); i++) {
      char c = json.charAt(i);
      if (c == MARK) {
        sb.append(MARK).append('E');
      } else if (c == '\\' && json.startsWith("u0000", i + 1)) {
        sb.append(MARK).append('0');
        i += 5;
      } else if (c == '\\') {
        sb.append(c).append(json.charAt(++i));
      } else {
        sb.append(c);
      }
    }
    return sb.toString();
  }

  /** Restores the original labels. */
  static Labels unescape(Labels stored) {
    List<Labels.Label> all = stored.toList();
    if (all.stream().noneMatch(l -> (l.name() + l.value()).indexOf(MARK) >= 0)) {
      return stored;
    }
    LabelsBuilder b = new LabelsBuilder();
    all.forEach(l -> b.set(unescape(l.name()), unescape(l.value())));
    return b.build();
  }

  /** Quotes a name for SQL. */
  static String name(String s) {
    return '"' + s.replace("\"", "\"\"") + '"';
  }
}
