package dev.tethys.web;

import java.net.URI;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Origins of web pages that may send requests which change something. The origin of the listener
 * itself always may.
 *
 * @param external the URL under which browsers reach the listener, null if none
 * @param cors origins that the operator named, null if none
 */
public record TrustedOrigins(@Nullable URI external, @Nullable Pattern cors) {
  /** No origin but the listener's own. */
  public static final TrustedOrigins OWN = new TrustedOrigins(null, null);

  private static final String ANY = ".*";

  /**
   * Origins of an external URL and of {@code --web.cors.origin}. The default {@code .*} of that
   * flag lets any page read responses, as in Prometheus, but lets none make changes.
   */
  public static TrustedOrigins of(@Nullable URI external, Pattern cors) {
    return new TrustedOrigins(external, cors.pattern().equals(ANY) ? null : cors);
  }

  /** Whether a page of this origin may make changes. */
  public boolean trusts(String origin) {
    return external != null && origin.equalsIgnoreCase(origin(external))
        || cors != null && cors.matcher(origin).matches();
  }

  /** Whether browsers reach the listener under this name of a host. */
  public boolean isExternalHost(String host) {
    return external != null && host.equalsIgnoreCase(external.getHost());
  }

  private static String origin(URI u) {
    String scheme = String.valueOf(u.getScheme()).toLowerCase(Locale.ROOT);
    String host = String.valueOf(u.getHost());
    boolean usual =
        u.getPort() < 0
            || u.getPort() == 80 && scheme.equals("http")
            || u.getPort() == 443 && scheme.equals("https");
    return scheme + "://" + host + (usual ? "" : ":" + u.getPort());
  }
}
