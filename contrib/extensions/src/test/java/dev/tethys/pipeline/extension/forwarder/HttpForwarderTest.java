package dev.tethys.pipeline.extension.forwarder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.config.ConfigException;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.testkit.Ports;
import dev.tethys.web.client.HttpClientFactory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Between the JDK's client and the JDK's server. */
class HttpForwarderTest {
  private final HttpClient http = HttpClient.newHttpClient();
  private final HttpClientFactory clients = new HttpClientFactory("test");
  private final List<String> seen = new CopyOnWriteArrayList<>();
  private HttpServer server;
  private HttpForwarderFactory.@Nullable Running running;

  @BeforeEach
  void begin() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        x -> {
          String body = new String(x.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          seen.add(
              x.getRequestMethod()
                  + " "
                  + x.getRequestURI()
                  + " "
                  + body
                  + " "
                  + x.getRequestHeaders().get("X-Own")
                  + " "
                  + x.getRequestHeaders().getFirst("Via")
                  + " "
                  + x.getRequestHeaders().getFirst("Host"));
          x.getResponseHeaders().add("Connection", "X-Hop");
          x.getResponseHeaders().add("X-Hop", "1");
          x.getResponseHeaders().add("X-Twice", "a");
          x.getResponseHeaders().add("X-Twice", "b");
          switch (x.getRequestURI().getPath()) {
            case "/gone" -> x.sendResponseHeaders(410, -1);
            case "/none" -> x.sendResponseHeaders(204, -1);
            default -> {
              ByteArrayOutputStream out = new ByteArrayOutputStream();
              try (GZIPOutputStream g = new GZIPOutputStream(out)) {
                g.write("answer".getBytes(StandardCharsets.UTF_8));
              }
              x.getResponseHeaders().set("Content-Encoding", "gzip");
              x.sendResponseHeaders(200, 0);
              x.getResponseBody().write(out.toByteArray());
            }
          }
          x.close();
        });
    server.start();
  }

  @AfterEach
  void end() {
    if (running != null) {
      running.stop(Duration.ZERO);
    }
    server.stop(0);
    http.close();
    clients.close();
  }

  private HttpForwarderFactory.Settings read(String yaml) {
    return TestPipeline.read(new HttpForwarderFactory(clients).settings(), yaml);
  }

  private String host() {
    return "127.0.0.1:" + server.getAddress().getPort();
  }

  private HttpForwarderFactory.Running start(String egress) throws IOException {
    return start(egress, null);
  }

  private HttpForwarderFactory.Running start(String egress, @Nullable ClientAuth auth)
      throws IOException {
    HttpForwarderFactory.Running r =
        new HttpForwarderFactory.Running(
            read(
                "ingress: {endpoint: '127.0.0.1:0', max_request_body_size: 10}\negress: " + egress),
            null,
            auth,
            clients,
            Scheduler.system());
    r.start();
    running = r;
    return r;
  }

  private <T> HttpResponse<T> ask(
      String method, String path, String body, HttpResponse.BodyHandler<T> as) throws Exception {
    return http.send(
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + Objects.requireNonNull(running).port() + path))
            .version(HttpClient.Version.HTTP_1_1)
            .header("X-Own", "mine")
            .method(
                method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
            .build(),
        as);
  }

  @Test
  void forwardsRequestsAndResponsesUnchanged() throws Exception {
    HttpForwarderFactory.Running r =
        start("{endpoint: 'http://%s/ignored', headers: {x-own: added}}".formatted(host()));
    HttpResponse<byte[]> a =
        ask("POST", "/v1/a%20b?q=1%2F2", "0123456789", BodyHandlers.ofByteArray());
    assertThat(a.statusCode()).isEqualTo(200);
    assertThat(a.headers().allValues("X-Twice")).containsExactly("a", "b");
    assertThat(a.headers().firstValue("Content-Encoding")).hasValue("gzip");
    assertThat(a.headers().firstValue("Via")).hasValue("HTTP/1.1 127.0.0.1:" + r.port());
    assertThat(
            new java.util.zip.GZIPInputStream(new java.io.ByteArrayInputStream(a.body()))
                .readAllBytes())
        .asString()
        .isEqualTo("answer");
    assertThat(ask("DELETE", "/gone", "", BodyHandlers.ofString()).statusCode()).isEqualTo(410);
    assertThat(ask("GET", "/none", "", BodyHandlers.ofString()).statusCode()).isEqualTo(204);
    assertThat(ask("HEAD", "/", "", BodyHandlers.ofString()).statusCode()).isEqualTo(200);
    String via = " [mine, added] HTTP/1.1 127.0.0.1:" + r.port() + " " + host();
    assertThat(seen)
        .containsExactly(
            "POST /v1/a%20b?q=1%2F2 0123456789" + via,
            "DELETE /gone " + via,
            "GET /none " + via,
            "HEAD / " + via);
    assertThat(ask("POST", "/", "01234567890", BodyHandlers.ofString()).statusCode())
        .as("max_request_body_size")
        .isEqualTo(413);
  }

  @Test
  void responds502ForAMissingServer() throws Exception {
    start("{endpoint: 'http://127.0.0.1:%d'}".formatted(Ports.free()));
    HttpResponse<String> a = ask("GET", "/", "", BodyHandlers.ofString());
    assertThat(a.statusCode()).isEqualTo(502);
    assertThat(a.body()).startsWith("not forwarded: ");
  }

  @Test
  void responds502WithoutAToken() throws Exception {
    start(
        "{endpoint: 'http://%s'}".formatted(host()),
        () -> {
          throw new IOException("no token");
        });
    HttpResponse<String> a = ask("GET", "/", "", BodyHandlers.ofString());
    assertThat(a.statusCode()).isEqualTo(502);
    assertThat(a.body()).contains("no token");
    assertThat(seen).isEmpty();
  }

  /** Sends a request as no client of the JDK writes it and returns its response. */
  private String raw(String line) throws IOException {
    int port = Objects.requireNonNull(running).port();
    try (Socket s = new Socket(InetAddress.getLoopbackAddress(), port)) {
      s.getOutputStream()
          .write(
              (line + " HTTP/1.1\r\nHost: a\r\nConnection: X-Own, close\r\nX-Own: mine\r\n\r\n")
                  .getBytes(StandardCharsets.UTF_8));
      return new String(s.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  @Test
  @Timeout(60)
  void escapesUnusualPathsAndDropsConnectionHeaders() throws Exception {
    start("{endpoint: 'http://%s'}".formatted(host()));
    assertThat(raw("GET /a|b{c}?q=<%zz>"))
        .startsWith("HTTP/1.1 200")
        .containsIgnoringCase("X-Twice: a")
        .doesNotContainIgnoringCase("X-Hop");
    assertThat(seen).containsExactly("GET /a%7Cb%7Bc%7D?q=%3C%25zz%3E  null HTTP/1.1 a " + host());
    assertThat(raw("GET /%zz")).startsWith("HTTP/1.1 400");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}| \"egress\" is required",
        "egress: {}| egress requires an endpoint",
        "egress: {endpoint: nowhere}| must be a URL",
      })
  void reportsInvalidSettings(String yaml, String message) {
    assertThatThrownBy(() -> read(yaml))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(message);
  }

  @Test
  void listensOnTheCollectorsDefaultPort() {
    assertThat(read("egress: {endpoint: 'http://a'}").in().endpoint()).isEqualTo("localhost:6060");
  }
}
