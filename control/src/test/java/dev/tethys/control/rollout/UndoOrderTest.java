package dev.tethys.control.rollout;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.control.FleetCase;
import dev.tethys.control.TestCollector;
import dev.tethys.control.access.Tokens;
import dev.tethys.control.audit.AuditGaps;
import dev.tethys.control.audit.AuditLog;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** Rollouts that are undone in another order than that in which they were made. */
@Timeout(120)
@Tag("slow")
class UndoOrderTest extends FleetCase {
  private void push(int n) throws Exception {
    for (int i = 1; i <= n; i++) {
      done(
          post(
              "/configurations",
              body()
                  .put("name", "shop")
                  .put("text", graph("{batch: {timeout: " + i + "s}}", "batch"))));
    }
  }

  private long rollOut(int version, String selector) throws Exception {
    long id =
        done(post(
                "/rollouts",
                body()
                    .put("configuration", "shop")
                    .put("version", version)
                    .put("selector", selector)
                    .put("soak", "0s")
                    .put("minItems", 0)))
            .path("id")
            .asLong();
    until(
        () ->
            get("/rollouts").get(0).path("id").asLong() == id
                && get("/rollouts").get(0).path("state").asString().equals("done"));
    return id;
  }

  private JsonNode undo(long id) throws Exception {
    return done(post("/rollouts/" + id + "/undo", body()));
  }

  /** The version whose text an agent runs; 0 for its own, -1 for none. */
  private static int running(TestCollector c) {
    String text = c.text();
    int at = text.indexOf("timeout: ");
    return at >= 0
        ? Integer.parseInt(text.substring(at + 9, text.indexOf('s', at + 9)))
        : text.equals(OWN) ? 0 : -1;
  }

  private void untilRunning(int z1, int z2) throws Exception {
    until(() -> running(agents.get(0)) == z1 && running(agents.get(1)) == z2);
    // Nothing follows that takes it back.
    for (int i = 0; i < 5; i++) {
      Thread.sleep(60); // by the clock of the system: agents take its time to apply a version
      assertThat(running(agents.get(0))).isEqualTo(z1);
      assertThat(running(agents.get(1))).isEqualTo(z2);
    }
  }

  private void zones(String own) throws Exception {
    for (String z : new String[] {"z1", "z2"}) {
      agents.add(
          new TestCollector(clock, port, folder.resolve(z), own, Map.of("env", z, "name", z)));
    }
    until(() -> get("/agents").size() == 2);
  }

  private void threeRollouts() throws Exception {
    push(3);
    rollOut(1, "");
    rollOut(2, "env=z1");
    rollOut(3, "");
    untilRunning(3, 3);
  }

  @Test
  void lastThenFirstThenSecond() throws Exception {
    zones(OWN);
    threeRollouts();
    undo(3);
    untilRunning(2, 1);
    undo(1);
    untilRunning(2, 0);
    undo(2);
    untilRunning(0, 0);
  }

  @Test
  void coveredOnesFirst() throws Exception {
    zones(OWN);
    threeRollouts();
    undo(2);
    untilRunning(3, 3);
    undo(1);
    untilRunning(3, 3);
    undo(3);
    untilRunning(0, 0);
  }

  @Test
  void coveredCanaryFirstThenLast() throws Exception {
    zones(OWN);
    threeRollouts();
    undo(2);
    undo(3);
    untilRunning(1, 1);
    undo(1);
    untilRunning(0, 0);
  }

  /** The agents had the same versions of a control plane whose data is gone. */
  @Test
  void opensDataOfAnEarlierControlPlane() throws Exception {
    zones(OWN);
    threeRollouts();
    requireNonNull(server).close();
    for (String file : new String[] {"rollouts.json", AuditGaps.VERSIONS, AuditLog.FILE}) {
      java.nio.file.Files.deleteIfExists(folder.resolve("control").resolve(file));
    }
    start(port, Tokens.NONE);
    until(() -> get("/agents").size() == 2);
    threeRollouts();
    undo(2);
    undo(3);
    untilRunning(1, 1);
    undo(1);
    untilRunning(0, 0);
  }

  @Test
  void agentWithoutItsOwnConfigurationKeepsTheLastOne() throws Exception {
    zones("");
    push(2);
    rollOut(1, "");
    rollOut(2, "env=z1");
    untilRunning(2, 1);
    JsonNode answer = undo(1);
    untilRunning(2, 1);
    JsonNode kept = answer.path("returns").get(0);
    assertThat(kept.path("agents").asInt()).isEqualTo(1);
    assertThat(kept.path("to").asString()).isEqualTo("version 1 of shop");
    assertThat(kept.path("why").asString())
        .contains("keeps version 1 of shop of rollout 1, which was undone", "--config");
    JsonNode z2 = get("/agents?selector=env=z2").get(0).path("configuration");
    assertThat(z2.path("kept").asString()).contains("which was undone");
    assertThat(z2.path("current").asBoolean()).isTrue();
    undo(2);
    untilRunning(2, 1);
    assertThat(get("/agents?selector=env=z1").get(0).path("configuration").path("kept").asString())
        .contains("keeps version 2 of shop of rollout 2");
    // Live controls reach it as before.
    done(
        post(
            "/controls",
            body()
                .put("action", "mute")
                .put("duration", "5m")
                .put("id", "m1")
                .set("attributes", body().put("service.name", "x"))));
    until(() -> agents.get(1).control("m1", true) != null);
    untilRunning(2, 1);

    // With a configuration of its own it returns to that.
    agents.removeLast().close();
    agents.add(
        new TestCollector(
            clock, port, folder.resolve("z2"), OWN, Map.of("env", "z2", "name", "z2")));
    untilRunning(2, 0);
  }

  @Test
  void returnsAgentsThatConnectLaterOrChangeLabels() throws Exception {
    zones(OWN);
    push(2);
    rollOut(1, "env=z1");
    untilRunning(1, 0);
    agent("late", "z1");
    until(() -> running(agents.get(2)) == 1);
    until(
        () ->
            get("/agents?selector=name=late")
                .get(0)
                .path("configuration")
                .path("current")
                .asBoolean());
    agents.removeLast().close();
    agent("late", "z9");
    until(() -> get("/agents?selector=env=z9").size() == 1);
    assertThat(running(agents.get(2))).isEqualTo(1);
    rollOut(2, "env=z9");
    until(() -> running(agents.get(2)) == 2);
    undo(2);
    until(() -> running(agents.get(2)) == 1);
    rollOut(2, "env=z9");
    undo(1);
    undo(3);
    until(() -> running(agents.get(2)) == 0);
    untilRunning(0, 0);
  }

  @Test
  void undoesEarlierRolloutWhileAnotherIsActive() throws Exception {
    zones(OWN);
    push(2);
    rollOut(1, "");
    untilRunning(1, 1);
    long second =
        done(post(
                "/rollouts",
                body().put("configuration", "shop").put("version", 2).put("soak", "1h")))
            .path("id")
            .asLong();
    until(() -> running(agents.get(0)) == 2 || running(agents.get(1)) == 2);
    undo(1);
    until(() -> running(agents.get(0)) + running(agents.get(1)) == 2);
    undo(second);
    untilRunning(0, 0);
  }
}
