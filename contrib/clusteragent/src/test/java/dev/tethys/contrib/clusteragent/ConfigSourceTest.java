package dev.tethys.contrib.clusteragent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tethys.testkit.Waiting;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("slow")
@Timeout(60)
class ConfigSourceTest {
  private static final String ONE =
      "{\"application_instrumentation\":[{\"type\":\"redis\",\"host\":\"r1\",\"port\":\"6379\"}]}";

  private final List<String> requests = new CopyOnWriteArrayList<>();
  private HttpServer server;
  private volatile int status = 200;
  private volatile byte[] answer = ONE.getBytes(UTF_8);
  private volatile boolean hangs;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::handle);
    server.setExecutor(r -> Thread.ofVirtual().start(r));
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private void handle(HttpExchange x) throws IOException {
    requests.add(x.getRequestURI() + " " + x.getRequestHeaders().getFirst("X-Api-Key"));
    if (hangs) {
      return;
    }
    x.sendResponseHeaders(status, answer.length == 0 ? -1 : answer.length);
    x.getResponseBody().write(answer);
    x.close();
  }

  private ConfigSource source() throws IOException {
    return new ConfigSource(
        new ConfigSource.Settings(
            URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/"),
            "k1",
            false,
            "",
            Duration.ofMillis(50),
            Duration.ofSeconds(1),
            "test"));
  }

  @Test
  void keepsTheLastDatabasesWhileTheServerFails() throws Exception {
    try (ConfigSource s = source()) {
      s.awaitFirst(Duration.ofSeconds(20));
      assertThat(s.databases()).extracting(FoundDatabase::address).containsExactly("r1:6379");
      assertThat(requests.getFirst()).isEqualTo("/v1/config?incomplete=true k1");
      status = 503;
      Waiting.await(() -> s.problem().contains("HTTP status 503"));
      status = 401;
      Waiting.await(() -> s.problem().contains("--api-key"));
      assertThat(s.problem()).doesNotContain("k1");
      status = 200;
      answer = "not JSON".getBytes(UTF_8);
      Waiting.await(() -> s.problem().contains("not JSON"));
      answer = new byte[ConfigSource.MAX_ANSWER + 10];
      Waiting.await(() -> s.problem().contains("more than"));
      hangs = true;
      Waiting.await(() -> !s.problem().contains("more than") && !s.problem().isEmpty());
      assertThat(s.databases()).hasSize(1);
      hangs = false;
      answer = "{}".getBytes(UTF_8);
      Waiting.await(() -> s.databases().isEmpty());
      assertThat(s.problem()).isEmpty();
    }
  }

  @Test
  void readsFoundDatabasesOfTheServer() throws Exception {
    answer =
        "{\"application_instrumentation\":[{\"type\":\"mysql\",\"host\":\"m1\",\"port\":\"3306\"}]}"
            .getBytes(UTF_8);
    try (DatabaseReadings r =
            new DatabaseReadings(java.time.InstantSource.system(), RecordSink.NONE);
        TargetDiscovery d = new TargetDiscovery(r, _ -> List.of(opened()))) {
      d.apply(ClusterAgentConfig.parse("agent.yml", "{}", _ -> null));
      d.awaitFirst(Duration.ofSeconds(20));
      assertThat(r.states()).hasSize(1);
      assertThat(TargetsJson.write(r.states(), d.sources()))
          .contains(
              "\"status\":\"no credentials\"",
              "\"foundBy\":\"configuration of 127.0.0.1\"",
              "\"sources\":[{\"databases\":1,\"name\":\"configuration of 127.0.0.1\"");
    }
  }

  private ConfigSource opened() {
    try {
      return source();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
