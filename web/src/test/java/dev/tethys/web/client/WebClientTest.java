package dev.tethys.web.client;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.YamlDocument;
import dev.tethys.testkit.TestCertificates;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
@Tag("slow")
class WebClientTest {
  @TempDir Path dir;
  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.ofEpochSecond(1_000_000));
  private final HttpClientFactory factory =
      new HttpClientFactory("Tethys/test", now::get, k -> null);
  private final List<AutoCloseable> open = new java.util.concurrent.CopyOnWriteArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable c : open) {
      c.close();
    }
    factory.close();
  }

  private HttpListener serve(Routes routes) throws IOException {
    HttpListener l =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0").withStopGrace(Duration.ofMillis(100)),
            routes,
            null);
    open.add(l);
    return l;
  }

  private static URI url(HttpListener l, String path) {
    return URI.create("http://127.0.0.1:" + l.port() + path);
  }

  private WebClient client(String yaml) throws IOException {
    return factory.client(
        HttpClientConfig.TYPE.read(YamlDocument.parse("c.yml", dir, yaml).root()));
  }

  private static String text(WebClient c, ClientRequest call) throws Exception {
    try (ClientResponse a = c.send(call)) {
      return new String(a.bytes(1 << 20), UTF_8);
    }
  }

  private static Routes showing(String... headers) {
    return new Routes()
        .get(
            "/",
            (q, r) -> {
              List<String> out = new ArrayList<>();
              for (String h : headers) {
                out.add(q.headers(h).toString());
              }
              r.send(String.join(" ", out));
            });
  }

  private static String basic(String userAndPassword) {
    return "Basic " + Base64.getEncoder().encodeToString(userAndPassword.getBytes(UTF_8));
  }

  @Test
  void rereadsCredentialFilesForEveryCall() throws Exception {
    HttpListener l = serve(showing("Authorization"));
    Files.writeString(dir.resolve("pw"), "one\n");
    WebClient c = client("basic_auth: {username: me, password_file: pw}");
    assertThat(text(c, ClientRequest.get(url(l, "/")))).isEqualTo("[" + basic("me:one") + "]");
    Files.writeString(dir.resolve("pw"), "two\n");
    assertThat(text(c, ClientRequest.get(url(l, "/")))).isEqualTo("[" + basic("me:two") + "]");
    Files.delete(dir.resolve("pw"));
    assertThatThrownBy(() -> c.send(ClientRequest.get(url(l, "/"))))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("unable to read basic auth password file")
        .hasMessageContaining("no such file");
    Files.writeString(dir.resolve("token"), " abc ");
    assertThat(
            text(
                client("authorization: {credentials_file: token}"), ClientRequest.get(url(l, "/"))))
        .isEqualTo("[Bearer abc]");
    assertThat(
            text(
                client("authorization: {type: Key, credentials: x}"),
                ClientRequest.get(url(l, "/"))))
        .isEqualTo("[Key x]");
  }

  @Test
  void sendsConfiguredHeadersAndItsName() throws Exception {
    HttpListener l = serve(showing("X-A", "User-Agent", "Upgrade"));
    Files.writeString(dir.resolve("h"), "filed\n");
    WebClient c = client("http_headers: {x-a: {values: [open], secrets: [hidden], files: [h]}}");
    assertThat(text(c, ClientRequest.get(url(l, "/"))))
        .isEqualTo("[open, hidden, filed] [Tethys/test] []");
    assertThat(text(c, ClientRequest.get(url(l, "/")).withHeader("User-Agent", "own")))
        .contains("[own]");
  }

  @Test
  void doesNotForwardCredentialsToAnotherServer() throws Exception {
    HttpListener other = serve(showing("Authorization", "X-Secret", "X-Plain"));
    HttpListener l =
        serve(
            showing("Authorization", "X-Secret", "X-Plain")
                .get("/same", (q, r) -> r.redirect(302, "/"))
                .get("/other", (q, r) -> r.redirect(302, url(other, "/").toString()))
                .get("/loop", (q, r) -> r.redirect(307, "/loop")));
    WebClient c =
        client(
            """
            authorization: {credentials: s}
            http_headers: {x-secret: {secrets: [t]}}
            """);
    ClientRequest same = ClientRequest.get(url(l, "/same")).withHeader("X-Plain", "p");
    assertThat(text(c, same)).isEqualTo("[Bearer s] [t] [p]");
    ClientRequest there = ClientRequest.get(url(l, "/other")).withHeader("X-Plain", "p");
    assertThat(text(c, there)).isEqualTo("[] [] [p]");
    assertThatThrownBy(() -> c.send(ClientRequest.get(url(l, "/loop"))))
        .hasMessageContaining("stopped after 10 redirects");
    try (ClientResponse a =
        client("follow_redirects: false").send(ClientRequest.get(url(l, "/same")))) {
      assertThat(a.status()).isEqualTo(302);
    }
  }

  @Test
  void turnsPostIntoGetOnlyForStatus303() throws Exception {
    HttpListener l =
        serve(
            new Routes()
                .any("/end", (q, r) -> r.send(q.method() + new String(q.bodyBytes(100), UTF_8)))
                .post("/303", (q, r) -> r.redirect(303, "/end"))
                .post("/307", (q, r) -> r.redirect(307, "/end")));
    WebClient c = client("{}");
    assertThat(text(c, ClientRequest.post(url(l, "/303"), "text/plain", "x".getBytes(UTF_8))))
        .isEqualTo("GET");
    assertThat(text(c, ClientRequest.post(url(l, "/307"), "text/plain", "x".getBytes(UTF_8))))
        .isEqualTo("POSTx");
  }

  @Test
  void timeoutAppliesToTheBody() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    HttpListener l =
        serve(
            new Routes()
                .get("/never", (q, r) -> go.await(30, TimeUnit.SECONDS))
                .get(
                    "/drip",
                    (q, r) -> {
                      OutputStream out = r.stream();
                      out.write(1);
                      out.flush();
                      go.await(30, TimeUnit.SECONDS);
                    }));
    WebClient c = client("{}");
    Duration soon = Duration.ofMillis(300);
    assertThatThrownBy(() -> c.send(ClientRequest.get(url(l, "/never")).withTimeout(soon)))
        .hasMessage("Get \"" + url(l, "/never") + "\": context deadline exceeded");
    try (ClientResponse a = c.send(ClientRequest.get(url(l, "/drip")).withTimeout(soon))) {
      assertThatThrownBy(() -> a.bytes(100)).hasMessage("context deadline exceeded");
    }
    go.countDown();
  }

  @Test
  void describesErrors() throws Exception {
    int free;
    try (ServerSocket s = new ServerSocket(0)) {
      free = s.getLocalPort();
    }
    WebClient c = client("{}");
    assertThatThrownBy(
            () -> c.send(ClientRequest.get(URI.create("http://127.0.0.1:" + free + "/m"))))
        .hasMessage("Get \"http://127.0.0.1:" + free + "/m\": connect: connection refused");
    assertThatThrownBy(() -> c.send(ClientRequest.get(URI.create("http://no-such-host.invalid/"))))
        .hasMessageContaining("no such host");
    assertThatThrownBy(() -> c.send(ClientRequest.get(URI.create("ftp://u:p@x/"))))
        .hasMessageContaining("unsupported protocol scheme \"ftp\"")
        .hasMessageNotContaining("u:p");
  }

  @Test
  void decompressesGzipWithinItsLimit() throws Exception {
    byte[] bomb = new byte[5_000_000];
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (OutputStream o = new GZIPOutputStream(packed)) {
      o.write(bomb);
    }
    HttpListener l =
        serve(
            new Routes()
                .get("/", (q, r) -> r.header("Content-Encoding", "gzip").send(packed.toByteArray()))
                .get("/odd", (q, r) -> r.header("Content-Encoding", "rot13").send("x")));
    WebClient c = client("{}");
    try (ClientResponse a = c.send(ClientRequest.get(url(l, "/")))) {
      assertThat(a.bytes(5_000_000)).hasSize(5_000_000);
    }
    try (ClientResponse a = c.send(ClientRequest.get(url(l, "/")))) {
      assertThatThrownBy(() -> a.bytes(4_999_999))
          .isInstanceOf(ClientResponse.TooLargeException.class);
    }
    try (ClientResponse a = c.send(ClientRequest.get(url(l, "/")))) {
      assertThat(a.body().readAllBytes()).isEqualTo(packed.toByteArray());
    }
    try (ClientResponse a = c.send(ClientRequest.get(url(l, "/odd")))) {
      assertThatThrownBy(() -> a.bytes(10)).hasMessageContaining("\"rot13\" is not supported");
    }
  }

  private HttpListener serveTls(String webYml) throws IOException {
    Path f = dir.resolve("web.yml");
    Files.writeString(f, webYml);
    HttpListener l =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0").withWebConfigFile(f),
            new Routes()
                .get(
                    "/",
                    (q, r) ->
                        r.send(
                            q.protocol()
                                + " "
                                + q.clientCertificates().stream()
                                    .map(x -> x.getSubjectX500Principal().getName())
                                    .toList())),
            null);
    open.add(l);
    return l;
  }

  @Test
  void verifiesServersAndSendsItsCertificate() throws Exception {
    TestCertificates certs = new TestCertificates(dir);
    certs.issue("server", "dns:metrics.example");
    certs.issueRsa("client", "dns:me");
    HttpListener l =
        serveTls(
            """
            tls_server_config:
              cert_file: server.crt
              key_file: server.key
              client_auth_type: VerifyClientCertIfGiven
              client_ca_file: ca.crt
            """);
    ClientRequest call = ClientRequest.get(URI.create("https://127.0.0.1:" + l.port() + "/"));
    String name = "tls_config: {ca_file: ca.crt, server_name: metrics.example";
    assertThat(text(client(name + "}"), call)).isEqualTo("HTTP/2.0 []");
    assertThat(text(client(name + "}\nenable_http2: false"), call)).isEqualTo("HTTP/1.1 []");
    assertThat(text(client(name + ", cert_file: client.crt, key_file: client.key}"), call))
        .isEqualTo("HTTP/2.0 [CN=client, CN=Test CA]");
    assertThat(text(client(name + ", max_version: TLS12}"), call)).isEqualTo("HTTP/2.0 []");
    assertThat(text(client("tls_config: {insecure_skip_verify: true}"), call))
        .isEqualTo("HTTP/2.0 []");
    assertThatThrownBy(() -> client("tls_config: {ca_file: ca.crt}").send(call))
        .as("the certificate is not for the address")
        .hasMessageContaining("x509: certificate is not valid for 127.0.0.1 (No subject");
    assertThatThrownBy(
            () -> client("tls_config: {ca_file: ca.crt, server_name: other.example}").send(call))
        .as("the certificate is not for the name")
        .hasMessageContaining("x509: certificate is not valid for other.example (No subject");
    assertThatThrownBy(() -> client("tls_config: {server_name: metrics.example}").send(call))
        .as("the system does not know the authority")
        .hasMessage(
            "Get \"%s\": tls: failed to verify certificate: x509: certificate signed by unknown"
                + " authority",
            call.uri());
    assertThatThrownBy(() -> client("tls_config: {ca_file: absent.crt}"))
        .hasMessageContaining("failed to read ca_file")
        .hasMessageContaining("no such file");
  }

  @Test
  void rejectsCertificateThatNamesItsHostOnlyAsCommonName() throws Exception {
    TestCertificates certs = new TestCertificates(dir);
    certs.issue("metrics.example", "mail:a@example");
    HttpListener l =
        serveTls(
            "tls_server_config: {cert_file: metrics.example.crt, key_file: metrics.example.key}");
    ClientRequest call = ClientRequest.get(URI.create("https://127.0.0.1:" + l.port() + "/"));
    String named = "tls_config: {ca_file: ca.crt, server_name: metrics.example}";
    for (String version : List.of("", "\nenable_http2: false")) {
      assertThatThrownBy(() -> client(named + version).send(call))
          .hasMessageContaining(
              "x509: certificate relies on legacy Common Name field, use SANs instead")
          .hasMessageContaining("CN=metrics.example");
    }
    certs.issue("metrics.example", "ip:10.0.0.1");
    HttpListener addressed =
        serveTls(
            "tls_server_config: {cert_file: metrics.example.crt, key_file: metrics.example.key}");
    ClientRequest other =
        ClientRequest.get(URI.create("https://127.0.0.1:" + addressed.port() + "/"));
    assertThatThrownBy(() -> client(named).send(other))
        .as("an address is no name")
        .hasMessageContaining("use SANs instead");
    assertThat(text(client("tls_config: {insecure_skip_verify: true}"), other)).startsWith("HTTP");
  }

  @Test
  void reportsWhyAConnectionCannotBeSecured() throws Exception {
    TestCertificates certs = new TestCertificates(dir);
    certs.issueExpired("old", "ip:127.0.0.1");
    certs.issue("server", "ip:127.0.0.1");
    HttpListener old = serveTls("tls_server_config: {cert_file: old.crt, key_file: old.key}");
    ClientRequest call = ClientRequest.get(URI.create("https://127.0.0.1:" + old.port() + "/"));
    for (String version : List.of("true", "false")) {
      String config = "enable_http2: " + version + "\ntls_config: {ca_file: ca.crt}";
      assertThatThrownBy(() -> client(config).send(call))
          .hasMessageContaining("x509: certificate has expired or is not yet valid: NotAfter");
    }
    HttpListener strict =
        serveTls(
            """
            tls_server_config:
              cert_file: server.crt
              key_file: server.key
              client_auth_type: RequireAndVerifyClientCert
              client_ca_file: ca.crt
            """);
    assertThatThrownBy(
            () ->
                client("tls_config: {ca_file: ca.crt, max_version: TLS12}")
                    .send(
                        ClientRequest.get(URI.create("https://127.0.0.1:" + strict.port() + "/"))))
        .as("by the server's alert, or by its leaving when that comes first")
        .hasMessageMatching(".*(remote error: tls: handshake failure|tls: Remote host .*)");
    try (HttpListener plain =
        HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), new Routes(), null)) {
      assertThatThrownBy(
              () ->
                  client("tls_config: {ca_file: ca.crt}")
                      .send(
                          ClientRequest.get(URI.create("https://127.0.0.1:" + plain.port() + "/"))))
          .hasMessageContaining("tls: first record does not look like a TLS handshake");
    }
  }

  @Test
  void readsTlsFilesAgainWhenTheyChange() throws Exception {
    TestCertificates one = new TestCertificates(Files.createDirectory(dir.resolve("one")));
    TestCertificates two = new TestCertificates(Files.createDirectory(dir.resolve("two")));
    one.issue("server", "ip:127.0.0.1");
    Files.copy(two.ca(), dir.resolve("trusted.crt"));
    HttpListener l =
        serveTls("tls_server_config: {cert_file: one/server.crt, key_file: one/server.key}");
    ClientRequest call = ClientRequest.get(URI.create("https://127.0.0.1:" + l.port() + "/"));
    WebClient c = client("tls_config: {ca_file: trusted.crt}");
    assertThatThrownBy(() -> c.send(call)).isInstanceOf(IOException.class);
    Files.delete(dir.resolve("trusted.crt"));
    Files.copy(one.ca(), dir.resolve("trusted.crt"));
    now.updateAndGet(t -> t.plusSeconds(2));
    assertThat(text(c, call)).startsWith("HTTP/2.0");
    Files.writeString(dir.resolve("trusted.crt"), "half of a f");
    now.updateAndGet(t -> t.plusSeconds(2));
    assertThat(text(c, call)).as("a broken file changes nothing").startsWith("HTTP/2.0");
  }

  @Test
  void fetchesTokensBeforeTheyExpire() throws Exception {
    AtomicInteger fetched = new AtomicInteger();
    HttpListener l =
        serve(
            showing("Authorization")
                .post(
                    "/token",
                    (q, r) -> {
                      assertThat(q.params().first("grant_type")).isEqualTo("client_credentials");
                      assertThat(q.params().first("scope")).isEqualTo("a b");
                      assertThat(q.params().first("extra")).isEqualTo("x");
                      if (!basic("me:hush").equals(q.header("Authorization"))) {
                        r.status(401).send("who?");
                        return;
                      }
                      r.send(
                          "application/json",
                          ("{\"access_token\":\"t"
                                  + fetched.incrementAndGet()
                                  + "\",\"token_type\":\"bearer\",\"expires_in\":60}")
                              .getBytes(UTF_8));
                    })
                .post(
                    "/form",
                    (q, r) -> {
                      boolean inForm = "hush".equals(q.params().first("client_secret"));
                      r.status(inForm ? 200 : 400)
                          .send("application/json", "{\"access_token\":\"f\"}".getBytes(UTF_8));
                    })
                .post("/bad", (q, r) -> r.status(403).send("go away")));
    String yaml =
        """
        oauth2:
          client_id: me
          client_secret: hush
          scopes: [a, b]
          endpoint_params: {extra: x}
          token_url: http://127.0.0.1:%d/%s
        """;
    ClientRequest call = ClientRequest.get(url(l, "/"));
    WebClient c = client(yaml.formatted(l.port(), "token"));
    assertThat(text(c, call)).isEqualTo("[Bearer t1]");
    now.updateAndGet(t -> t.plusSeconds(49));
    assertThat(text(c, call)).isEqualTo("[Bearer t1]");
    now.updateAndGet(t -> t.plusSeconds(2));
    assertThat(text(c, call)).isEqualTo("[Bearer t2]");
    assertThat(text(client(yaml.formatted(l.port(), "form")), call)).isEqualTo("[Bearer f]");
    assertThatThrownBy(() -> client(yaml.formatted(l.port(), "bad")).send(call))
        .hasMessageContaining("oauth2: cannot fetch token")
        .hasMessageContaining("status 403: go away")
        .hasMessageNotContaining("hush");
  }

  @Test
  void replacesRevokedTokenBeforeItExpires() throws Exception {
    AtomicInteger fetched = new AtomicInteger();
    AtomicInteger least = new AtomicInteger(); // tokens below are not let in
    AtomicInteger asked = new AtomicInteger();
    HttpListener l =
        serve(
            new Routes()
                .post(
                    "/token",
                    (q, r) ->
                        r.send(
                            "application/json",
                            ("{\"access_token\":\"" + fetched.incrementAndGet() + "\"}")
                                .getBytes(UTF_8)))
                .post(
                    "/",
                    (q, r) -> {
                      asked.incrementAndGet();
                      int token =
                          Integer.parseInt(String.valueOf(q.header("Authorization")).substring(7));
                      r.status(token < least.get() ? 401 : 200).send("token " + token);
                    }));
    WebClient c =
        client(
            "oauth2: {client_id: me, client_secret: s, token_url: 'http://127.0.0.1:%d/token'}"
                .formatted(l.port()));
    ClientRequest call = ClientRequest.post(url(l, "/"), "text/plain", "body".getBytes(UTF_8));
    assertThat(text(c, call)).isEqualTo("token 1");
    now.updateAndGet(t -> t.plusSeconds(61));
    least.set(2);
    assertThat(text(c, call)).isEqualTo("token 2");
    assertThat(asked).hasValue(3);
    least.set(100);
    assertThat(text(c, call)).as("a token of a moment ago is not revoked").isEqualTo("token 2");
    assertThat(asked).hasValue(4);
    assertThat(fetched).hasValue(2);
  }

  @Test
  void signsAssertions() throws Exception {
    TestCertificates certs = new TestCertificates(dir);
    certs.issueRsa("me", "dns:me");
    AtomicReference<String> assertion = new AtomicReference<>("");
    HttpListener l =
        serve(
            showing("Authorization")
                .post(
                    "/token",
                    (q, r) -> {
                      assertion.set(q.params().first("assertion", ""));
                      r.send("application/json", "{\"access_token\":\"signed\"}".getBytes(UTF_8));
                    }));
    WebClient c =
        client(
            """
            oauth2:
              grant_type: urn:ietf:params:oauth:grant-type:jwt-bearer
              client_id: me
              client_certificate_key_file: me.key
              client_certificate_key_id: k1
              signature_algorithm: RS384
              claims: {tenant: 5}
              token_url: http://127.0.0.1:%d/token
            """
                .formatted(l.port()));
    assertThat(text(c, ClientRequest.get(url(l, "/")))).isEqualTo("[Bearer signed]");
    String[] parts = assertion.get().split("\\.", -1);
    Base64.Decoder d = Base64.getUrlDecoder();
    assertThat(new String(d.decode(parts[0]), UTF_8))
        .isEqualTo("{\"alg\":\"RS384\",\"typ\":\"JWT\",\"kid\":\"k1\"}");
    assertThat(new String(d.decode(parts[1]), UTF_8))
        .contains(
            "\"iss\":\"me\"", "\"tenant\":5", "\"exp\":" + (now.get().getEpochSecond() + 600));
    java.security.Signature s = java.security.Signature.getInstance("SHA384withRSA");
    s.initVerify(
        java.security.cert.CertificateFactory.getInstance("X.509")
            .generateCertificate(Files.newInputStream(certs.certificate("me"))));
    s.update((parts[0] + "." + parts[1]).getBytes(UTF_8));
    assertThat(s.verify(d.decode(parts[2]))).isTrue();
  }

  /** A proxy that records what it is asked and serves CONNECT by a tunnel. */
  private int proxy(List<String> asked) throws IOException {
    ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    open.add(server);
    Thread.ofVirtual()
        .start(
            () -> {
              while (!server.isClosed()) {
                try {
                  Socket s = server.accept();
                  open.add(s);
                  Thread.ofVirtual().start(() -> proxied(s, asked));
                } catch (IOException e) {
                  return;
                }
              }
            });
    return server.getLocalPort();
  }

  private static void proxied(Socket client, List<String> asked) {
    try (client) {
      InputStream in = client.getInputStream();
      StringBuilder head = new StringBuilder();
      while (head.indexOf("\r\n\r\n") < 0) {
        head.append((char) in.read());
      }
      asked.add(head.toString());
      if (!head.toString().startsWith("CONNECT ")) {
        client
            .getOutputStream()
            .write("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nproxied".getBytes(ISO_8859_1));
        in.transferTo(OutputStream.nullOutputStream());
        return;
      }
      int port = Integer.parseInt(head.substring(head.indexOf(":") + 1, head.indexOf(" HTTP")));
      try (Socket to = new Socket("127.0.0.1", port)) {
        client.getOutputStream().write("HTTP/1.1 200 OK\r\n\r\n".getBytes(ISO_8859_1));
        Thread back =
            Thread.ofVirtual()
                .start(
                    () -> {
                      try {
                        to.getInputStream().transferTo(client.getOutputStream());
                      } catch (IOException e) {
                        // the end of the tunnel
                      }
                    });
        in.transferTo(to.getOutputStream());
        back.join();
      }
    } catch (IOException | InterruptedException e) {
      // the end of the tunnel
    }
  }

  @Test
  void preparesTheClientOfTheJdkForProxiesWithPasswords() {
    String name = "jdk.http.auth.tunneling.disabledSchemes";
    String before = System.clearProperty(name);
    try {
      HttpClientFactory.prepare();
      assertThat(System.getProperty(name)).isEmpty();
    } finally {
      if (before != null) {
        System.setProperty(name, before);
      }
    }
  }

  @Test
  void connectsThroughProxies() throws Exception {
    TestCertificates certs = new TestCertificates(dir);
    certs.issue("server", "ip:127.0.0.1");
    HttpListener l = serveTls("tls_server_config: {cert_file: server.crt, key_file: server.key}");
    List<String> asked = Collections.synchronizedList(new ArrayList<>());
    int port = proxy(asked);
    WebClient c =
        client("proxy_url: http://u:p@127.0.0.1:" + port + "\ntls_config: {ca_file: ca.crt}");
    assertThat(text(c, ClientRequest.get(URI.create("http://somewhere.test/x"))))
        .isEqualTo("proxied");
    assertThat(asked.getFirst())
        .startsWith("GET http://somewhere.test/x HTTP/1.1")
        .contains("Proxy-Authorization: " + basic("u:p"));
    assertThat(text(c, ClientRequest.get(URI.create("https://127.0.0.1:" + l.port() + "/"))))
        .startsWith("HTTP/");
    assertThat(asked.get(1))
        .startsWith("CONNECT 127.0.0.1:" + l.port())
        .contains("Proxy-Authorization: " + basic("u:p"));
  }

  @ParameterizedTest
  @CsvSource({
    "http://a.com/,''",
    "http://a.com/,b.com",
    "http://xa.com/,a.com",
    "http://a.com/,.a.com",
    "http://a.com:81/,a.com:80",
    "http://10.1.2.3/,10.1.3.0/24",
    "http://10.1.2.3/,10.1.2.4",
  })
  void proxied(String uri, String noProxy) throws IOException {
    assertThat(find(uri, noProxy)).isEqualTo(URI.create("http://p:1"));
  }

  @ParameterizedTest
  @CsvSource({
    "http://a.com/,a.com",
    "http://A.com/,'x, a.COM'",
    "http://b.a.com/,a.com",
    "http://b.a.com/,.a.com",
    "http://b.a.com/,*.a.com",
    "http://a.com:81/,a.com:81",
    "https://a.com/,a.com:443",
    "http://10.1.2.3/,10.1.2.0/24",
    "http://10.1.2.3/,10.1.2.3",
    "http://[fd00::5]:9100/,fd00::/8",
    "http://anything/,*",
    "http://localhost/,a.com",
    "http://127.0.0.2/,a.com",
  })
  void notProxied(String uri, String noProxy) throws IOException {
    assertThat(find(uri, noProxy)).isNull();
  }

  private static @org.jspecify.annotations.Nullable URI find(String uri, String noProxy)
      throws IOException {
    return new Proxies(
            new dev.tethys.config.ProxyConfig(
                URI.create("http://p:1"), noProxy, false, java.util.Map.of()),
            k -> null)
        .find(URI.create(uri));
  }

  @Test
  void usesTheProxyOfTheEnvironment() throws IOException {
    Proxies p =
        new Proxies(
            new dev.tethys.config.ProxyConfig(null, "", true, java.util.Map.of()),
            k ->
                switch (k) {
                  case "http_proxy" -> "plain:3128";
                  case "HTTPS_PROXY" -> "http://secure:3128";
                  case "NO_PROXY" -> "inside";
                  default -> null;
                });
    assertThat(p.find(URI.create("http://x/"))).isEqualTo(URI.create("http://plain:3128"));
    assertThat(p.find(URI.create("https://x/"))).isEqualTo(URI.create("http://secure:3128"));
    assertThat(p.find(URI.create("http://inside/"))).isNull();
  }

  /** The error omits the password, in all texts of the exception. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://me:s3<cr@p:3128",
        "http://me:s3/cr@p:3128",
        "http://me:s3cr@p:99999",
        "ftp://me:s3cr@p:21",
        "s3 cr"
      })
  void namesAnInvalidProxyOfTheEnvironment(String value) {
    dev.tethys.config.ProxyConfig c =
        new dev.tethys.config.ProxyConfig(null, "", true, java.util.Map.of());
    assertThatThrownBy(() -> new Proxies(c, k -> k.equals("HTTPS_PROXY") ? value : null))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("the environment's HTTPS_PROXY is not the URL of a proxy")
        .hasMessageNotContaining("s3")
        .hasNoCause();
  }

  @Test
  void rejectsAnInvalidPort() throws Exception {
    HttpListener l =
        serve(
            new Routes()
                .get("/", (q, r) -> r.status(302).header("Location", "http://x:70000/").send("")));
    WebClient c = client("{}");
    for (String url : new String[] {"http://127.0.0.1:70000/", "https://127.0.0.1:70000/"}) {
      assertThatThrownBy(() -> c.send(ClientRequest.get(URI.create(url))))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("dial tcp: address 70000: invalid port");
    }
    assertThatThrownBy(() -> c.send(ClientRequest.get(url(l, "/"))))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("redirected to \"http://x:70000/\"")
        .hasMessageContaining("invalid port");
    TracedClient.Request watched =
        new TracedClient.Request(
            "GET",
            URI.create("http://127.0.0.1:70000/"),
            null,
            "h",
            "h",
            java.util.Map.of(),
            null,
            true,
            System.nanoTime() + 1_000_000_000L,
            100);
    TracedClient traced = factory.traced(HttpClientConfig.DEFAULT);
    assertThatThrownBy(() -> traced.send(watched, new TracedClient.Times()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("invalid port");
  }

  @Test
  void resolvesRedirectsLikeGo() throws Exception {
    HttpListener l =
        serve(
            new Routes()
                .get("/", (q, r) -> r.status(302).header("Location", "/a b/<c>?100%").send(""))
                .get("/{a}/{b}", (q, r) -> r.send(q.rawPath() + " " + q.rawQuery())));
    assertThat(text(client("{}"), ClientRequest.get(url(l, "/"))))
        .isEqualTo("/a%20b/%3Cc%3E 100%25");
  }

  /** Answers every connection on a Unix socket with these bytes. */
  private Path unixServer(String answer, List<String> asked) throws IOException {
    Path socket = dir.resolve("s.sock");
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    open.add(server);
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                while (true) {
                  SocketChannel c = server.accept();
                  open.add(c);
                  InputStream in = Channels.newInputStream(c);
                  StringBuilder head = new StringBuilder();
                  while (head.indexOf("\r\n\r\n") < 0) {
                    head.append((char) in.read());
                  }
                  asked.add(head.toString());
                  if (!answer.isEmpty()) {
                    c.write(ByteBuffer.wrap(answer.getBytes(ISO_8859_1)));
                    c.close();
                  }
                }
              } catch (IOException e) {
                // closed
              }
            });
    return socket;
  }

  @Test
  void speaksOverUnixSockets() throws Exception {
    List<String> asked = Collections.synchronizedList(new ArrayList<>());
    Path socket =
        unixServer(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: b\r\n\r\n"
                + "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nT: x\r\n\r\n",
            asked);
    WebClient c = client("authorization: {credentials: s}");
    ClientRequest call =
        ClientRequest.get(URI.create("http://localhost/metrics?x=1")).withUnixSocket(socket);
    try (ClientResponse a = c.send(call)) {
      assertThat(a.header("x-a")).isEqualTo("b");
      assertThat(new String(a.bytes(100), UTF_8)).isEqualTo("hello world");
    }
    assertThat(asked.getFirst())
        .startsWith("GET /metrics?x=1 HTTP/1.1\r\nHost: localhost\r\n")
        .contains("Authorization: Bearer s\r\n");
    assertThatThrownBy(
            () ->
                c.send(
                    ClientRequest.get(URI.create("http://localhost/"))
                        .withUnixSocket(dir.resolve("absent.sock"))))
        .isInstanceOf(IOException.class);
    assertThatThrownBy(() -> c.send(call.withHeader("X-Bad", "a\r\nb: c")))
        .hasMessageContaining("a header cannot be sent");
  }

  @ParameterizedTest
  @CsvSource({
    "'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello',unexpected EOF",
    "'HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n',malformed Content-Length",
    "'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',malformed chunked encoding",
    "'SSH-2.0-OpenSSH\r\n',malformed HTTP response",
    "'HTTP/1.1 200 OK\r\nno colon\r\n\r\n',malformed header",
  })
  void malformedAnswersOverUnixSocketsAreErrors(String answer, String problem) throws Exception {
    Path socket = unixServer(answer, Collections.synchronizedList(new ArrayList<>()));
    WebClient c = client("{}");
    assertThatThrownBy(
            () -> {
              try (ClientResponse a =
                  c.send(
                      ClientRequest.get(URI.create("http://localhost/")).withUnixSocket(socket))) {
                a.bytes(1000);
              }
            })
        .hasMessageContaining(problem);
  }

  @Test
  void timeoutAppliesToUnixSockets() throws Exception {
    Path socket = unixServer("", Collections.synchronizedList(new ArrayList<>()));
    WebClient c = client("{}");
    assertThatThrownBy(
            () ->
                c.send(
                    ClientRequest.get(URI.create("http://localhost/"))
                        .withUnixSocket(socket)
                        .withTimeout(Duration.ofMillis(200))))
        .hasMessageContaining("context deadline exceeded");
  }
}
