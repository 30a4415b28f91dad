package dev.tethys.codec.exposition;

import dev.tethys.model.LabelNames;
import java.util.Arrays;
import java.util.Optional;

/**
 * Escaping of names beyond the legacy alphabet, for readers that support only that alphabet. Rules:
 * the Prometheus content negotiation specification, "escaping schemes".
 */
public enum EscapingScheme {
  /** Names are unchanged and quoted. */
  ALLOW_UTF_8("allow-utf-8"),
  /** Replaces each disallowed character with an underscore. Not reversible. */
  UNDERSCORES("underscores"),
  /** A dot becomes {@code _dot_}, an underscore two, any other two underscores as well. */
  DOTS("dots"),
  /** {@code U__} in front, underscores doubled, others as their code point between underscores. */
  VALUES("values");

  /** The parameter of Accept and Content-Type that names the scheme. */
  public static final String PARAMETER = "escaping";

  /** Default scheme for peers. */
  public static final EscapingScheme DEFAULT = UNDERSCORES;

  private static final String VALUES_PREFIX = "U__";

  /** Hexadecimal digits of the largest code point. */
  private static final int MAX_HEX_DIGITS = 6;

  private final String text;

  EscapingScheme(String text) {
    this.text = text;
  }

  /** The name in headers and configuration. */
  public String text() {
    return text;
  }

  /** The scheme of a name; empty for an unknown name. */
  public static Optional<EscapingScheme> of(String text) {
    return Arrays.stream(values()).filter(s -> s.text.equals(text)).findFirst();
  }

  /** Escapes a metric name. */
  public String escape(String name) {
    return name.isEmpty()
            || this == ALLOW_UTF_8
            || this != DOTS && LabelNames.isLegacyMetricName(name)
        ? name
        : escaped(name, true);
  }

  /** Escapes a label name, in which a colon is not legal; a legal name stays unchanged. */
  public String escapeLabel(String name) {
    return name.isEmpty() || this == ALLOW_UTF_8 || LabelNames.isLegacyLabelName(name)
        ? name
        : escaped(name, false);
  }

  private String escaped(String name, boolean metric) {
    StringBuilder sb = new StringBuilder(name.length() + 16);
    if (this == VALUES) {
      sb.append(VALUES_PREFIX);
    }
    for (int i = 0; i < name.length(); ) {
      int c = name.codePointAt(i);
      boolean legal = legal(c, i == 0) && (metric || c != ':');
      i += Character.charCount(c);
      switch (this) {
        case UNDERSCORES -> sb.append(legal ? (char) c : '_');
        case DOTS -> {
          if (c == '.') {
            sb.append("_dot_");
          } else if (c == '_' || !legal) {
            sb.append("__");
          } else {
            sb.append((char) c);
          }
        }
        case VALUES -> {
          if (c == '_') {
            sb.append("__");
          } else if (legal) {
            sb.append((char) c);
          } else if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
            sb.append("_FFFD_");
          } else {
            sb.append('_').append(Integer.toHexString(c)).append('_');
          }
        }
        case ALLOW_UTF_8 -> sb.appendCodePoint(c);
      }
    }
    return sb.toString();
  }

  private static boolean legal(int c, boolean first) {
    return c >= 'a' && c <= 'z'
        || c >= 'A' && c <= 'Z'
        || c == '_'
        || c == ':'
        || c >= '0' && c <= '9' && !first;
  }

  /** Undoes {@link #escape} as far as that can be; a name that was not escaped so stays. */
  public String unescape(String name) {
    return switch (this) {
      case ALLOW_UTF_8, UNDERSCORES -> name;
      case DOTS -> name.replace("_dot_", ".").replace("__", "_");
      case VALUES -> unescapeValues(name);
    };
  }

  private static String unescapeValues(String name) {
    if (!name.startsWith(VALUES_PREFIX)) {
      return name;
    }
    StringBuilder sb = new StringBuilder(name.length());
    int i = VALUES_PREFIX.length();
    while (i < name.length()) {
      char c = name.charAt(i++);
      if (c != '_') {
        sb.append(c);
        continue;
      }
      if (i < name.length() && name.charAt(i) == '_') {
        sb.append('_');
        i++;
        continue;
      }
      int close = name.indexOf('_', i);
      if (close < 0 || close == i || close - i > MAX_HEX_DIGITS) {
        return name;
      }
      int code = 0;
      for (; i < close; i++) {
        int digit = name.charAt(i) < 0x80 ? Character.digit(name.charAt(i), 16) : -1;
        if (digit < 0) {
          return name;
        }
        code = code * 16 + digit;
      }
      i = close + 1;
      if (!Character.isValidCodePoint(code)
          || code >= Character.MIN_SURROGATE && code <= Character.MAX_SURROGATE) {
        return name;
      }
      sb.appendCodePoint(code);
    }
    return sb.toString();
  }
}
