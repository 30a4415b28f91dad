package dev.tethys.web.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.config.HttpClientConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Work that a process does without that calls no server over TLS, seen by the classes that it
 * loads.
 */
@Tag("slow")
class PlainCallsTest {
  private static final String TRUST = "sun.security.ssl.TrustManagerFactoryImpl";

  @Test
  void readsTrustedCertificatesOnlyForAServerCertificate() throws Exception {
    assertThat(loadedBy("http")).contains(" " + WebClient.class.getName() + " ", "status 200");
    assertThat(loadedBy("http")).doesNotContain(TRUST);
    // The server speaks no TLS, so it shows no certificate.
    assertThat(loadedBy("https"))
        .contains("sun.security.ssl.SSLContextImpl")
        .doesNotContain(TRUST)
        .doesNotContain("status");
  }

  /** The output of a process that does one call and lists the classes that it loads. */
  private static String loadedBy(String scheme) throws IOException, InterruptedException {
    Process p =
        new ProcessBuilder(
                System.getProperty("java.home") + "/bin/java",
                "-Xlog:class+load:stdout",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                OneCall.class.getName(),
                scheme)
            .redirectErrorStream(true)
            .start();
    String out = new String(p.getInputStream().readAllBytes(), UTF_8);
    assertThat(p.waitFor()).as(out).isZero();
    return out;
  }

  /** Calls a server in the same process, which speaks no TLS. */
  static final class OneCall {
    private OneCall() {}

    public static void main(String[] args) throws Exception {
      HttpServer server =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.createContext(
          "/",
          x -> {
            x.sendResponseHeaders(200, -1);
            x.close();
          });
      server.start();
      URI uri = URI.create(args[0] + "://127.0.0.1:" + server.getAddress().getPort() + "/");
      try (HttpClientFactory clients = new HttpClientFactory("test");
          ClientResponse a =
              clients
                  .client(HttpClientConfig.DEFAULT)
                  .send(ClientRequest.get(uri).withTimeout(Duration.ofSeconds(3)))) {
        System.out.println("status " + a.status());
      } catch (IOException e) {
        System.out.println("failed: " + e.getMessage());
      }
      server.stop(0);
    }
  }
}
