package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.TestCertificates;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every kind of authentication with every client that a configuration of Prometheus has: the
 * discovery of targets, their scrape, remote write. A double refuses each call that does not have
 * it.
 */
@Tag("slow")
class ClientAuthenticationTest {
  private static final Duration LONG = Duration.ofSeconds(90);
  private static final Set<String> CLIENTS = Set.of("sd", "metrics", "write");

  @TempDir Path dir;

  /** What was let in, as {@code kind client}, and what was not. */
  private final Set<String> let = new ConcurrentSkipListSet<>();

  private final Set<String> refused = new ConcurrentSkipListSet<>();

  @Test
  void sameKindsWorkForAll() throws Exception {
    TestCertificates certificates = new TestCertificates(dir);
    certificates.issue("server", "dns:localhost,ip:127.0.0.1");
    certificates.issue("us", "dns:us");
    Path secret = Files.writeString(dir.resolve("secret"), "s3cret\n");
    HttpServer plain = HttpServer.create(loopback(), 0);
    HttpsServer tls = HttpsServer.create(loopback(), 0);
    tls.setHttpsConfigurator(wantsCertificates(certificates));
    int port = plain.getAddress().getPort();
    Map<String, String> kinds = new TreeMap<>();
    kinds.put("basic", "basic_auth: {username: me, password_file: '" + secret + "'}");
    kinds.put("bearer", "authorization: {credentials_file: '" + secret + "'}");
    kinds.put("typed", "authorization: {type: Token, credentials: s3cret}");
    kinds.put("header", "http_headers: {X-Key: {secrets: [s3cret]}}");
    kinds.put(
        "oauth",
        "oauth2: {client_id: me, client_secret_file: '%s', scopes: [a, b], token_url: 'http://127.0.0.1:%d/token', endpoint_params: {audience: x}}"
            .formatted(secret, port));
    kinds.put(
        "certificate",
        "tls_config: {ca_file: '%s', cert_file: '%s', key_file: '%s'}"
            .formatted(certificates.ca(), certificates.certificate("us"), certificates.key("us")));
    StringBuilder scrapes = new StringBuilder("scrape_configs:\n");
    StringBuilder writes = new StringBuilder("remote_write:\n");
    kinds.forEach(
        (kind, keys) -> {
          boolean secure = kind.equals("certificate");
          String base =
              (secure ? "https" : "http")
                  + "://127.0.0.1:"
                  + (secure ? tls : plain).getAddress().getPort()
                  + "/"
                  + kind;
          scrapes.append(
              """
              - job_name: %1$s
                scrape_interval: 1s
                scheme: %2$s
                metrics_path: /%1$s/metrics
                %3$s
                http_sd_configs: [{url: '%4$s/sd', refresh_interval: 1s, %3$s}]
              """
                  .formatted(kind, secure ? "https" : "http", keys, base));
          writes.append(
              "- {url: '%s/write', queue_config: {batch_send_deadline: 1s}, %s}\n"
                  .formatted(base, keys));
        });
    // Which remote write alone has: AWS's signature.
    writes.append(
        "- {url: 'http://127.0.0.1:%d/sigv4/write', queue_config: {batch_send_deadline: 1s},"
                .formatted(port)
            + " sigv4: {region: eu-west-1, access_key: AKID, secret_key: s3cret}}\n");
    Set<String> wanted = new TreeSet<>(Set.of("sigv4 write"));
    kinds.keySet().forEach(k -> CLIENTS.forEach(c -> wanted.add(k + " " + c)));
    for (HttpServer s : List.of(plain, tls)) {
      s.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
      s.createContext("/", this::answer);
      s.start();
    }
    Path config = Files.writeString(dir.resolve("agent.yml"), scrapes.toString() + writes);
    int own = Ports.free();
    try (TethysProcess agent =
        TethysProcess.launch(
            dir,
            own,
            List.of("agent", "--config.file=" + config, "--web.listen-address=127.0.0.1:" + own))) {
      agent.awaitReady();
      agent.await("every kind with every client", LONG, () -> let.containsAll(wanted));
      assertThat(refused).as(agent.log()).isEmpty();
      assertThat(agent.stop()).isZero();
    } finally {
      plain.stop(0);
      tls.stop(0);
    }
  }

  private static InetSocketAddress loopback() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  private void answer(HttpExchange x) throws IOException {
    byte[] body = x.getRequestBody().readAllBytes();
    String path = x.getRequestURI().getPath();
    if (path.equals("/token")) {
      String asked = new String(body, StandardCharsets.UTF_8);
      boolean good =
          asked.contains("grant_type=client_credentials")
              && asked.contains("scope=a+b")
              && asked.contains("audience=x")
              && (asked.contains("client_secret=s3cret") || authorization(x).equals(basic()));
      say(
          x,
          good ? 200 : 401,
          "application/json",
          "{\"access_token\":\"given\",\"token_type\":\"Bearer\",\"expires_in\":3600}");
      return;
    }
    String[] parts = path.substring(1).split("/", -1);
    boolean in =
        switch (parts[0]) {
          case "basic" -> authorization(x).equals(basic());
          case "bearer" -> authorization(x).equals("Bearer s3cret");
          case "typed" -> authorization(x).equals("Token s3cret");
          case "header" -> "s3cret".equals(x.getRequestHeaders().getFirst("X-Key"));
          case "oauth" -> authorization(x).equals("Bearer given");
          case "sigv4" ->
              authorization(x).startsWith("AWS4-HMAC-SHA256 Credential=AKID/")
                  && authorization(x).contains("/eu-west-1/aps/aws4_request");
          case "certificate" -> true; // or there were no connection
          default -> false;
        };
    (in ? let : refused).add(parts[0] + " " + parts[1]);
    if (!in) {
      say(x, 401, "text/plain", authorization(x));
    } else if (parts[1].equals("sd")) {
      String here = "127.0.0.1:" + x.getLocalAddress().getPort();
      say(x, 200, "application/json", "[{\"targets\":[\"" + here + "\"]}]");
    } else {
      say(x, 200, "text/plain; version=0.0.4", "a 1\n");
    }
  }

  private static String authorization(HttpExchange x) {
    String s = x.getRequestHeaders().getFirst("Authorization");
    return s == null ? "" : s;
  }

  private static String basic() {
    return "Basic "
        + Base64.getEncoder().encodeToString("me:s3cret".getBytes(StandardCharsets.UTF_8));
  }

  private static void say(HttpExchange x, int status, String type, String text) throws IOException {
    byte[] b = text.getBytes(StandardCharsets.UTF_8);
    x.getResponseHeaders().set("Content-Type", type);
    x.sendResponseHeaders(status, b.length);
    x.getResponseBody().write(b);
    x.close();
  }

  private static HttpsConfigurator wantsCertificates(TestCertificates all) throws Exception {
    CertificateFactory x509 = CertificateFactory.getInstance("X.509");
    KeyStore own = KeyStore.getInstance(KeyStore.getDefaultType());
    own.load(null, null);
    String pem = Files.readString(all.key("server")).replaceAll("-----.*-----|\\s", "");
    try (var in = Files.newInputStream(all.certificate("server"))) {
      own.setKeyEntry(
          "server",
          KeyFactory.getInstance("EC")
              .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem))),
          new char[0],
          new Certificate[] {x509.generateCertificate(in)});
    }
    KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    try (var in = Files.newInputStream(all.ca())) {
      trusted.setCertificateEntry("ca", x509.generateCertificate(in));
    }
    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(own, new char[0]);
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    return new HttpsConfigurator(context) {
      @Override
      public void configure(HttpsParameters to) {
        SSLParameters p = context.getDefaultSSLParameters();
        p.setNeedClientAuth(true);
        to.setSSLParameters(p);
      }
    };
  }
}
