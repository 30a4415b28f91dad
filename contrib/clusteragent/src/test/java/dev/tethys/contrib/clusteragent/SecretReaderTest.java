package dev.tethys.contrib.clusteragent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.kubernetes.ClusterAccess;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SecretReaderTest {
  private static final String SECRET = "{\"data\":{\"user\":\"dGV0aHlz\",\"bad\":\"%%\",\"n\":7}}";

  private final HttpClientFactory clients = new HttpClientFactory("test");
  private final AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
  private final AtomicInteger requests = new AtomicInteger();
  private HttpServer server;
  private SecretReader reader;
  private volatile int status = 200;
  private volatile byte[] answer = SECRET.getBytes(UTF_8);

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        x -> {
          requests.incrementAndGet();
          x.sendResponseHeaders(status, answer.length);
          try (x) {
            x.getResponseBody().write(answer);
          } catch (IOException e) {
            // the reader has its fill
          }
        });
    server.start();
    reader =
        new SecretReader(
            new ResourceWatch.Connection(
                ClusterAccess.of(
                    "http://127.0.0.1:" + server.getAddress().getPort(), HttpClientConfig.DEFAULT),
                (c, call) -> clients.client(c).send(call),
                Thread::sleep),
            now::get);
  }

  @AfterEach
  void stop() {
    server.stop(0);
    clients.close();
  }

  private PodAnnotations.SecretFields.Answer read() {
    now.set(now.get().plus(Duration.ofMinutes(2)));
    return reader.of("shop", "db");
  }

  @Test
  void readsASecretOnceAMinute() {
    assertThat(read().fields()).containsEntry("user", "tethys").doesNotContainKey("bad");
    reader.of("shop", "db");
    assertThat(requests.get()).isEqualTo(1);
    read();
    assertThat(requests.get()).isEqualTo(2);
  }

  @Test
  void namesTheMissingRight() {
    status = 403;
    assertThat(read().problem())
        .isEqualTo(
            "secret shop/db cannot be read: grant the verb get on secrets of the namespace shop");
    status = 404;
    assertThat(read().problem()).isEqualTo("secret shop/db does not exist");
  }

  @Test
  void keepsTheFormerLoginWhileTheApiFails() {
    assertThat(read().fields()).containsEntry("user", "tethys");
    status = 500;
    assertThat(read().fields()).containsEntry("user", "tethys");
    status = 404;
    assertThat(read().fields()).isEmpty();
  }

  @Test
  void boundsAnswersAndReportsGarbage() {
    answer = "<html>".getBytes(UTF_8);
    assertThat(read().problem()).isEqualTo("secret shop/db: not JSON");
    now.set(Instant.EPOCH.plus(Duration.ofDays(1)));
    answer = ("{\"data\":{\"user\":\"" + "A".repeat(6 << 20) + "\"}}").getBytes(UTF_8);
    assertThat(read().fields()).isEmpty();
    answer = "[]".getBytes(UTF_8);
    assertThat(read().fields()).isEmpty();
  }
}
