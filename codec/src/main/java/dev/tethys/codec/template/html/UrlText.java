package dev.tethys.codec.template.html;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Partially written URL in an attribute value. */
final class UrlText {
  private boolean begun;
  private boolean query;

  /** Text of the template's own. */
  void take(String s) {
    s.chars().forEach(c -> take((char) c));
  }

  /** Processes one character of template text. */
  void take(char c) {
    if (c == '?' || c == '#') {
      query = true;
    }
    if (c != ' ' && c != '\t' && c != '\n' && c != '\r') {
      begun = true;
    }
  }

  /** Escapes a value, so that it stays within its part of the URL. */
  String value(@Nullable Object value, String s) {
    if (value instanceof SafeText t && t.kind() == SafeText.Kind.URL) {
      return encoded(s, true);
    }
    if (query) {
      return value instanceof QueryText ? s : encoded(s, false);
    }
    return begun || isHarmless(s) ? encoded(s, true) : "#" + HtmlText.REFUSED;
  }

  /** A value in a string that may be a URL, and is written as strings are there. */
  String inString(@Nullable Object value, String s, UnaryOperator<String> string) {
    if (query) {
      return encoded(s, false);
    }
    return string.apply(begun || isHarmless(s) ? s : "#" + HtmlText.REFUSED);
  }

  /** A value in a list of images (srcset), each with its URL and its descriptor. */
  static String images(@Nullable Object value, String s) {
    if (value instanceof SafeText t && t.kind() == SafeText.Kind.URL) {
      return encoded(s, true).replace(",", "%2c");
    }
    return Arrays.stream(s.split(",", -1)).map(UrlText::image).collect(Collectors.joining(","));
  }

  private static String image(String s) {
    String begun = s.replaceFirst("^[ \\t\\n\\f\\r]+", "");
    int end = 0;
    while (end < begun.length() && " \t\n\f\r".indexOf(begun.charAt(end)) < 0) {
      end++;
    }
    String uri = begun.substring(0, end);
    String rest = begun.substring(uri.length());
    return isHarmless(uri) && rest.matches("[ \\t\\n\\f\\ra-zA-Z0-9]*")
        ? s.substring(0, s.length() - begun.length()) + encoded(uri, true) + rest
        : "#" + HtmlText.REFUSED;
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
