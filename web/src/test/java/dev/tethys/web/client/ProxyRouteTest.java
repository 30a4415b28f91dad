package dev.tethys.web.client;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.YamlDocument;
import dev.tethys.testkit.TestCertificates;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import dev.tethys.web.TrustedOrigins;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** SOCKS 5, proxies behind TLS, and headers for tunnels, against doubles of such proxies. */
@Tag("slow")
@Timeout(60)
class ProxyRouteTest {
  @TempDir Path dir;
  private final HttpClientFactory factory =
      new HttpClientFactory("Tethys/test", () -> Instant.ofEpochSecond(1_000_000), k -> null);
  private final List<AutoCloseable> open = new CopyOnWriteArrayList<>();
  private final List<String> asked = Collections.synchronizedList(new ArrayList<>());
  private HttpListener plain;
  private HttpListener secure;

  @BeforeEach
  void start() throws Exception {
    TestCertificates certs = new TestCertificates(dir);
    certs.issue("server", "ip:127.0.0.1,dns:target.test");
    Files.writeString(
        dir.resolve("web.yml"), "tls_server_config: {cert_file: server.crt, key_file: server.key}");
    HttpListenerOptions o =
        HttpListenerOptions.on("127.0.0.1:0")
            .withStopGrace(Duration.ofMillis(100))
            .withOrigins(new TrustedOrigins(URI.create("http://target.test/"), null));
    Routes routes = new Routes().get("/", (q, r) -> r.send("seen " + q.header("X-Forwarded")));
    plain = HttpListener.start(o, routes, null);
    secure = HttpListener.start(o.withWebConfigFile(dir.resolve("web.yml")), routes, null);
    open.add(plain);
    open.add(secure);
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable c : open) {
      c.close();
    }
    factory.close();
  }

  private WebClient client(String yaml) throws IOException {
    return factory.client(
        HttpClientConfig.TYPE.read(
            YamlDocument.parse("c.yml", dir, yaml + "\ntls_config: {ca_file: ca.crt}").root()));
  }

  private static String get(WebClient c, String uri) throws Exception {
    try (ClientResponse a = c.send(ClientRequest.get(URI.create(uri)))) {
      return new String(a.bytes(1 << 20), UTF_8);
    }
  }

  private interface Session {
    void serve(Socket client) throws IOException;
  }

  private int proxy(ServerSocket server, Session session) {
    open.add(server);
    Thread.ofVirtual()
        .start(
            () -> {
              while (!server.isClosed()) {
                try {
                  Socket s = server.accept();
                  open.add(s);
                  Thread.ofVirtual()
                      .start(
                          () -> {
                            try (s) {
                              session.serve(s);
                            } catch (IOException e) {
                              // the client sees it
                            }
                          });
                } catch (IOException e) {
                  return;
                }
              }
            });
    return server.getLocalPort();
  }

  private static ServerSocket listening() throws IOException {
    return new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  }

  /** Passes both directions on; every host name is this machine. */
  private static void connect(Socket client, int port) throws IOException {
    try (Socket to = new Socket(InetAddress.getLoopbackAddress(), port)) {
      OutputStream out = to.getOutputStream();
      InputStream back = to.getInputStream();
      Thread there =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      client.getInputStream().transferTo(out);
                      to.shutdownOutput();
                    } catch (IOException e) {
                      // the end of the tunnel
                    }
                  });
      back.transferTo(client.getOutputStream());
      there.interrupt();
    }
  }

  /** RFC 1928 and 1929, by name only. */
  private void socks(Socket client, boolean wantsUser, int reply) throws IOException {
    DataInputStream in = new DataInputStream(client.getInputStream());
    OutputStream out = client.getOutputStream();
    assertThat(in.readUnsignedByte()).isEqualTo(5);
    byte[] methods = new byte[in.readUnsignedByte()];
    in.readFully(methods);
    out.write(new byte[] {5, (byte) (wantsUser ? 2 : 0)});
    if (wantsUser) {
      in.readUnsignedByte();
      byte[] user = new byte[in.readUnsignedByte()];
      in.readFully(user);
      byte[] password = new byte[in.readUnsignedByte()];
      in.readFully(password);
      String both = new String(user, UTF_8) + ":" + new String(password, UTF_8);
      asked.add(both);
      out.write(new byte[] {1, (byte) (both.equals("me:secret") ? 0 : 1)});
    }
    in.readFully(new byte[4]);
    byte[] host = new byte[in.readUnsignedByte()];
    in.readFully(host);
    int port = in.readUnsignedShort();
    asked.add(new String(host, UTF_8) + ":" + port);
    out.write(new byte[] {5, (byte) reply, 0, 1, 127, 0, 0, 1, 0, 80});
    if (reply == 0) {
      connect(client, port);
    }
  }

  @Test
  void socksLeavesNameResolutionToTheProxy() throws Exception {
    int port = proxy(listening(), s -> socks(s, false, 0));
    for (String scheme : List.of("socks5", "socks5h")) {
      WebClient c = client("proxy_url: " + scheme + "://127.0.0.1:" + port);
      assertThat(get(c, "http://target.test:" + plain.port() + "/")).isEqualTo("seen null");
      assertThat(get(c, "https://target.test:" + secure.port() + "/")).isEqualTo("seen null");
    }
    assertThat(asked)
        .startsWith("target.test:" + plain.port(), "target.test:" + secure.port())
        .hasSize(4);
    // Names of services in Docker's networks are no host names to java.net.URI.
    WebClient c = client("proxy_url: socks5://127.0.0.1:" + port);
    assertThat(get(c, "http://my_service:" + plain.port() + "/")).isEqualTo("seen null");
    assertThat(asked.getLast()).isEqualTo("my_service:" + plain.port());
    assertThatThrownBy(() -> get(c, "https://my_service:" + plain.port() + "/"))
        .hasMessageContaining("first record does not look like a TLS handshake");
    // Nor are those of proxies, which are looked up all the same.
    for (String scheme : List.of("http", "https", "socks5")) {
      WebClient named = client("proxy_url: " + scheme + "://no_such_proxy.invalid:3128");
      assertThatThrownBy(() -> get(named, "http://127.0.0.1:" + plain.port() + "/"))
          .hasMessageContaining("proxyconnect tcp: lookup no_such_proxy.invalid: no such host");
    }
  }

  @Test
  void socksSendsItsUser() throws Exception {
    int port = proxy(listening(), s -> socks(s, true, 0));
    assertThat(
            get(
                client("proxy_url: socks5://me:secret@127.0.0.1:" + port),
                "http://127.0.0.1:" + plain.port() + "/"))
        .isEqualTo("seen null");
    assertThat(asked).containsExactly("me:secret", "127.0.0.1:" + plain.port());
    assertThatThrownBy(
            () ->
                get(
                    client("proxy_url: socks5://me:wrong@127.0.0.1:" + port),
                    "http://target.test/"))
        .hasMessageContaining("does not know this user and password");
    assertThatThrownBy(
            () -> get(client("proxy_url: socks5://127.0.0.1:" + port), "http://target.test/"))
        .hasMessageContaining("authentication methods");
  }

  @Test
  void reportsTheReasonOfTheSocksProxy() throws Exception {
    int refused = proxy(listening(), s -> socks(s, false, 5));
    assertThatThrownBy(
            () -> get(client("proxy_url: socks5://127.0.0.1:" + refused), "http://target.test/"))
        .hasMessageContaining("the SOCKS proxy answered: connection refused");
    int gone = proxy(listening(), Socket::close);
    assertThatThrownBy(
            () -> get(client("proxy_url: socks5://127.0.0.1:" + gone), "http://target.test/"))
        .hasMessageContaining("proxyconnect tcp");
    int other = proxy(listening(), s -> s.getOutputStream().write("HTTP/1.1 400".getBytes(UTF_8)));
    assertThatThrownBy(
            () -> get(client("proxy_url: socks5://127.0.0.1:" + other), "http://target.test/"))
        .hasMessageContaining("does not support version 5");
  }

  /** CONNECT is a tunnel; anything else is answered by the proxy itself. */
  private void http(Socket client) throws IOException {
    InputStream in = client.getInputStream();
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int c = in.read();
      if (c < 0) {
        return;
      }
      head.append((char) c);
    }
    asked.add(head.toString());
    OutputStream out = client.getOutputStream();
    if (head.indexOf("Refuse: yes") > 0) {
      out.write("HTTP/1.1 407 no\r\nContent-Length: 0\r\n\r\n".getBytes(ISO_8859_1));
    } else if (head.toString().startsWith("CONNECT ")) {
      out.write("HTTP/1.1 200 OK\r\n\r\n".getBytes(ISO_8859_1));
      connect(
          client, Integer.parseInt(head.substring(head.indexOf(":") + 1, head.indexOf(" HTTP"))));
    } else {
      out.write("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nproxied".getBytes(ISO_8859_1));
    }
  }

  @Test
  void connectsToAProxyOverTls() throws Exception {
    ClientTls.Setup keys =
        ClientTls.setup(
            HttpClientConfig.TYPE
                .read(
                    YamlDocument.parse(
                            "c.yml",
                            dir,
                            "tls_config: {cert_file: server.crt, key_file: server.key}")
                        .root())
                .tls());
    ServerSocket tls =
        keys.context()
            .getServerSocketFactory()
            .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
    int port = proxy(tls, this::http);
    WebClient c = client("proxy_url: https://u:p@127.0.0.1:" + port);
    assertThat(get(c, "http://somewhere.test/x?a=b")).isEqualTo("proxied");
    assertThat(asked.getFirst())
        .startsWith("GET http://somewhere.test/x?a=b HTTP/1.1\r\n")
        .contains("Proxy-Authorization: Basic dTpw");
    assertThat(get(c, "https://target.test:" + secure.port() + "/")).isEqualTo("seen null");
    assertThat(asked.get(1))
        .startsWith("CONNECT target.test:" + secure.port() + " HTTP/1.1\r\n")
        .contains("Proxy-Authorization: Basic dTpw");
  }

  @Test
  void sendsHeadersForTunnelsOnly() throws Exception {
    int port = proxy(listening(), this::http);
    WebClient c =
        client(
            "proxy_url: http://127.0.0.1:"
                + port
                + "\nproxy_connect_header: {X-Tenant: [a, b], Proxy-Authorization: [Bearer x]}");
    assertThat(get(c, "https://target.test:" + secure.port() + "/")).isEqualTo("seen null");
    assertThat(asked.getFirst())
        .startsWith("CONNECT ")
        .contains("X-Tenant: a\r\nX-Tenant: b\r\n", "Proxy-Authorization: Bearer x\r\n");
    assertThat(get(c, "http://somewhere.test/")).isEqualTo("proxied");
    assertThat(asked.getLast()).startsWith("GET http://somewhere.test/").doesNotContain("X-Tenant");
    WebClient refused =
        client("proxy_url: http://127.0.0.1:" + port + "\nproxy_connect_header: {Refuse: ['yes']}");
    assertThatThrownBy(() -> get(refused, "https://target.test/"))
        .hasMessageContaining("the proxy refuses the tunnel with status 407");
  }

  /**
   * What a WebSocket is opened over: a tunnel without TLS, too, through the environment's proxy.
   */
  @Test
  void connectsThroughProxyOfTheEnvironment() throws Exception {
    String proxy = "http://u:p@127.0.0.1:" + proxy(listening(), this::http);
    Map<String, String> environment =
        Map.of("HTTP_PROXY", proxy, "HTTPS_PROXY", proxy, "NO_PROXY", "direct.test");
    TlsConfig trust =
        HttpClientConfig.TYPE
            .read(YamlDocument.parse("c.yml", dir, "tls_config: {ca_file: ca.crt}").root())
            .tls();
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    try (HttpClientFactory f =
        new HttpClientFactory("Tethys/test", () -> Instant.EPOCH, environment::get)) {
      for (HttpListener to : List.of(plain, secure)) {
        boolean secured = to == secure;
        URI target = URI.create((secured ? "https" : "http") + "://target.test:" + to.port());
        try (Socket s = f.connect(target, secured ? trust : null, deadline)) {
          s.getOutputStream()
              .write(
                  "GET / HTTP/1.1\r\nHost: target.test\r\nConnection: close\r\n\r\n"
                      .getBytes(UTF_8));
          assertThat(new String(s.getInputStream().readAllBytes(), UTF_8)).endsWith("seen null");
        }
        assertThat(asked.getLast())
            .startsWith("CONNECT target.test:" + to.port() + " HTTP/1.1\r\n")
            .contains("Proxy-Authorization: Basic dTpw\r\n");
      }
      assertThatThrownBy(
              () -> f.connect(URI.create("https://other.test:" + secure.port()), trust, deadline))
          .hasMessageContaining("other.test");
      int asked = this.asked.size();
      f.connect(URI.create("http://127.0.0.1:" + plain.port()), null, deadline).close();
      assertThatThrownBy(() -> f.connect(URI.create("http://direct.test:1"), null, deadline))
          .isInstanceOf(IOException.class);
      assertThat(this.asked).as("through no proxy").hasSize(asked);
    }
  }

  @Test
  void verifiesTargetCertificateThroughProxies() throws Exception {
    int port = proxy(listening(), s -> socks(s, false, 0));
    assertThatThrownBy(
            () ->
                get(
                    client("proxy_url: socks5://127.0.0.1:" + port),
                    "https://other.test:" + secure.port() + "/"))
        .hasMessageContaining("other.test");
  }

  @Test
  void silentProxyTimesOutWithTheCall() throws Exception {
    int port =
        proxy(listening(), s -> s.getInputStream().transferTo(OutputStream.nullOutputStream()));
    WebClient c = client("proxy_url: socks5://127.0.0.1:" + port);
    assertThatThrownBy(
            () ->
                c.send(
                    ClientRequest.get(URI.create("http://target.test/"))
                        .withTimeout(Duration.ofMillis(200))))
        .hasMessageContaining("context deadline exceeded");
  }

  @Test
  void rejectsAnInvalidProxy() {
    assertThatThrownBy(() -> client("proxy_url: ftp://127.0.0.1:1"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("http, https, socks5, socks5h");
    assertThatThrownBy(
            () -> client("proxy_url: http://127.0.0.1:1\nproxy_connect_header: {'A B': [x]}"))
        .hasMessageContaining("cannot be sent as a header");
  }
}
