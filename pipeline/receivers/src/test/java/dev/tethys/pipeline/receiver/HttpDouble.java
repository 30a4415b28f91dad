package dev.tethys.pipeline.receiver;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/** Server that answers each path as configured and records requests. */
public final class HttpDouble implements AutoCloseable {
  private record Said(int status, String body) {}

  /** Received requests: path, query, and the Authorization header if present. */
  public final List<String> requests = new CopyOnWriteArrayList<>();

  private final Map<String, Said> answers = new ConcurrentHashMap<>();
  private final HttpServer server;
  private final @Nullable SSLContext tls;

  /** Plain HTTP. */
  public HttpDouble() throws IOException {
    this(null, 0);
  }

  /**
   * @param tls its certificate and trusted clients, which must present a certificate or a token;
   *     null for plain HTTP
   * @param port 0 for any
   */
  public HttpDouble(@Nullable SSLContext tls, int port) throws IOException {
    this.tls = tls;
    InetSocketAddress at = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    if (tls == null) {
      server = HttpServer.create(at, 0);
    } else {
      HttpsServer s = HttpsServer.create(at, 0);
      s.setHttpsConfigurator(
          new HttpsConfigurator(tls) {
            @Override
            public void configure(HttpsParameters p) {
              SSLParameters wanted = tls.getDefaultSSLParameters();
              wanted.setWantClientAuth(true);
              p.setSSLParameters(wanted);
            }
          });
      server = s;
    }
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::handle);
    server.start();
  }

  public int port() {
    return server.getAddress().getPort();
  }

  public String url() {
    return (tls == null ? "http" : "https") + "://127.0.0.1:" + port();
  }

  /** Answers a path from now on, with its query where that matters. */
  public void answer(String path, String json) {
    answer(path, 200, json);
  }

  /** The same with another status; 0 for no response. */
  public void answer(String path, int status, String body) {
    answers.put(path, new Said(status, body));
  }

  private void handle(HttpExchange x) throws IOException {
    try (x) {
      String asked = x.getRequestURI().toString();
      String who = x.getRequestHeaders().getFirst("Authorization");
      requests.add(asked + (who == null ? "" : " " + who));
      Said said = answers.get(asked);
      if (said == null) {
        said = answers.get(x.getRequestURI().getPath());
      }
      if (said == null) {
        said = new Said(404, "404 page not found");
      }
      if (said.status == 0) {
        Thread.sleep(60_000);
        return;
      }
      byte[] b = said.body.getBytes(StandardCharsets.UTF_8);
      x.sendResponseHeaders(said.status, b.length == 0 ? -1 : b.length);
      x.getResponseBody().write(b);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
