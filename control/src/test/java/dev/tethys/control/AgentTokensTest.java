package dev.tethys.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.opamp.AgentToServer;
import dev.tethys.codec.opamp.AgentToServer.Description;
import dev.tethys.codec.opamp.ComponentHealth;
import dev.tethys.codec.opamp.CustomMessage;
import dev.tethys.control.access.Tokens;
import dev.tethys.control.api.ControlApi;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.opamp.AgentContract;
import dev.tethys.web.HttpListenerOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Bounds of what agents of one token take, and the uids that belong to a token. */
@Timeout(120)
@Tag("slow")
class AgentTokensTest {
  private static final String ONE = "agent-token-of-team-one";
  private static final String TWO = "agent-token-of-team-two";
  private static final String EVE = "viewer-token-0123456789";
  private static final int MAX_AGENTS = 40;

  private @TempDir Path folder;
  private final HttpClient http = HttpClient.newHttpClient();
  private @Nullable ControlServer server;

  @BeforeEach
  void start() throws IOException {
    start("agent one " + ONE, "agent two " + TWO, "viewer eve " + EVE);
  }

  private void start(String... lines) throws IOException {
    if (server != null) {
      server.close();
    }
    Path file = folder.resolve("tokens");
    Files.writeString(file, String.join("\n", lines));
    server =
        new ControlServer(
            HttpListenerOptions.on("127.0.0.1:0").withStopGrace(Duration.ofSeconds(1)),
            folder.resolve("data"),
            Tokens.read(file),
            BuiltIn.components(),
            MAX_AGENTS,
            Scheduler.system(),
            ControlServer.Rules.NONE);
  }

  @AfterEach
  void stop() throws IOException {
    if (server != null) {
      server.close();
    }
  }

  private static byte[] uid(int n) {
    byte[] u = new byte[16];
    u[0] = (byte) (n >> 8);
    u[15] = (byte) n;
    return u;
  }

  private static String text(int n) {
    return new UUID((long) (n >> 8) << 56, n & 0xff).toString();
  }

  private static Description described(Map<String, String> labels) {
    return new Description(new LinkedHashMap<>(labels), new LinkedHashMap<>());
  }

  private static AgentToServer message(
      int n, Map<String, String> labels, @Nullable ComponentHealth health, boolean ends) {
    return new AgentToServer(
        uid(n), 1, 3, described(labels), health, null, null, ends, null, false, null);
  }

  private static ComponentHealth health(int depth, int... counts) {
    Map<String, ComponentHealth> parts = new LinkedHashMap<>();
    for (int i = 0; depth < counts.length && i < counts[depth]; i++) {
      parts.put(Character.toString(i), health(depth + 1, counts));
    }
    return new ComponentHealth(false, 0, "", "", 0, parts);
  }

  private HttpResponse<String> send(String token, byte[] body) throws Exception {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream z = new GZIPOutputStream(packed)) {
      z.write(body);
    }
    return http.send(
        request(token, "/v1/opamp")
            .header("Content-Encoding", "gzip")
            .POST(HttpRequest.BodyPublishers.ofByteArray(packed.toByteArray()))
            .build(),
        HttpResponse.BodyHandlers.ofString(StandardCharsets.ISO_8859_1));
  }

  private HttpRequest.Builder request(String token, String path) {
    int port = server == null ? 0 : server.port();
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
        .header("Authorization", "Bearer " + token);
  }

  private String get(String path) throws Exception {
    return http.send(request(EVE, path).build(), HttpResponse.BodyHandlers.ofString()).body();
  }

  private JsonNode agents() throws Exception {
    return JsonMapper.shared().readTree(get(ControlApi.ROOT + "/agents")).path("data");
  }

  private double metric(String name) throws Exception {
    for (String line : get("/metrics").split("\n", -1)) {
      if (line.startsWith(name + " ")) {
        return Double.parseDouble(line.substring(name.length() + 1));
      }
    }
    throw new AssertionError("no metric " + name);
  }

  private static int components(JsonNode health) {
    int n = 0;
    for (JsonNode part : health.path("components")) {
      n += 1 + components(part);
    }
    return n;
  }

  @Test
  void boundsHealthOfManyComponentsPerAgent() throws Exception {
    byte[] bomb = message(1, Map.of("service.name", "x"), health(0, 256, 256, 7), false).encoded();
    for (int i = 0; i < 30; i++) {
      bomb[2] = (byte) i; // the first byte of the uid
      assertThat(send(ONE, bomb).statusCode()).isEqualTo(200);
    }
    assertThat(metric("tethys_control_agents_memory_bytes")).isLessThan(30 * 250_000);
    JsonNode a =
        JsonMapper.shared()
            .readTree(get(ControlApi.ROOT + "/agents/" + agents().path(0).path("uid").asString()))
            .path("data");
    assertThat(components(a.path("health"))).isBetween(100, 500);
  }

  @Test
  void boundsAgentWithManyLabelsAndReasons() throws Exception {
    Map<String, String> labels = new LinkedHashMap<>();
    for (int i = 0; i < 100_000; i++) {
      labels.put("label" + i, "v".repeat(10));
    }
    assertThat(send(ONE, message(1, labels, null, false).encoded()).statusCode()).isEqualTo(200);
    assertThat(agents().path(0).path("labels").size()).isEqualTo(128);
    StringBuilder deep = new StringBuilder("{\"in\":1,\"dropped\":{");
    for (int i = 0; i < 100_000; i++) {
      deep.append(i == 0 ? "" : ",").append("\"r").append(i).append("\":1");
    }
    AgentToServer totals =
        new AgentToServer(
            uid(1),
            2,
            3,
            null,
            null,
            null,
            null,
            false,
            null,
            false,
            new CustomMessage(
                AgentContract.ACCOUNTS,
                AgentContract.TOTALS,
                deep.append("}}").toString().getBytes(StandardCharsets.UTF_8)));
    assertThat(send(ONE, totals.encoded()).statusCode()).isEqualTo(200);
    assertThat(metric("tethys_control_agents_memory_bytes")).isLessThan(300_000);
  }

  @Test
  void oneTokenLeavesCapacityToOthers() throws Exception {
    for (int i = 0; i < 2 * MAX_AGENTS; i++) {
      send(ONE, message(i, Map.of("team", "one"), null, false).encoded());
    }
    assertThat(agents().size()).isEqualTo(MAX_AGENTS * 3 / 4);
    for (int i = 0; i < MAX_AGENTS / 4; i++) {
      int n = 200 + i;
      assertThat(send(TWO, message(n, Map.of("team", "two"), null, false).encoded()).body())
          .doesNotContain("limit");
    }
    assertThat(agents().size()).isEqualTo(MAX_AGENTS);
    assertThat(get(ControlApi.ROOT + "/agents?selector=team%3Dtwo")).contains(text(200));
  }

  private @Nullable WebSocket open(String token) {
    int port = server == null ? 0 : server.port();
    return http.newWebSocketBuilder()
        .header("Authorization", "Bearer " + token)
        .buildAsync(URI.create("ws://127.0.0.1:" + port + "/v1/opamp"), new WebSocket.Listener() {})
        .handle((w, e) -> w)
        .join();
  }

  @Test
  void oneTokenLeavesConnectionsToOthers() {
    List<WebSocket> all = new ArrayList<>();
    for (int i = 0; i < 140; i++) {
      WebSocket w = open(ONE);
      if (w != null) {
        all.add(w);
      }
    }
    assertThat(all).hasSize((MAX_AGENTS + 128) * 3 / 4);
    WebSocket other = open(TWO);
    assertThat(other).isNotNull();
    all.forEach(WebSocket::abort);
  }

  @Test
  void keepsAbsentAgentsWhileAnotherTokenNeedsCapacity() throws Exception {
    for (int i = 0; i < MAX_AGENTS / 4; i++) {
      send(TWO, message(200 + i, Map.of("team", "two"), null, true).encoded());
    }
    for (int i = 0; i < 2 * MAX_AGENTS; i++) {
      send(ONE, message(i, Map.of("team", "one"), null, i % 2 == 0).encoded());
    }
    assertThat(get(ControlApi.ROOT + "/agents?selector=team%3Dtwo").split("\"uid\"", -1))
        .hasSize(MAX_AGENTS / 4 + 1);
  }

  @Test
  void uidBelongsToTheTokenOfItsFirstContact() throws Exception {
    assertThat(send(ONE, message(1, Map.of("team", "one"), null, false).encoded()).statusCode())
        .isEqualTo(200);
    HttpResponse<String> other =
        send(TWO, message(1, Map.of("team", "two"), null, false).encoded());
    assertThat(other.statusCode()).isEqualTo(403);
    assertThat(other.body()).contains("belongs to another token");
    assertThat(agents().path(0).path("labels").path("team").asString()).isEqualTo("one");
    start("agent one " + ONE, "agent two " + TWO, "viewer eve " + EVE);
    assertThat(send(TWO, message(1, Map.of("team", "two"), null, false).encoded()).statusCode())
        .isEqualTo(403);
    assertThat(send(ONE, message(1, Map.of("team", "one"), null, false).encoded()).statusCode())
        .isEqualTo(200);
  }

  @Test
  void renamedTokenKeepsItsUids() throws Exception {
    String next = "agent-token-of-team-one-2";
    send(ONE, message(1, Map.of("team", "one"), null, false).encoded());
    start("agent one " + ONE, "agent one " + next, "viewer eve " + EVE);
    assertThat(send(next, message(1, Map.of(), null, false).encoded()).statusCode()).isEqualTo(403);
    start("agent one " + next, "agent two " + TWO, "viewer eve " + EVE);
    assertThat(send(TWO, message(1, Map.of(), null, false).encoded()).statusCode()).isEqualTo(403);
    assertThat(send(next, message(1, Map.of(), null, false).encoded()).statusCode()).isEqualTo(200);
  }
}
