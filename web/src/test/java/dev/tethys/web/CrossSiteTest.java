package dev.tethys.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Requests that pages of other sites make browsers send. */
class CrossSiteTest {
  private static final HttpHandler TAKEN = (q, r) -> r.send("taken");

  private static Routes routes() {
    return new Routes()
        .post("/-/reload", TAKEN)
        .put("/-/reload", TAKEN)
        .delete("/silence", TAKEN)
        .getOrPost("/query", TAKEN)
        .get("/save", TAKEN)
        .post("/save", TAKEN)
        .get("/reload", TAKEN)
        .changesByGet("/reload")
        .getOrPost("/restart", TAKEN)
        .changesByGet("/restart")
        .get("/page", (q, r) -> r.send("text/html", new byte[] {'x'}))
        .get(
            "/own",
            (q, r) ->
                r.header("Content-Security-Policy", "default-src *")
                    .send("text/html; charset=utf-8", new byte[] {'x'}));
  }

  private static String ask(HttpListener l, String request, String host, String headers)
      throws IOException {
    try (Socket s = new Socket(InetAddress.getLoopbackAddress(), l.port())) {
      String host1 = host.replace("{port}", String.valueOf(l.port()));
      s.getOutputStream()
          .write(
              (request
                      + " HTTP/1.1\r\nHost: "
                      + host1
                      + "\r\nConnection: close\r\nContent-Length: 0\r\n"
                      + headers.replace(";", "\r\n").replace("{port}", String.valueOf(l.port()))
                      + (headers.isEmpty() ? "" : "\r\n")
                      + "\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      return new String(s.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "POST /-/reload   | 200 | ''",
        "POST /-/reload   | 403 | Origin: http://evil.example",
        "POST /-/reload   | 403 | Origin: null",
        "POST /-/reload   | 403 | Sec-Fetch-Site: cross-site",
        "PUT /-/reload    | 403 | Sec-Fetch-Site: same-site;Origin: http://localhost:1",
        "DELETE /silence  | 403 | Origin: http://localhost:1",
        "POST /-/reload   | 403 | Origin: http://localhost:{port};Origin: http://evil.example",
        "POST /-/reload   | 403 | Sec-Fetch-Site: same-origin;Sec-Fetch-Site: cross-site",
        "POST /-/reload   | 200 | Origin: http://localhost:{port}",
        "POST /-/reload   | 200 | Sec-Fetch-Site: same-origin;Origin: http://localhost:5173",
        "POST /-/reload   | 200 | Sec-Fetch-Site: none",
        "POST /-/reload   | 200 | Origin: https://mon.example;X-Forwarded-Host: mon.example:443",
        "POST /-/reload   | 200 | Origin: https://prom.example/;Sec-Fetch-Site: same-origin",
        "POST /-/reload   | 200 | Origin: https://prom.example;Sec-Fetch-Site: cross-site",
        "POST /-/reload   | 200 | Origin: https://dash.example;Sec-Fetch-Site: cross-site",
        "GET /reload      | 403 | Sec-Fetch-Site: cross-site",
        "GET /reload      | 200 | ''",
        "GET /save        | 200 | Sec-Fetch-Site: cross-site",
        "POST /save       | 403 | Sec-Fetch-Site: cross-site",
        "GET /restart     | 403 | Sec-Fetch-Site: cross-site",
        "POST /restart    | 403 | Sec-Fetch-Site: cross-site",
        "POST /query      | 200 | Origin: http://evil.example;Sec-Fetch-Site: cross-site",
        "GET /query       | 200 | Origin: http://evil.example;Sec-Fetch-Site: cross-site",
      })
  void rejectsChangesFromForeignOrigins(String request, int status, String headers)
      throws Exception {
    TrustedOrigins trusted =
        TrustedOrigins.of(
            URI.create("https://prom.example/mon/"), Pattern.compile("https://dash\\.example"));
    try (HttpListener l =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0").withOrigins(trusted), routes(), null)) {
      assertThat(ask(l, request, "localhost:{port}", headers)).startsWith("HTTP/1.1 " + status);
    }
  }

  /** By default every page may read, none may change. */
  @Test
  void defaultCorsFlagTrustsNoOriginWithChanges() {
    TrustedOrigins t = TrustedOrigins.of(null, Pattern.compile(".*"));
    assertThat(t.trusts("http://evil.example")).isFalse();
  }

  @Test
  void telemetryReceiversAreOpen() throws Exception {
    try (HttpListener l =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0"), routes().openToAllOrigins(), null)) {
      assertThat(ask(l, "POST /-/reload", "evil.example", "Origin: http://evil.example"))
          .startsWith("HTTP/1.1 200");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "localhost:{port}, 200",
    "127.0.0.1:{port}, 200",
    "127.1.2.3, 200",
    "[::1]:{port}, 200",
    "a.localhost, 200",
    "prometheus:9090, 200",
    "prom.example, 200",
    "evil.example:{port}, 403",
    "127.0.0.1.evil.example, 403",
    "evil.example., 403",
    "[::1].evil.example, 403",
  })
  void aLoopbackListenerChecksTheHost(String host, int status) throws Exception {
    TrustedOrigins trusted = new TrustedOrigins(URI.create("http://prom.example:9090/"), null);
    try (HttpListener l =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0").withOrigins(trusted), routes(), null)) {
      assertThat(ask(l, "GET /query", host, "")).startsWith("HTTP/1.1 " + status);
    }
  }

  @Test
  void publicListenerAcceptsEveryHost() throws Exception {
    try (HttpListener l = HttpListener.start(HttpListenerOptions.on("0.0.0.0:0"), routes(), null)) {
      assertThat(ask(l, "GET /query", "prom.example", "")).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void configurationOverridesContentSecurityPolicy(@TempDir Path folder) throws Exception {
    try (HttpListener l =
        HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), routes(), null)) {
      assertThat(ask(l, "GET /page", "localhost", ""))
          .containsIgnoringCase("content-security-policy: default-src 'self';")
          .containsIgnoringCase("frame-ancestors 'self'")
          .containsIgnoringCase("x-frame-options: SAMEORIGIN")
          .containsIgnoringCase("x-content-type-options: nosniff");
      assertThat(ask(l, "GET /own", "localhost", ""))
          .containsIgnoringCase("content-security-policy: default-src *\r\n");
      assertThat(ask(l, "GET /query", "localhost", ""))
          .doesNotContainIgnoringCase("content-security-policy")
          .containsIgnoringCase("x-content-type-options: nosniff");
      assertThat(ask(l, "GET /none", "localhost", ""))
          .startsWith("HTTP/1.1 404")
          .containsIgnoringCase("x-content-type-options: nosniff");
    }
    Path web = folder.resolve("web.yml");
    Files.writeString(web, "http_server_config: {headers: {X-Frame-Options: deny}}");
    try (HttpListener l =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0").withWebConfigFile(web), routes(), null)) {
      assertThat(ask(l, "GET /page", "localhost", ""))
          .containsIgnoringCase("x-frame-options: deny")
          .doesNotContainIgnoringCase("SAMEORIGIN")
          .doesNotContainIgnoringCase("frame-ancestors");
    }
  }
}
