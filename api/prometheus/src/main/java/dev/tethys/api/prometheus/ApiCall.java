package dev.tethys.api.prometheus;

import dev.tethys.model.access.Scope;
import dev.tethys.query.promql.QueryOrigin;
import dev.tethys.query.promql.QueryPriority;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.RequestScope;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/** One request to the API and its response in the usual envelope. */
final class ApiCall {
  /** More warnings than this, and more infos, are only counted. */
  static final int MAX_ANNOTATIONS = 10;

  /** Typical time until some of the queries that cause an overload end. */
  private static final String RETRY_AFTER_SECONDS = "5";

  private final HttpRequest request;
  private final HttpResponse response;
  private final String userHeader;
  private final Parameters parameters;
  private Scope scope = Scope.DEFAULT;

  ApiCall(HttpRequest request, HttpResponse response, String userHeader) throws IOException {
    this.userHeader = userHeader;
    this.request = request;
    this.response = response;
    this.parameters = new Parameters(request.params());
  }

  /** An endpoint. Exceptions become error responses. */
  @FunctionalInterface
  interface Endpoint {
    void answer(ApiCall call) throws IOException;
  }

  /** Writes the field {@code data}. */
  @FunctionalInterface
  interface Data {
    void write(JsonOut out) throws IOException;
  }

  HttpRequest request() {
    return request;
  }

  /**
   * Resolves the scope, before an endpoint is called.
   *
   * @throws dev.tethys.web.HttpException 400 if the name of the tenant is not valid
   */
  void resolveScope() {
    scope = RequestScope.of(request);
  }

  /** Returns the data that the request may read. */
  Scope scope() {
    return scope;
  }

  /**
   * Returns the client and user, for fairness between users, lists of running queries and the query
   * log.
   */
  QueryOrigin origin() {
    return origin(request, scope, userHeader);
  }

  /** Returns the client and user of any request. */
  static QueryOrigin origin(HttpRequest request, Scope scope, String userHeader) {
    String client = request.remoteAddress().getAddress().getHostAddress();
    String user = scope.principal();
    if (user.isEmpty() && !userHeader.isEmpty()) {
      String named = request.header(userHeader);
      user = named == null ? "" : named;
    }
    return new QueryOrigin(
        user.isEmpty() ? client : user,
        client,
        request.method(),
        request.path(),
        QueryPriority.INTERACTIVE,
        scope);
  }

  HttpResponse response() {
    return response;
  }

  Parameters parameters() {
    return parameters;
  }

  /** Success without warnings. */
  void data(Data data) throws IOException {
    data(data, List.of(), List.of());
  }

  /** Sends a successful response. */
  void data(Data data, List<String> warnings, List<String> infos) throws IOException {
    JsonOut out = out();
    out.raw("{\"status\":\"success\",\"data\":");
    data.write(out);
    annotations(out, "warnings", "warning", warnings);
    annotations(out, "infos", "info", infos);
    out.put('}').finish();
  }

  private static void annotations(JsonOut out, String field, String kind, List<String> texts)
      throws IOException {
    if (texts.isEmpty()) {
      return;
    }
    out.next(field).put('[');
    int shown = Math.min(texts.size(), MAX_ANNOTATIONS);
    for (int i = 0; i < shown; i++) {
      out.sep(i == 0).string(texts.get(i));
    }
    if (texts.size() > shown) {
      out.put(',').string((texts.size() - shown) + " more " + kind + " annotations omitted");
    }
    out.put(']');
  }

  /** Success with nothing to say. */
  void nothing() throws IOException {
    response.status(204).send();
  }

  /** Sends an error response. */
  void error(ErrorType type, String message) throws IOException {
    if (type.status() == 503) {
      response.header("Retry-After", RETRY_AFTER_SECONDS);
    }
    response.errorStatus(type.status());
    JsonOut out = out();
    out.raw("{\"status\":\"error\",\"errorType\":\"").raw(type.text()).raw("\",\"error\":");
    out.string(message).put('}').finish();
  }

  private JsonOut out() {
    response.header("Content-Type", "application/json");
    return new JsonOut(
        new JsonOut.Sink() {
          @Override
          public void whole(byte[] body, int length) throws IOException {
            response.send(body, length);
          }

          @Override
          public OutputStream stream() throws IOException {
            return response.stream();
          }
        });
  }
}
