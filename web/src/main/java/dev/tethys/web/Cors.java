package dev.tethys.web;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/** Lets browsers of other origins use the API, as {@code --web.cors.origin} says. */
public final class Cors {
  private static final String EVERYBODY = ".*";

  private final @Nullable Pattern origins;

  /**
   * @param regex RE2, anchored at both ends
   * @throws IllegalArgumentException when it is not valid
   */
  public Cors(String regex) {
    try {
      this.origins = regex.equals(EVERYBODY) ? null : Pattern.compile("^(?:" + regex + ")$");
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(
          "invalid CORS origin \"" + regex + "\": " + e.getMessage(), e);
    }
  }

  /** Sets the headers for the origin of a request; none when it has no origin. */
  public void set(HttpRequest request, HttpResponse response) {
    String origin = request.header("Origin");
    if (origins != null) {
      response.addHeader("Vary", "Origin");
    }
    if (origin == null || origins != null && !origins.matches(origin)) {
      return;
    }
    response
        .header("Access-Control-Allow-Headers", "Accept, Authorization, Content-Type, Origin")
        .header("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
        .header("Access-Control-Allow-Origin", origins == null ? "*" : origin)
        .header("Access-Control-Expose-Headers", "Date");
  }

  /** A handler with these headers. */
  public HttpHandler around(HttpHandler handler) {
    return (request, response) -> {
      set(request, response);
      handler.handle(request, response);
    };
  }
}
