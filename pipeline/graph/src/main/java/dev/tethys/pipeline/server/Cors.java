package dev.tethys.pipeline.server;

import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Cross-origin rules of the Fetch standard: pages that may send requests.
 *
 * @param origins allowed origins, each with at most one {@code *}
 * @param headers allowed request headers in addition to the safelisted ones; {@code *} for any
 * @param exposed headers of responses that pages may read
 * @param maxAgeSeconds lifetime of a preflight result; 0 for the browser's default
 */
public record Cors(
    List<String> origins, List<String> headers, List<String> exposed, long maxAgeSeconds) {
  private static final List<String> USUAL =
      List.of("accept", "content-type", "x-requested-with", "origin");

  /** Header with the method that a page wants to use. */
  static final String METHOD = "Access-Control-Request-Method";

  /** Methods allowed to an allowed origin. */
  private static final List<String> METHODS = List.of("GET", "HEAD", "POST");

  private boolean allows(String origin) {
    String o = origin.toLowerCase(Locale.ROOT);
    for (String pattern : origins) {
      String p = pattern.toLowerCase(Locale.ROOT);
      int star = p.indexOf('*');
      if (star < 0
          ? p.equals(o)
          : o.length() >= p.length() - 1
              && o.startsWith(p.substring(0, star))
              && o.endsWith(p.substring(star + 1))) {
        return true;
      }
    }
    return false;
  }

  /** Adds headers to a response that determine whether the page may read it. */
  public void mark(HttpRequest request, HttpResponse response) {
    String origin = request.header("Origin");
    if (origin == null) {
      return;
    }
    response.addHeader("Vary", "Origin");
    if (allows(origin)) {
      response.header("Access-Control-Allow-Origin", origins.contains("*") ? "*" : origin);
      response.header("Access-Control-Allow-Credentials", "true");
      if (!exposed.isEmpty()) {
        response.header("Access-Control-Expose-Headers", String.join(", ", exposed));
      }
    }
  }

  /** Responds to a preflight request. */
  public void preflight(HttpRequest request, HttpResponse response) throws IOException {
    String origin = request.header("Origin");
    String method = request.header(METHOD);
    String wanted = request.header("Access-Control-Request-Headers");
    response.addHeader("Vary", "Origin");
    if (origin != null
        && allows(origin)
        && method != null
        && METHODS.contains(method)
        && allowsHeaders(wanted)) {
      response.header("Access-Control-Allow-Origin", origins.contains("*") ? "*" : origin);
      response.header("Access-Control-Allow-Credentials", "true");
      response.header("Access-Control-Allow-Methods", method);
      if (wanted != null && !wanted.isEmpty()) {
        response.header("Access-Control-Allow-Headers", wanted);
      }
      if (maxAgeSeconds > 0) {
        response.header("Access-Control-Max-Age", Long.toString(maxAgeSeconds));
      }
    }
    response.status(204).send();
  }

  private boolean allowsHeaders(@Nullable String wanted) {
    if (wanted == null || headers.contains("*")) {
      return true;
    }
    for (String w : wanted.split(",")) {
      String name = w.strip();
      if (!name.isEmpty()
          && !USUAL.contains(name.toLowerCase(Locale.ROOT))
          && headers.stream().noneMatch(h -> h.equalsIgnoreCase(name))) {
        return false;
      }
    }
    return true;
  }
}
