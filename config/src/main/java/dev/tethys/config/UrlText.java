package dev.tethys.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * URLs as configurations have them. Go reads some that {@link URI} does not, such as those with a
 * space or angle brackets in their path, and sends them with these escaped: so they are read here.
 */
public final class UrlText {
  private static final Pattern PARTS =
      Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*://[^/?#]*)([^?#]*)(\\?[^#]*)?(#.*)?");
  private static final Pattern BAD_ESCAPE = Pattern.compile("%(?![0-9A-Fa-f]{2}).{0,2}");

  private UrlText() {}

  /**
   * Reads a URL.
   *
   * @throws URISyntaxException when Go would not take it either
   */
  public static URI read(String text) throws URISyntaxException {
    URI u;
    try {
      u = new URI(text);
    } catch (URISyntaxException e) {
      u = escaped(text, e);
    }
    String authority = u.getRawAuthority();
    if (u.getHost() == null
        && authority != null
        && text.toLowerCase(Locale.ROOT).startsWith("http")) {
      int colon = authority.lastIndexOf(':');
      if (colon > authority.lastIndexOf('@')
          && !authority.substring(colon + 1).chars().allMatch(c -> c >= '0' && c <= '9')) {
        throw new URISyntaxException(
            text, "invalid port \"" + authority.substring(colon) + "\" after host");
      }
    }
    return u;
  }

  private static URI escaped(String text, URISyntaxException why) throws URISyntaxException {
    if (text.chars().anyMatch(c -> c < ' ' || c == 0x7f)) {
      throw new URISyntaxException(text, "invalid control character in URL");
    }
    Matcher m = PARTS.matcher(text);
    if (!m.matches()) {
      throw why;
    }
    Matcher bad = BAD_ESCAPE.matcher(m.group(2));
    if (bad.find()) {
      throw new URISyntaxException(text, "invalid URL escape \"" + bad.group() + "\"");
    }
    return new URI(
        m.group(1)
            + escaped(m.group(2), " \"<>\\^`{|}[]")
            + (m.group(3) == null ? "" : escaped(m.group(3), " \"<>\\^`{|}"))
            + (m.group(4) == null ? "" : "#" + escaped(m.group(4).substring(1), " \"<>\\^`{|}#")));
  }

  private static String escaped(String s, String which) {
    StringBuilder sb = new StringBuilder();
    for (byte b : s.getBytes(StandardCharsets.UTF_8)) {
      if (b < 0 || which.indexOf(b) >= 0) {
        sb.append(String.format("%%%02X", b));
      } else {
        sb.append((char) b);
      }
    }
    return sb.toString();
  }
}
