package dev.tethys.app.collector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.TlsConfig;
import dev.tethys.control.ControlServer;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.collector.ConfigSources;
import dev.tethys.pipeline.extension.opamp.ControlledAgent;
import dev.tethys.testkit.Waiting;
import dev.tethys.web.HttpListenerOptions;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Values of variables and files of an agent do not leave it by its control plane. */
@Timeout(120)
@Tag("slow")
class AgentSecretsTest {
  private static final String TOKEN = "hunter2-hunter2-hunter2";
  private static final String OTHER = "correct-horse-battery";
  private static final String FILE = "staple-of-the-file";

  private @TempDir Path folder;
  private final HttpClient http = HttpClient.newHttpClient();
  private @Nullable ControlServer server;
  private @Nullable CollectorRole role;
  private int version;

  @BeforeEach
  void start() throws IOException {
    server =
        ControlServer.start(
            HttpListenerOptions.on("127.0.0.1:0"),
            folder.resolve("control"),
            null,
            BuiltIn.components(),
            10);
    Files.writeString(folder.resolve("own-secret"), FILE);
    Files.writeString(folder.resolve("other-secret"), OTHER);
    Path own = folder.resolve("own.yaml");
    Files.writeString(
        own,
        text(
            "x-a: 'Bearer ${env:API_TOKEN}', x-b: '${env:REGION:-eu}', x-c: '${file:"
                + folder.resolve("own-secret")
                + "}', x-d: '${env:${env:NAME_OF}}', x-e: '${PLAIN}'",
            "1s"));
    Map<String, String> variables =
        Map.of(
            "API_TOKEN", TOKEN, "OTHER_TOKEN", OTHER, "NAME_OF", "PLAIN", "PLAIN", "plain-value-1");
    role =
        new CollectorRole(
            new ConfigSources(List.of(own.toString()), List.of(), variables::get),
            BuiltIn.components(),
            false,
            false);
    role.start(
        new ControlPlane(
            new ControlledAgent.Settings(
                ControlPlane.endpoint("collector", "http://127.0.0.1:" + server.port()),
                TlsConfig.DEFAULT,
                "",
                folder.resolve("collector"),
                Map.of()),
            List.of("file:" + folder.resolve("allowed"))));
  }

  @AfterEach
  void stop() throws IOException {
    if (role != null) {
      role.close();
    }
    if (server != null) {
      server.close();
    }
  }

  private static String text(String headers, String timeout) {
    return "receivers: {nop: {}}\n"
        + "processors: {batch: {timeout: '"
        + timeout
        + "'}}\n"
        + "exporters:\n  otlp_http: {endpoint: 'http://127.0.0.1:1', headers: {"
        + headers
        + "}}\n"
        + "service:\n  telemetry: {metrics: {level: none}}\n"
        + "  pipelines: {logs: {receivers: [nop], processors: [batch], exporters: [otlp_http]}}\n";
  }

  private String call(String method, String path, String body) throws Exception {
    int port = server == null ? 0 : server.port();
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

  private JsonNode agent() throws Exception {
    while (true) {
      JsonNode all = JsonMapper.shared().readTree(call("GET", "/agents", "")).path("data");
      if (!all.isEmpty()) {
        String one = call("GET", "/agents/" + all.path(0).path("uid").asString(), "");
        JsonNode a = JsonMapper.shared().readTree(one).path("data");
        if (!a.path("effectiveConfiguration").asString("").isEmpty()) {
          return a;
        }
      }
      Waiting.pause();
    }
  }

  /**
   * Rolls a text out, and waits until the agent has taken or refused it and returns the rollout.
   */
  private JsonNode rolledOut(String text) throws Exception {
    String body =
        JsonMapper.shared()
            .createObjectNode()
            .put("name", "e")
            .put("reason", "test")
            .put("text", text)
            .toString();
    call("POST", "/configurations", body);
    version++;
    agent();
    call(
        "POST",
        "/rollouts",
        "{\"configuration\":\"e\",\"version\":"
            + version
            + ",\"soak\":\"0s\",\"minItems\":0,\"reason\":\"test\"}");
    while (true) {
      JsonNode all = JsonMapper.shared().readTree(call("GET", "/rollouts", "")).path("data");
      if (!all.path(0).path("state").asString().equals("running")) {
        return all.path(0);
      }
      Waiting.pause();
    }
  }

  private void assertNoSecret(String... texts) {
    for (String t : texts) {
      assertThat(t).doesNotContain("hunter2", "correct", "horse", "staple", "plain-value");
    }
  }

  @Test
  void effectiveConfigurationKeepsReferencesAsWritten() throws Exception {
    String shown = agent().path("effectiveConfiguration").asString();
    assertNoSecret(shown);
    assertThat(shown)
        .contains(
            "${env:API_TOKEN}",
            "${env:REGION:-[REDACTED]}",
            "own-secret}",
            "${env:${env:NAME_OF}}");
    if (role != null) {
      assertNoSecret(role.printed());
    }
  }

  @Test
  void acceptsNamesOfTheOwnConfiguration() throws Exception {
    Files.writeString(folder.resolve("allowed"), "free");
    JsonNode a =
        rolledOut(
            text(
                "x-a: '${env:API_TOKEN}', x-b: '${PLAIN}', x-c: '${file:"
                    + folder.resolve("x/../own-secret")
                    + "}', x-d: '${file:"
                    + folder.resolve("allowed")
                    + "}', x-e: '${env:NOT_SET:-2}'",
                "2s"));
    assertThat(a.path("state").asString()).as(a.toString()).isEqualTo("done");
    JsonNode shown = agent();
    assertThat(shown.path("effectiveConfiguration").asString()).contains("${PLAIN}", "2s");
    assertNoSecret(shown.toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "${env:OTHER_TOKEN}",
        "${OTHER_TOKEN}",
        "a ${env:OTHER_TOKEN:-x} b",
        "${env:NOT_SET:-${env:OTHER_TOKEN}}",
        "${yaml:${env:OTHER_TOKEN}}",
        "${file:FOLDER/other-secret}",
        "${file:FOLDER/own-secret/../other-secret}",
        "${env:NOT_SET:-${file:FOLDER/other-secret}}",
        "${file:/etc/passwd}",
        "${http://127.0.0.1:1/secret}",
      })
  void otherReferencesAreRefused(String reference) throws Exception {
    String used = reference.replace("FOLDER", folder.toString());
    JsonNode a = rolledOut(text("x-a: '" + used + "'", "2s"));
    assertThat(a.path("state").asString()).isEqualTo("undone");
    assertThat(a.path("stateReason").asString()).contains("cannot read", "--control.allow");
    assertNoSecret(a.toString(), agent().toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "${env:API_TOKEN}",
        "${env:API_TOKEN}s",
        "${env:NOT_SET:-${env:API_TOKEN}}",
        "${file:FOLDER/own-secret}",
        "${env:${env:API_TOKEN}}",
        "${file:${env:API_TOKEN}}",
        "${x${env:API_TOKEN}:y}",
      })
  void errorsDoNotQuoteValues(String reference) throws Exception {
    String used = reference.replace("FOLDER", folder.toString());
    JsonNode a = rolledOut(text("x-a: a", used));
    assertThat(a.path("state").asString()).as(a.toString()).isEqualTo("undone");
    assertThat(a.path("stateReason").asString()).contains("did not apply it");
    assertNoSecret(a.toString(), agent().toString(), call("GET", "/audit", ""));
  }

  @Test
  void healthDoesNotQuoteValues() {
    if (role == null) {
      return;
    }
    assertNoSecret(role.masked("401 of http://h/?k=" + TOKEN + ": hunter2-hun is wrong"));
    assertThat(role.withoutSecrets("{\"a\":\"" + TOKEN + "\"}"))
        .isEqualTo("{\"a\":\"${env:API_TOKEN}\"}");
  }
}
