package dev.tethys.api.insight;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.access.Scope;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpHandler;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.RequestScope;
import java.io.IOException;

/** Response envelope, as in Prometheus's API. */
final class InsightAnswer {
  /** Writes the field {@code data}. */
  interface Data {
    void write(HttpRequest request, TextBuffer out) throws IOException;
  }

  private InsightAnswer() {}

  /** Returns a handler that responds with the data, or with the error if reading it fails. */
  static HttpHandler of(Data data) {
    return (request, response) -> {
      TextBuffer out = new TextBuffer();
      try {
        out.put("{\"status\":\"success\",\"data\":");
        data.write(request, out);
        out.put('}');
      } catch (HttpException e) {
        refuse(response, e);
        return;
      }
      response.send("application/json", out.take());
    };
  }

  private static void refuse(HttpResponse response, HttpException e) throws IOException {
    TextBuffer out = new TextBuffer();
    out.put("{\"status\":\"error\",\"errorType\":");
    out.json(
        switch (e.status()) {
          case 400, 413, 415 -> "bad_data";
          case 409 -> "conflict";
          case 404 -> "not_found";
          default -> "unavailable";
        });
    out.put(",\"error\":").json(String.valueOf(e.getMessage())).put('}');
    response.status(e.status()).send("application/json", out.take());
  }

  /**
   * Refuses tenants other than the default one, whose telemetry is not modelled.
   *
   * @param content name of the missing items, such as objectives
   */
  static void checkTenant(HttpRequest request, String content) {
    Scope scope = RequestScope.of(request);
    if (!scope.isDefaultTenant()) {
      throw new HttpException(
          404,
          "tenant " + scope.tenant() + " has no " + content + "; only the default tenant has them");
    }
  }
}
