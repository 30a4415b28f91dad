package dev.tethys.app.clymene;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.testkit.Ports;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClymeneCommandsTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int run(ClymeneRole role, Map<String, String> environment, String... args) {
    return new ClymeneCommands(
            role,
            environment,
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8))
        .run(List.of(args));
  }

  @ParameterizedTest
  @CsvSource({"200, 0", "503, 1"})
  void statusExitCodeFollowsHealth(int answer, int code) throws IOException {
    HttpServer s = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    byte[] body = "{\"status\":\"x\"}".getBytes(StandardCharsets.UTF_8);
    s.createContext(
        "/",
        x -> {
          x.sendResponseHeaders(answer, body.length);
          x.getResponseBody().write(body);
          x.close();
        });
    s.start();
    try {
      String at = ":" + s.getAddress().getPort();
      assertThat(run(ClymeneRole.AGENT, Map.of(), "status", "--status.http.host-port=" + at))
          .isEqualTo(code);
      assertThat(
              run(ClymeneRole.GATEWAY, Map.of("STATUS_HTTP_HOST_PORT", "127.0.0.1" + at), "status"))
          .isEqualTo(code);
    } finally {
      s.stop(0);
    }
    assertThat(out.toString(StandardCharsets.UTF_8)).startsWith("{\"status\":\"x\"}");
    assertThat(err.toString(StandardCharsets.UTF_8)).contains(code == 0 ? "" : "code: 503");
  }

  @Test
  void statusNamesUnreachableAddress() {
    String at = "127.0.0.1:" + Ports.free();
    assertThat(run(ClymeneRole.AGENT, Map.of(), "status", "--status.http.host-port=" + at))
        .isEqualTo(1);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("http://" + at + "/ does not answer");
  }

  @Test
  void versionIsJson() {
    assertThat(run(ClymeneRole.PROMTAIL, Map.of(), "version")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8)).startsWith("{\"version\":\"");
  }

  @Test
  void envNamesTheDatabases() {
    assertThat(run(ClymeneRole.PROMTAIL, Map.of(), "env")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("STORAGE_TYPE", "elasticsearch, gateway, kafka, loki.");
  }

  @Test
  void rejectsUnsupportedCommandsAndInvalidFlags() {
    assertThatThrownBy(() -> run(ClymeneRole.AGENT, Map.of(), "docs", "--format=md"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("docs is not built");
    assertThatThrownBy(() -> run(ClymeneRole.AGENT, Map.of(), "status", "--nothing"))
        .isInstanceOf(UsageException.class);
    assertThatThrownBy(
            () -> run(ClymeneRole.AGENT, Map.of(), "status", "--status.http.host-port=a b"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("must be host:port");
    assertThat(ClymeneCommands.isOne(List.of("validate", "--config=x"))).isFalse();
  }
}
