package dev.tethys.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.opamp.AgentToServer;
import dev.tethys.codec.opamp.AgentToServer.Description;
import dev.tethys.codec.opamp.ComponentHealth;
import dev.tethys.codec.opamp.ServerToAgent;
import dev.tethys.pipeline.opamp.InstanceUid;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** Agents of machines that were cloned, with one instance uid. */
@Timeout(120)
class DuplicateUidTest extends FleetCase {
  private Path uidOf(String name) {
    return folder.resolve(name).resolve("data").resolve("instance-uid");
  }

  /** Clones the identity of an agent. */
  private void cloned(String from, String to) throws Exception {
    Files.createDirectories(uidOf(to).getParent());
    Files.copy(uidOf(from), uidOf(to));
  }

  @Test
  void laterAgentGetsItsOwnUidAndKeepsIt() throws Exception {
    agent("a", "prod");
    until(() -> get("/agents").size() == 1);
    String first = Files.readString(uidOf("a")).strip();
    cloned("a", "b");
    TestCollector b = agent("b", "prod");
    until(() -> get("/agents").size() == 2 && !Files.readString(uidOf("b")).strip().equals(first));
    String second = Files.readString(uidOf("b")).strip();
    until(() -> get("/agents/" + second).path("health").path("healthy").asBoolean(false));
    JsonNode one = get("/agents/" + first);
    JsonNode other = get("/agents/" + second);
    assertThat(one.path("labels").path("name").asString()).isEqualTo("a");
    assertThat(one.path("connected").asBoolean()).isTrue();
    assertThat(other.path("labels").path("name").asString()).isEqualTo("b");
    assertThat(other.path("duplicateOf").asString()).isEqualTo(first);
    b.close();
    agents.remove(b);
    agent("b", "prod");
    until(() -> get("/agents/" + second).path("connected").asBoolean());
    assertThat(get("/agents").size()).as("after its restart").isEqualTo(2);
  }

  @Test
  void restartedAgentKeepsItsUid() throws Exception {
    TestCollector a = agent("a", "prod");
    until(() -> get("/agents").size() == 1);
    String first = Files.readString(uidOf("a")).strip();
    a.close();
    agents.remove(a);
    agent("a", "prod");
    until(() -> get("/agents/" + first).path("connected").asBoolean());
    assertThat(Files.readString(uidOf("a")).strip()).isEqualTo(first);
    assertThat(get("/agents").size()).isEqualTo(1);
  }

  private static final byte[] UID =
      InstanceUid.bytes(UUID.fromString("00000000-0000-7000-8000-000000000001"));

  private ServerToAgent poll(byte[] uid, long sequence, String name, long start) throws Exception {
    Map<String, String> labels = Map.of("service.name", name);
    ComponentHealth h = new ComponentHealth(true, start, "", "StatusOK", 0, Map.of());
    AgentToServer m =
        new AgentToServer(
            uid,
            sequence,
            3,
            new Description(new LinkedHashMap<>(labels), new LinkedHashMap<>()),
            start == 0 ? null : h,
            null,
            null,
            false,
            null,
            false,
            null);
    HttpResponse<byte[]> r =
        http.send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/opamp"))
                .POST(HttpRequest.BodyPublishers.ofByteArray(m.encoded()))
                .build(),
            HttpResponse.BodyHandlers.ofByteArray());
    assertThat(r.statusCode()).isEqualTo(200);
    return ServerToAgent.decoded(r.body(), 0, r.body().length);
  }

  private void alternates(long startA, long startB) throws Exception {
    byte[] assigned = UID;
    for (int i = 0; i < 4; i++) {
      assertThat(poll(UID, 5 + i, "a", startA).newUid()).isNull();
      byte[] given = poll(assigned, 90 + i, "b", startB).newUid();
      if (given != null) {
        assigned = given;
      }
    }
    assertThat(assigned).isNotEqualTo(UID);
    assertThat(get("/agents").size()).isEqualTo(2);
    assertThat(get("/agents/" + InstanceUid.of(UID)).at("/labels/service.name").asString())
        .isEqualTo("a");
    assertThat(get("/agents/" + InstanceUid.of(assigned)).at("/labels/service.name").asString())
        .isEqualTo("b");
  }

  @Test
  void distinguishesAgentsThatPollUnderOneUid() throws Exception {
    alternates(11, 22);
  }

  @Test
  void distinguishesAgentsThatPollWithoutHealthByTheirSequences() throws Exception {
    alternates(0, 0);
  }

  @Test
  void agentPollingUnderAConnectedUidGetsAnother() throws Exception {
    agent("a", "prod");
    until(() -> get("/agents").size() == 1);
    byte[] uid = InstanceUid.bytes(UUID.fromString(Files.readString(uidOf("a")).strip()));
    assertThat(poll(uid, 1, "b", 0).newUid()).isNotNull();
    assertThat(get("/agents").path(0).path("labels").path("name").asString()).isEqualTo("a");
  }
}
