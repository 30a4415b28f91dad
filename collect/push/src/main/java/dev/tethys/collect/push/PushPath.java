package dev.tethys.collect.push;

import dev.tethys.model.GoQuote;
import dev.tethys.model.NameScheme;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The grouping key in a path: {@code JOB{/LABEL[@base64]/VALUE}}. Error messages are Pushgateway's.
 */
final class PushPath {
  private static final String BASE64 = "@base64";

  private PushPath() {}

  /**
   * Reads a decoded path after {@code /metrics/job/}.
   *
   * @param encodedJob whether the path started with {@code job@base64}
   * @throws PushException if the path is not a valid grouping key
   */
  static SortedMap<String, String> key(String path, boolean encodedJob, NameScheme names)
      throws PushException {
    int slash = path.indexOf('/');
    String job = slash < 0 ? path : path.substring(0, slash);
    if (encodedJob) {
      try {
        job = decoded(job);
      } catch (BadBase64Exception e) {
        throw new PushException(
            "invalid base64 encoding in job name "
                + GoQuote.quote(e.soFar)
                + ": "
                + e.getMessage());
      }
    }
    String rest = slash < 0 ? "" : path.substring(slash);
    TreeMap<String, String> out = new TreeMap<>();
    if (rest.length() > 1) {
      String[] parts = rest.substring(1).split("/", -1);
      if (parts.length % 2 != 0) {
        throw new PushException("odd number of components in label string " + GoQuote.quote(rest));
      }
      for (int i = 0; i < parts.length; i += 2) {
        label(parts[i], parts[i + 1], names, out);
      }
    }
    if (job.isEmpty()) {
      throw new PushException("job name is required");
    }
    out.put("job", job);
    return out;
  }

  private static void label(
      String written, String value, NameScheme names, SortedMap<String, String> to)
      throws PushException {
    boolean encoded = written.endsWith(BASE64);
    String trimmed = encoded ? written.substring(0, written.length() - BASE64.length()) : written;
    String name = names == NameScheme.UTF8 ? unescaped(trimmed) : trimmed;
    if (!names.isValidLabelName(name) || trimmed.startsWith("__")) {
      throw new PushException("improper label name " + GoQuote.quote(trimmed));
    }
    try {
      to.put(name, encoded ? decoded(value) : value);
    } catch (BadBase64Exception e) {
      throw new PushException(
          "invalid base64 encoding for label "
              + trimmed
              + "="
              + GoQuote.quote(value)
              + ": "
              + e.getMessage());
    }
  }

  private static final class BadBase64Exception extends Exception {
    private static final long serialVersionUID = 1L;
    private final String soFar;

    BadBase64Exception(String soFar, int at) {
      super("illegal base64 data at input byte " + at);
      this.soFar = soFar;
    }
  }

  /** Base 64 of the alphabet for URLs, with padding or without. */
  private static String decoded(String text) throws BadBase64Exception {
    int n = text.length();
    while (n > 0 && text.charAt(n - 1) == '=') {
      n--;
    }
    String s = text.substring(0, n);
    for (int i = 0; i < n; i++) {
      char c = s.charAt(i);
      boolean good =
          c >= 'A' && c <= 'Z'
              || c >= 'a' && c <= 'z'
              || c >= '0' && c <= '9'
              || c == '-'
              || c == '_';
      if (!good) {
        throw new BadBase64Exception(bytes(s.substring(0, i / 4 * 4)), i);
      }
    }
    if (n % 4 == 1) {
      throw new BadBase64Exception(bytes(s.substring(0, n - 1)), n - 1);
    }
    return bytes(s);
  }

  private static String bytes(String good) {
    return new String(Base64.getUrlDecoder().decode(good), StandardCharsets.UTF_8);
  }

  /** A name escaped by values, {@code U__a_2e_b} for {@code a.b}; others are themselves. */
  static String unescaped(String name) {
    if (!name.startsWith("U__")) {
      return name;
    }
    StringBuilder sb = new StringBuilder();
    for (int i = 3; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c != '_') {
        sb.append(c);
        continue;
      }
      if (i + 1 < name.length() && name.charAt(i + 1) == '_') {
        sb.append('_');
        i++;
        continue;
      }
      int end = name.indexOf('_', i + 1);
      if (end < 0 || end - i > 7) {
        return name;
      }
      try {
        int code = Integer.parseInt(name.substring(i + 1, end), 16);
        if (!Character.isValidCodePoint(code) || code >= 0xd800 && code < 0xe000) {
          return name;
        }
        sb.appendCodePoint(code);
      } catch (NumberFormatException e) {
        return name;
      }
      i = end;
    }
    return sb.toString();
  }
}
