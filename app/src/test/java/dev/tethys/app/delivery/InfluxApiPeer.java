package dev.tethys.app.delivery;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * The HTTP API of InfluxDB 2 or 3 before a real InfluxDB 1, which keeps what is written and answers
 * InfluxQL: who may ask, paths, parameters, words for precision and bodies of errors are those of
 * docs.influxdata.com (version 2: "InfluxDB v2 API", {@code POST /api/v2/write}, "InfluxDB v1
 * compatibility API"; version 3: {@code POST /api/v3/write_lp}, "v1 compatibility", {@code GET
 * /query}). What is not of them is answered with 404.
 */
final class InfluxApiPeer implements Peer {
  private static final String TOKEN = "a-token";
  private static final String FORM = "application/x-www-form-urlencoded";
  private static final Map<String, String> PRECISIONS_OF_TWO =
      Map.of("ms", "ms", "s", "s", "us", "u", "ns", "n");
  private static final Map<String, String> PRECISIONS_OF_THREE =
      Map.of("millisecond", "ms", "second", "s", "microsecond", "u", "nanosecond", "n");

  private final boolean third;
  private final InfluxPeer keeper;
  private final HttpIntake front;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /**
   * Starts both.
   *
   * @param third whether it is version 3
   */
  InfluxApiPeer(Path folder, boolean third) throws Exception {
    this.third = third;
    keeper = new InfluxPeer(folder);
    front = new HttpIntake("", this::judge);
  }

  private static Map<String, String> parameters(HttpExchange x) {
    Map<String, String> out = new HashMap<>();
    String query = x.getRequestURI().getRawQuery();
    for (String pair : query == null ? new String[0] : query.split("&")) {
      int is = pair.indexOf('=');
      out.put(
          pair.substring(0, is), URLDecoder.decode(pair.substring(is + 1), StandardCharsets.UTF_8));
    }
    return out;
  }

  private HttpIntake.Reply judge(HttpExchange x, byte[] body) throws IOException {
    String path = x.getRequestURI().getPath();
    if (!third && path.equals("/ping")) { // version 3 requires a token, too
      return new HttpIntake.Reply(204, "");
    }
    String who = x.getRequestHeaders().getFirst("Authorization");
    boolean known = ("Token " + TOKEN).equals(who) || third && ("Bearer " + TOKEN).equals(who);
    if (!known) {
      return error(401, "unauthorized", "unauthorized access");
    }
    Map<String, String> p = parameters(x);
    return switch (path) {
      case "/ping" -> new HttpIntake.Reply(200, "{\"version\":\"3.4.0\"}");
      case "/query" -> keep(path, String.valueOf(x.getRequestURI().getRawQuery()), FORM, body);
      case "/api/v2/buckets" ->
          third
              ? none()
              : new HttpIntake.Reply(200, "{\"buckets\":[{\"name\":\"" + p.get("name") + "\"}]}");
      case "/api/v2/write" -> third ? none() : second(p, body);
      case "/api/v3/write_lp" -> third ? third(p, body) : none();
      default -> none();
    };
  }

  private static HttpIntake.Reply none() {
    return error(404, "not found", "path not found");
  }

  private static HttpIntake.Reply error(int status, String code, String message) {
    return new HttpIntake.Reply(
        status, "{\"code\":\"" + code + "\",\"message\":\"" + message + "\"}");
  }

  private HttpIntake.Reply second(Map<String, String> p, byte[] body) throws IOException {
    String precision = PRECISIONS_OF_TWO.get(p.getOrDefault("precision", "ns"));
    if (precision == null) {
      return error(
          400, "invalid", "invalid precision; valid precision units are ns, us, ms, and s");
    }
    if (!"ours".equals(p.get("org"))) {
      return error(404, "not found", "organization name not found");
    }
    HttpIntake.Reply r = write(p.getOrDefault("bucket", ""), precision, body);
    return r.isTaken()
        ? r
        : r.status() == 404
            ? error(404, "not found", "bucket not found")
            : error(r.status(), "invalid", "failed to parse lines");
  }

  private HttpIntake.Reply third(Map<String, String> p, byte[] body) throws IOException {
    String precision = PRECISIONS_OF_THREE.get(p.getOrDefault("precision", ""));
    if (precision == null) {
      return new HttpIntake.Reply(400, "{\"error\":\"invalid precision\"}");
    }
    HttpIntake.Reply r = write(p.getOrDefault("db", ""), precision, body);
    return r.isTaken() ? r : new HttpIntake.Reply(r.status(), "{\"error\":\"write failed\"}");
  }

  private HttpIntake.Reply write(String database, String precision, byte[] body)
      throws IOException {
    String query =
        "db=" + URLEncoder.encode(database, StandardCharsets.UTF_8) + "&precision=" + precision;
    return keep("/write", query, "text/plain; charset=utf-8", body);
  }

  private HttpIntake.Reply keep(String path, String query, String type, byte[] body)
      throws IOException {
    try {
      HttpResponse<String> r =
          http.send(
              HttpRequest.newBuilder(
                      URI.create("http://127.0.0.1:" + keeper.port() + path + "?" + query))
                  .header("Content-Type", type)
                  .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      return new HttpIntake.Reply(r.statusCode(), r.body());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  @Override
  public int port() {
    return front.port();
  }

  @Override
  public String exporter() {
    return "influxdb";
  }

  @Override
  public String exporterKeys(int at) {
    return exporterKeys(at, "far");
  }

  @Override
  public String exporterKeys(int at, String name) {
    return "endpoint: 'http://127.0.0.1:"
        + at
        + "', token: "
        + TOKEN
        + (third ? ", v3: {database: '" + name + "'}" : ", org: ours, bucket: '" + name + "'");
  }

  @Override
  public String store(int at) {
    return store(at, "far");
  }

  @Override
  public String store(int at, String name) {
    return "{name: "
        + name
        + ", type: influxdb, url: 'http://127.0.0.1:"
        + at
        + "', database: "
        + name
        + ", authorization: {type: "
        + (third ? "Bearer" : "Token")
        + ", credentials: "
        + TOKEN
        + "}}";
  }

  @Override
  public void make(String name) throws Exception {
    keeper.make(name);
  }

  @Override
  public void read(Found into) throws Exception {
    keeper.read(into);
  }

  @Override
  public boolean killAndRestart() throws Exception {
    keeper.killAndRestart();
    front.restart();
    return true;
  }

  @Override
  public void close() throws IOException {
    front.close();
    http.close();
    keeper.close();
  }
}
