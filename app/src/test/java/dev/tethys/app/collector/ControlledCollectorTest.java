package dev.tethys.app.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.app.TethysProcess;
import dev.tethys.config.TlsConfig;
import dev.tethys.control.ControlServer;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.collector.ConfigSources;
import dev.tethys.pipeline.extension.opamp.ControlledAgent;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.testkit.Waiting;
import dev.tethys.web.HttpListenerOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
@Tag("slow")
class ControlledCollectorTest {
  private static final String ROLLOUT =
      "{\"configuration\":\"e\",\"soak\":\"0s\",\"minItems\":0,\"reason\":\"test\"}";

  private @TempDir Path folder;
  private final HttpClient http = HttpClient.newHttpClient();

  private static void until(Callable<Boolean> condition) throws Exception {
    while (!condition.call()) {
      Waiting.pause();
    }
  }

  private String call(int port, String method, String path, String body) throws Exception {
    HttpResponse<String> r =
        http.send(
            HttpRequest.newBuilder(
                    URI.create("http://127.0.0.1:" + port + "/api/v1/control" + path))
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(r.statusCode()).as(r.body()).isEqualTo(200);
    return r.body();
  }

  /** From no configuration to one, which it keeps when that is undone: it has none of its own. */
  @Test
  void collectorWithoutAConfigurationWaitsForOne() throws Exception {
    try (ControlServer server =
            ControlServer.start(
                HttpListenerOptions.on("127.0.0.1:0"),
                folder.resolve("control"),
                null,
                BuiltIn.components(),
                10);
        CollectorRole role =
            new CollectorRole(
                new ConfigSources(List.of(), List.of(), k -> null),
                BuiltIn.components(),
                false,
                false)) {
      int port = server.port();
      role.start(
          new ControlPlane(
              new ControlledAgent.Settings(
                  ControlPlane.endpoint("collector", "http://127.0.0.1:" + port),
                  TlsConfig.DEFAULT,
                  "",
                  folder.resolve("collector"),
                  Map.of("env", "prod"))));
      assertThat(role.graph().config()).isEmpty();
      until(() -> call(port, "GET", "/agents", "").contains("\"connected\":true"));
      try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        push(
            port,
            "{readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: "
                + taken.getLocalPort()
                + "}}}}]}");
        call(port, "POST", "/rollouts", ROLLOUT);
        until(() -> call(port, "GET", "/rollouts", "").contains("\"state\":\"undone\""));
      }
      assertThat(call(port, "GET", "/rollouts", "")).contains("cannot listen on");
      assertThat(role.graph().config()).isEmpty();
      push(port, "{level: none}");
      call(port, "POST", "/rollouts", ROLLOUT);
      until(() -> role.graph().config().isPresent());
      until(() -> role.printed().contains("nop"));
      until(() -> call(port, "GET", "/rollouts", "").contains("\"state\":\"done\""));
      assertThat(call(port, "GET", "/agents", ""))
          .as("resident bytes of the process")
          .containsPattern("\"memoryBytes\":[0-9]{7}");
      assertThat(call(port, "POST", "/rollouts/2/undo", "{\"reason\":\"test\"}"))
          .contains("keeps version 2 of e of rollout 2, which was undone");
      call(port, "POST", "/rollouts", ROLLOUT.replace("{", "{\"version\":2,"));
      until(() -> call(port, "GET", "/rollouts", "").contains("\"id\":3"));
      until(() -> !call(port, "GET", "/rollouts", "").contains("\"state\":\"running\""));
      assertThat(role.graph().config()).isPresent();
    }
  }

  /** The name of the control plane is known to the proxy alone. */
  @Test
  void agentConnectsThroughTheProxyOfTheEnvironment() throws Exception {
    Path log = folder.resolve("agent.log");
    try (ControlServer server =
            ControlServer.start(
                HttpListenerOptions.on("127.0.0.1:0"),
                folder.resolve("control"),
                null,
                BuiltIn.components(),
                10);
        TunnelProxy proxy = new TunnelProxy(server.port())) {
      ProcessBuilder b =
          new ProcessBuilder(
                  TethysProcess.small(
                      "collector",
                      "--control=http://control-plane-of-proxy:4320",
                      "--control.data=" + folder.resolve("collector")))
              .redirectErrorStream(true)
              .redirectOutput(log.toFile());
      b.environment().put("HTTP_PROXY", "http://u:p@127.0.0.1:" + proxy.port());
      b.environment().put("NO_PROXY", "other.test");
      Process agent = b.start();
      try {
        until(
            () -> {
              assertThat(agent.isAlive()).as(() -> read(log)).isTrue();
              return call(server.port(), "GET", "/agents", "").contains("\"connected\":true");
            });
        assertThat(proxy.requests())
            .isNotEmpty()
            .allSatisfy(
                head ->
                    assertThat(head)
                        .startsWith("CONNECT control-plane-of-proxy:4320 HTTP/1.1\r\n")
                        .contains("Proxy-Authorization: Basic dTpw\r\n"));
      } finally {
        agent.destroyForcibly().waitFor();
      }
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  private void push(int port, String metrics) throws Exception {
    String text =
        "receivers: {nop: {}}\\nexporters: {nop: {}}\\nservice: {telemetry: {metrics: "
            + metrics
            + "}, pipelines: {logs: {receivers: [nop], exporters: [nop]}}}\\n";
    call(
        port,
        "POST",
        "/configurations",
        "{\"name\":\"e\",\"reason\":\"test\",\"text\":\"" + text + "\"}");
  }

  @Test
  void acceptsUrlOfWebSocketOfAControlPlane() {
    assertThat(ControlPlane.endpoint("collector", "http://c:4320"))
        .hasToString("ws://c:4320/v1/opamp");
    assertThat(ControlPlane.endpoint("collector", "https://c/opamp")).hasToString("wss://c/opamp");
    assertThatThrownBy(() -> ControlPlane.endpoint("collector", "c:4320"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("--control must be a URL");
  }
}
