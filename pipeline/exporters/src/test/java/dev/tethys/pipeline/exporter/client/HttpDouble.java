package dev.tethys.pipeline.exporter.client;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/** HTTP server that records requests and answers as configured; otherwise 204. */
public final class HttpDouble implements AutoCloseable {
  /** A request, its body with gzip undone. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Got(String method, String path, Headers headers, byte[] body) {
    public String text() {
      return new String(body, StandardCharsets.UTF_8);
    }

    public @Nullable String header(String name) {
      return headers.getFirst(name);
    }
  }

  private record Said(int status, String body) {}

  private record Rule(Predicate<Got> when, Said said) {}

  private final HttpServer server;
  private final List<Got> requests = new ArrayList<>();
  private final Deque<Said> answers = new ArrayDeque<>();
  private final List<Rule> rules = new ArrayList<>();
  private final Map<String, String> headers = new HashMap<>();
  private Said otherwise = new Said(204, "");

  public HttpDouble() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::handle);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
  }

  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  public synchronized List<Got> requests() {
    return List.copyOf(requests);
  }

  /** The response to one further request. */
  public synchronized void answer(int status, String body) {
    answers.add(new Said(status, body));
  }

  /** Sets the response to all other requests. */
  public synchronized void otherwise(int status, String body) {
    otherwise = new Said(status, body);
  }

  /** The response to some requests. */
  public synchronized void when(Predicate<Got> request, int status, String body) {
    rules.add(new Rule(request, new Said(status, body)));
  }

  /** A header of all responses from now on. */
  public synchronized void header(String name, String value) {
    headers.put(name, value);
  }

  private void handle(HttpExchange x) throws IOException {
    byte[] raw = x.getRequestBody().readAllBytes();
    if ("gzip".equals(x.getRequestHeaders().getFirst("Content-Encoding"))) {
      try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(raw))) {
        raw = in.readAllBytes();
      }
    }
    Got g = new Got(x.getRequestMethod(), x.getRequestURI().toString(), x.getRequestHeaders(), raw);
    Said said;
    synchronized (this) {
      requests.add(g);
      said = answers.poll();
      for (Rule r : rules) {
        said = said == null && r.when.test(g) ? r.said : said;
      }
      said = said == null ? otherwise : said;
    }
    synchronized (this) {
      headers.forEach(x.getResponseHeaders()::set);
    }
    byte[] b = said.body.getBytes(StandardCharsets.UTF_8);
    x.getResponseHeaders().set("Content-Type", "application/json");
    x.sendResponseHeaders(said.status, b.length == 0 ? -1 : b.length);
    x.getResponseBody().write(b);
    x.close();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
