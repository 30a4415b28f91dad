package dev.tethys.tools;

import dev.tethys.model.GoFloat;
import dev.tethys.store.archive.Json;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The HTTP API of a server from a client's view. Errors are those of Prometheus's Go client. */
final class ServerApi implements AutoCloseable {
  /** Query timeout. */
  private static final Duration TIMEOUT = Duration.ofMinutes(2);

  private final HttpAccess access;

  ServerApi(HttpAccess access) {
    this.access = access;
  }

  /** Thrown if the server rejects a request or is not a server of the expected kind. */
  static final class ApiException extends IOException {
    private static final long serialVersionUID = 1L;

    ApiException(String type, String message, String detail) {
      super(type + ": " + message + (detail.isEmpty() ? "" : " (detail: " + detail + ")"));
    }
  }

  /** A parameter. */
  record Parameter(String name, String value) {
    static Parameter of(String name, Instant time) {
      return new Parameter(name, GoFloat.f(time.toEpochMilli() / 1000.0));
    }
  }

  /** Returns the base URL of the server. */
  java.net.URI base() {
    return access.base();
  }

  /**
   * Returns the result of an instant query: an object with {@code resultType} and {@code result}.
   */
  Map<String, @Nullable Object> query(String expr, Instant time) throws IOException {
    return Json.asObject(
        post("/api/v1/query", List.of(new Parameter("query", expr), Parameter.of("time", time))));
  }

  /** Posts a form; falls back to GET where the server requires that. */
  @Nullable Object post(String path, List<Parameter> parameters) throws IOException {
    return post(path, Map.of(), parameters);
  }

  /** Variant with additional headers. */
  @Nullable Object post(String path, Map<String, String> headers, List<Parameter> parameters)
      throws IOException {
    String form = form(parameters);
    Map<String, String> all = new LinkedHashMap<>(headers);
    all.put("Content-Type", "application/x-www-form-urlencoded");
    HttpAccess.Reply r =
        access.send("POST", path, form.getBytes(StandardCharsets.UTF_8), all, TIMEOUT);
    return r.status() == 405 || r.status() == 501 ? get(path, parameters) : data(r);
  }

  @Nullable Object get(String path, List<Parameter> parameters) throws IOException {
    String form = form(parameters);
    return data(access.get(form.isEmpty() ? path : path + "?" + form, TIMEOUT));
  }

  /** Returns the JSON object of a response without an envelope, as in Tempo's API. */
  Map<String, @Nullable Object> object(String path, Map<String, String> headers)
      throws IOException {
    HttpAccess.Reply r = access.send("GET", path, null, headers, TIMEOUT);
    if (r.status() / 100 != 2) {
      throw new ApiException("bad_response", r.statusText(), r.text().strip());
    }
    try {
      return Json.object(r.body());
    } catch (IllegalArgumentException e) {
      throw new ApiException("bad_response", String.valueOf(e.getMessage()), "");
    }
  }

  /** Parameters as a query string or a form. */
  static String form(List<Parameter> parameters) {
    return String.join(
        "&", parameters.stream().map(p -> encoded(p.name()) + "=" + encoded(p.value())).toList());
  }

  /** Encodes a text as part of a URL. */
  static String encoded(String s) {
    return URLEncoder.encode(s, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private static @Nullable Object data(HttpAccess.Reply r) throws IOException {
    boolean refused = r.status() == 400 || r.status() == 422;
    if (!refused && r.status() / 100 != 2) {
      String kind = r.status() / 100 == 4 ? "client" : r.status() / 100 == 5 ? "server" : "";
      throw kind.isEmpty()
          ? new ApiException("bad_response", "bad response code " + r.status(), r.text().strip())
          : new ApiException(kind + "_error", kind + " error: " + r.status(), r.text().strip());
    }
    Map<String, @Nullable Object> m;
    try {
      m = Json.object(r.body());
    } catch (IllegalArgumentException e) {
      throw new ApiException("bad_response", String.valueOf(e.getMessage()), "");
    }
    if ("error".equals(m.get("status"))) {
      throw new ApiException(Json.text(m, "errorType"), Json.text(m, "error"), "");
    }
    return m.get("data");
  }

  @Override
  public void close() {
    access.close();
  }
}
