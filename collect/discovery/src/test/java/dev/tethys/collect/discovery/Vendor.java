package dev.tethys.collect.discovery;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tethys.web.client.ClientRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * Represents servers of the world: every call that a mechanism sends to any host arrives here,
 * where tests have set the response of each URL. A URL without a response is a 404.
 */
public final class Vendor implements AutoCloseable {
  private static final String URL_HEADER = "X-Original-Url";

  /** A call that came. */
  public record Request(String method, URI uri, Map<String, String> headers, String body) {
    public String header(String name) {
      return headers.getOrDefault(name, "");
    }
  }

  /** A response to give. */
  public record Response(int status, Map<String, String> headers, byte[] body) {
    public static Response json(String body) {
      return of(200, body).with("Content-Type", "application/json");
    }

    public static Response of(int status, String body) {
      return new Response(status, Map.of(), body.getBytes(StandardCharsets.UTF_8));
    }

    public Response with(String header, String value) {
      Map<String, String> h = new LinkedHashMap<>(headers);
      h.put(header, value);
      return new Response(status, h, body);
    }
  }

  /** Answers calls. */
  @FunctionalInterface
  public interface Handler {
    Response answer(Request request) throws Exception;
  }

  public final List<Request> requests = new CopyOnWriteArrayList<>();
  private final Map<String, Handler> handlers = new ConcurrentHashMap<>();
  private final HttpServer server;

  public Vendor() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::handle);
    server.start();
  }

  /**
   * Answers a method and URL, such as {@code GET https://api.example.org/v1/things}; one without a
   * query answers for every query that has no response itself.
   */
  public Vendor on(String methodAndUrl, Handler handler) {
    handlers.put(methodAndUrl, handler);
    return this;
  }

  public Vendor json(String methodAndUrl, String body) {
    return on(methodAndUrl, r -> Response.json(body));
  }

  public Vendor status(String methodAndUrl, int status, String body) {
    return on(methodAndUrl, r -> Response.of(status, body));
  }

  /** The server's own address. */
  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** Sends a call here instead of to its host. */
  ClientRequest route(ClientRequest call) {
    URI u = call.uri();
    String query = u.getRawQuery() == null ? "" : "?" + u.getRawQuery();
    ClientRequest here =
        new ClientRequest(
            call.method(),
            URI.create(url() + (u.getRawPath().isEmpty() ? "/" : u.getRawPath()) + query),
            call.headers(),
            call.body(),
            call.timeout(),
            call.unixSocket());
    return here.withHeader(URL_HEADER, u.toString());
  }

  private void handle(HttpExchange x) throws IOException {
    try (x) {
      Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
      x.getRequestHeaders().forEach((k, v) -> headers.put(k, v.getFirst()));
      String given = headers.remove(URL_HEADER);
      URI uri = given == null ? x.getRequestURI() : URI.create(given);
      Request r =
          new Request(
              x.getRequestMethod(),
              uri,
              headers,
              new String(x.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
      requests.add(r);
      Response answer;
      Handler h = find(r);
      try {
        answer = h == null ? Response.of(404, "nothing at " + uri) : h.answer(r);
      } catch (Exception | AssertionError e) {
        answer = Response.of(599, "the test failed: " + e);
      }
      answer.headers().forEach((k, v) -> x.getResponseHeaders().set(k, v));
      x.sendResponseHeaders(answer.status(), answer.body().length == 0 ? -1 : answer.body().length);
      if (answer.body().length > 0) {
        x.getResponseBody().write(answer.body());
      }
    }
  }

  private @Nullable Handler find(Request r) {
    String key = r.method() + " " + r.uri();
    Handler h = handlers.get(key);
    int query = key.indexOf('?');
    return h != null || query < 0 ? h : handlers.get(key.substring(0, query));
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
