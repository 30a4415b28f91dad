package dev.tethys.alert.manager.template;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A URL in the value of an attribute, as far as the template has written it. */
final class UrlText {
  private boolean begun;
  private boolean query;

  /** A character of the template's own text. */
  void take(char c) {
    if (c == '?' || c == '#') {
      query = true;
    }
    if (c != ' ' && c != '\t' && c != '\n' && c != '\r') {
      begun = true;
    }
  }

  /** A value, so that it stays in the part of the URL in which it stands. */
  String value(@Nullable Object value, String s) {
    if (value instanceof SafeText t && t.kind() == SafeText.Kind.URL) {
      return encoded(s, true);
    }
    if (query) {
      return value instanceof QueryText ? s : encoded(s, false);
    }
    return begun || isHarmless(s) ? encoded(s, true) : "#" + HtmlText.REFUSED;
  }

  /** Whether a URL runs no code: it has no scheme, or a well-known one. */
  private static boolean isHarmless(String s) {
    int colon = s.indexOf(':');
    if (colon < 0 || s.substring(0, colon).indexOf('/') >= 0) {
      return true;
    }
    String scheme = s.substring(0, colon).toLowerCase(Locale.ROOT);
    return scheme.equals("http") || scheme.equals("https") || scheme.equals("mailto");
  }

  private static String encoded(String s, boolean keepReserved) {
    byte[] bytes = s.getBytes(StandardCharsets.UTF_8);
    StringBuilder sb = new StringBuilder(bytes.length + 16);
    for (int i = 0; i < bytes.length; i++) {
      int b = bytes[i] & 0xff;
      boolean plain =
          b >= '0' && b <= '9'
              || b >= 'a' && b <= 'z'
              || b >= 'A' && b <= 'Z'
              || "-._~".indexOf(b) >= 0
              || keepReserved && "!#$&*+,/:;=?@[]".indexOf(b) >= 0
              || keepReserved && b == '%' && isEscape(bytes, i);
      if (plain) {
        sb.append((char) b);
      } else {
        sb.append(String.format(Locale.ROOT, "%%%02x", b));
      }
    }
    return sb.toString();
  }

  private static boolean isEscape(byte[] b, int i) {
    return i + 2 < b.length
        && Character.digit(b[i + 1], 16) >= 0
        && Character.digit(b[i + 2], 16) >= 0;
  }
}
