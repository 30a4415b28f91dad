package dev.tethys.web.internal;

import java.util.List;
import java.util.Map;

/**
 * Security headers of HTML pages. Scripts, styles and requests come from the same origin, and no
 * other origin may frame the page. Headers set by a handler or the web configuration win.
 */
final class PageHeaders {
  private static final String POLICY =
      "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:;"
          + " object-src 'none'; base-uri 'self'; form-action 'self'";

  private static final List<String> TYPE = List.of();

  private PageHeaders() {}

  /**
   * Adds them when the response is a page.
   *
   * @param headers headers by lower-case name
   */
  static void addTo(Map<String, List<String>> headers) {
    if (!isPage(headers.getOrDefault("content-type", TYPE))) {
      return;
    }
    // browsers ignore X-Frame-Options next to frame-ancestors, so an operator's must be alone
    boolean framed = headers.containsKey("x-frame-options");
    headers.putIfAbsent(
        "content-security-policy", List.of(framed ? POLICY : POLICY + "; frame-ancestors 'self'"));
    headers.putIfAbsent("x-frame-options", List.of("SAMEORIGIN"));
  }

  private static boolean isPage(List<String> types) {
    for (String type : types) {
      if (type.regionMatches(true, 0, "text/html", 0, 9)) {
        return true;
      }
    }
    return false;
  }
}
