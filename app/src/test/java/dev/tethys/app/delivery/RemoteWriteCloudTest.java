package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.config.ConfigException;
import dev.tethys.pipeline.Signal;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

/** Remote write of a graph signs for a cloud. */
class RemoteWriteCloudTest {
  private static final String SIGNED = ", sigv4: {region: eu-west-1, access_key: k, secret_key: s}";

  @Test
  void requestsAreSigned() throws Exception {
    Queue<String> said = new ConcurrentLinkedQueue<>();
    HttpServer http =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.createContext(
        "/",
        x -> {
          try (x) {
            x.getRequestBody().readAllBytes();
            said.add(String.valueOf(x.getRequestHeaders().getFirst("Authorization")));
            x.sendResponseHeaders(204, -1);
          }
        });
    http.start();
    String url = "http://127.0.0.1:" + http.getAddress().getPort() + "/api/v1/remote_write";
    try (TestPipeline p =
        new TestPipeline(
            Signal.METRICS, "prometheus_remote_write", "endpoint: '" + url + "'" + SIGNED)) {
      p.send(KnownSamples.one());
      p.drain(Duration.ofSeconds(30));
    } finally {
      http.stop(0);
    }
    assertThat(said)
        .isNotEmpty()
        .allMatch(a -> a.matches("AWS4-HMAC-SHA256 Credential=k/\\d{8}/eu-west-1/aps/.*"));
  }

  @Test
  void rejectsTwoKindsOfCredentials() {
    assertThatThrownBy(
            () ->
                new TestPipeline(
                    Signal.METRICS,
                    "prometheus_remote_write",
                    "endpoint: 'http://localhost/w', google_iam: {}" + SIGNED))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("at most one of");
  }
}
