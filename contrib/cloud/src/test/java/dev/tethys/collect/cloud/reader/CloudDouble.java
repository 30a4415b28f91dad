package dev.tethys.collect.cloud.reader;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Services of a cloud on loopback, with a clock that moves only when a reader pauses. */
public final class CloudDouble implements AutoCloseable {
  /** A request. */
  public record Request(
      String method, URI uri, Map<String, String> headers, String body, Map<String, String> form) {
    /** Parameter of a form; empty if absent. */
    public String parameter(String name) {
      return form.getOrDefault(name, "");
    }
  }

  /** An answer. */
  public record Answer(int status, String body, Map<String, String> headers) {
    public Answer(int status, String body) {
      this(status, body, Map.of());
    }
  }

  /** All requests in their order. */
  public final List<Request> requests = new CopyOnWriteArrayList<>();

  /** Pauses of the readers. */
  public final List<Duration> pauses = new CopyOnWriteArrayList<>();

  /** Time of the readers. */
  public volatile Instant now = Instant.parse("2026-12-01T10:00:00Z");

  /** Variables of the readers. */
  public final Map<String, String> environment = new TreeMap<>();

  private final HttpServer server;
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClientFactory clients = new HttpClientFactory("test");
  private volatile Function<Request, Answer> service;

  public CloudDouble(Function<Request, Answer> service) throws IOException {
    this.service = service;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::handle);
    server.setExecutor(executor);
    server.start();
  }

  /** Exchanges the service. */
  public void answer(Function<Request, Answer> other) {
    service = other;
  }

  /** URL of the service. */
  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** Context of readers. */
  public CloudContext context() {
    return new CloudContext(
        call -> clients.client(HttpClientConfig.DEFAULT).send(call),
        () -> now,
        environment::get,
        d -> {
          pauses.add(d);
          now = now.plus(d);
        },
        host -> host.startsWith("unknown") ? "" : "10.1.2.3");
  }

  private void handle(HttpExchange x) throws IOException {
    String body = new String(x.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    x.getRequestHeaders().forEach((k, v) -> headers.put(k, v.getFirst()));
    Map<String, String> form = new TreeMap<>();
    if (headers.getOrDefault("Content-Type", "").startsWith("application/x-www-form")) {
      for (String pair : body.split("&")) {
        String[] p = pair.split("=", 2);
        form.put(p[0], URLDecoder.decode(p[1], StandardCharsets.UTF_8));
      }
    }
    Request r = new Request(x.getRequestMethod(), x.getRequestURI(), headers, body, form);
    requests.add(r);
    Answer a = service.apply(r);
    a.headers().forEach((k, v) -> x.getResponseHeaders().set(k, v));
    byte[] bytes = a.body().getBytes(StandardCharsets.UTF_8);
    x.sendResponseHeaders(a.status(), bytes.length == 0 ? -1 : bytes.length);
    try (OutputStream out = x.getResponseBody()) {
      out.write(bytes);
    }
  }

  /** Text of a file beside a test. */
  public static String file(Class<?> test, String name) {
    try (InputStream in = Objects.requireNonNull(test.getResourceAsStream(name), name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Metrics as lines, such as {@code name{label="value"} 1.0}, with labels in their order. */
  public static List<String> lines(List<MetricFamily> families) {
    return families.stream()
        .flatMap(
            f ->
                f.metrics().stream()
                    .map(
                        m ->
                            f.name()
                                + text(m.labels())
                                + " "
                                + ((MetricFamily.Value) m.point()).value()))
        .toList();
  }

  private static String text(Labels labels) {
    StringBuilder b = new StringBuilder();
    labels
        .toMap()
        .forEach((k, v) -> b.append(b.isEmpty() ? "{" : ",").append(k + "=\"" + v + "\""));
    return b.isEmpty() ? "" : b + "}";
  }

  /** Value of the only metric whose line starts with a text; null if there is none. */
  public static @Nullable Double value(List<MetricFamily> families, String start) {
    List<String> found = lines(families).stream().filter(l -> l.startsWith(start)).toList();
    if (found.size() > 1) {
      throw new AssertionError(start + " is there " + found.size() + " times: " + found);
    }
    return found.isEmpty()
        ? null
        : Double.valueOf(found.getFirst().substring(found.getFirst().lastIndexOf(' ') + 1));
  }

  @Override
  public void close() {
    server.stop(0);
    clients.close();
    executor.close();
  }
}
