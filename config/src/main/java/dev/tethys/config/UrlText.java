package dev.tethys.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * URLs in configurations. Go accepts some URLs that {@link URI} rejects, such as URLs with a space
 * or angle brackets in their path, and escapes these characters. They are therefore accepted here.
 * Non-ASCII characters are escaped, too, which {@link URI} does not do.
 */
public final class UrlText {
  /** Maximum port number. */
  public static final int MAX_PORT = 65_535;

  private static final Pattern ABSOLUTE =
      Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*.*", Pattern.DOTALL);
  private static final Pattern PARTS =
      Pattern.compile(
          "((?:[A-Za-z][A-Za-z0-9+.-]*:)?)((?://[^/?#]*)?)([^?#]*)(\\?[^#]*)?(#.*)?",
          Pattern.DOTALL);
  private static final String ESCAPE = "%(?![0-9A-Fa-f]{2})";
  private static final Pattern BAD_ESCAPE = Pattern.compile(ESCAPE + ".{0,2}");
  private static final Pattern LONE_PERCENT = Pattern.compile(ESCAPE);

  /** Characters accepted by Go in a user and password; RFC 3986 does not allow the {@code @}. */
  private static final Pattern USER_INFO = Pattern.compile("[A-Za-z0-9._:~!$&'()*+,;=%@-]*");

  private static final Pattern PORT = Pattern.compile(".*:([0-9]+)");
  private static final Pattern HTTP = Pattern.compile("(?i)https?://.*", Pattern.DOTALL);

  private UrlText() {}

  /**
   * Reads a URL.
   *
   * @throws URISyntaxException if Go would reject it too, or its port is invalid
   */
  public static URI read(String text) throws URISyntaxException {
    URI u;
    try {
      u = new URI(text);
      if (ABSOLUTE.matcher(text).matches()
          && (!isAscii(text) || text.indexOf('@') != text.lastIndexOf('@'))) {
        u = escaped(text);
      }
    } catch (URISyntaxException e) {
      if (!ABSOLUTE.matcher(text).matches() && text.chars().noneMatch(UrlText::isControl)) {
        throw e;
      }
      u = escaped(text);
    }
    checkPort(u, text);
    return u;
  }

  /**
   * Resolves a reference, such as the target of a redirect, against a URL (RFC 3986 section 5.2;
   * {@link URI#resolve} follows the older RFC 2396).
   *
   * @throws URISyntaxException if it leads nowhere
   */
  public static URI resolve(URI base, String reference) throws URISyntaxException {
    URI to = escaped(reference.strip());
    if (!to.isAbsolute() && to.getRawAuthority() == null) {
      String path = base.getRawPath() == null || base.getRawPath().isEmpty() ? "/" : "";
      URI from = path.isEmpty() ? base : new URI(server(base) + path);
      if (to.getRawPath().isEmpty()) {
        String query = to.getRawQuery() == null ? base.getRawQuery() : to.getRawQuery();
        to =
            new URI(
                server(from)
                    + from.getRawPath()
                    + (query == null ? "" : "?" + query)
                    + (to.getRawFragment() == null ? "" : "#" + to.getRawFragment()));
      } else {
        to = from.resolve(to);
      }
    } else {
      to = base.resolve(to);
    }
    checkPort(to, reference);
    return to;
  }

  private static String server(URI u) {
    return u.getScheme() + "://" + u.getRawAuthority();
  }

  private static boolean isAscii(String s) {
    return s.chars().allMatch(c -> c < 0x80);
  }

  private static boolean isControl(int c) {
    return c < ' ' || c == 0x7f;
  }

  private static void checkPort(URI u, String text) throws URISyntaxException {
    String authority = u.getRawAuthority();
    if (authority == null) {
      return;
    }
    String server = authority.substring(authority.lastIndexOf('@') + 1);
    if (u.getHost() == null && HTTP.matcher(u.toString()).matches()) {
      int colon = server.lastIndexOf(':');
      if (colon >= 0 && !server.substring(colon + 1).chars().allMatch(c -> c >= '0' && c <= '9')) {
        throw new URISyntaxException(
            text, "invalid port \"" + server.substring(colon) + "\" after host");
      }
    }
    Matcher m = PORT.matcher(server);
    if (m.matches() && (m.group(1).length() > 9 || Integer.parseInt(m.group(1)) > MAX_PORT)) {
      throw new URISyntaxException(
          text, "invalid port \":" + m.group(1) + "\" after host: they end with " + MAX_PORT);
    }
  }

  private static URI escaped(String text) throws URISyntaxException {
    if (text.chars().anyMatch(UrlText::isControl)) {
      throw new URISyntaxException(text, "invalid control character in URL");
    }
    Matcher m = PARTS.matcher(text);
    if (!m.matches()) {
      throw new URISyntaxException(text, "not a URL");
    }
    String authority = m.group(2);
    int at = authority.lastIndexOf('@');
    if (at >= 0) {
      String user = authority.substring(2, at);
      if (!USER_INFO.matcher(user).matches()) {
        throw new URISyntaxException(text, "invalid userinfo");
      }
      authority = "//" + user.replace("@", "%40") + authority.substring(at);
    }
    String fragment = m.group(5) == null ? "" : m.group(5);
    Matcher bad = BAD_ESCAPE.matcher(m.group(3) + fragment);
    if (bad.find()) {
      throw new URISyntaxException(text, "invalid URL escape \"" + bad.group() + "\"");
    }
    // Go does not validate a query; a lone % that it would send unchanged is accepted here, too.
    String query = m.group(4) == null ? "" : LONE_PERCENT.matcher(m.group(4)).replaceAll("%25");
    return new URI(
        m.group(1)
            + authority
            + escaped(m.group(3), " \"<>\\^`{|}[]")
            + escaped(query, " \"<>\\^`{|}")
            + (fragment.isEmpty() ? "" : "#" + escaped(fragment.substring(1), " \"<>\\^`{|}#")));
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
