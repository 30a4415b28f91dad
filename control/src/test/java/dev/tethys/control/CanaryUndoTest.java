package dev.tethys.control;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.control.access.Tokens;
import dev.tethys.control.fleet.AgentState;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** Versions that agents keep, and return to, where a configuration has several selectors. */
@Timeout(120)
@Tag("slow")
class CanaryUndoTest extends FleetCase {
  private static final String BAD =
      graph("{batch: {timeout: '${env:NOT_SET_ANYWHERE}x'}}", "batch");

  private int push(String timeout) throws Exception {
    return pushText(graph("{batch: {timeout: " + timeout + "}}", "batch"));
  }

  private int pushText(String text) throws Exception {
    return done(post("/configurations", body().put("name", "shop").put("text", text)))
        .path("version")
        .asInt();
  }

  private long rollOut(int version, String selector) throws Exception {
    return done(post(
            "/rollouts",
            body()
                .put("configuration", "shop")
                .put("version", version)
                .put("selector", selector)
                .put("applyTimeout", "20s")
                .put("soak", "0s")
                .put("minItems", 0)))
        .path("id")
        .asLong();
  }

  private void untilState(long id, String state) throws Exception {
    until(
        () -> {
          for (JsonNode r : get("/rollouts")) {
            if (r.path("id").asLong() == id) {
              assertThat(r.path("state").asString()).as(r.toString()).isIn("running", state);
              return r.path("state").asString().equals(state);
            }
          }
          throw new AssertionError("no rollout " + id);
        });
  }

  private boolean has(String env, int version) throws Exception {
    JsonNode c = get("/agents?selector=env=" + env).get(0).path("configuration");
    return c.path("version").asInt() == version && c.path("current").asBoolean();
  }

  private void untilVersions(int z1, int z2, int z3) throws Exception {
    until(() -> has("z1", z1) && has("z2", z2) && has("z3", z3));
  }

  private void noEmptyConfiguration() throws Exception {
    for (JsonNode a : get("/agents")) {
      assertThat(a.path("configuration").path("hash").asString()).doesNotStartWith(AgentState.OWN);
      assertThat(
              get("/agents/" + a.path("uid").asString()).path("effectiveConfiguration").asString())
          .contains("batch");
    }
  }

  private void zones() throws Exception {
    for (String z : new String[] {"z1", "z2", "z3"}) {
      agent(z, z);
    }
    until(() -> get("/agents").size() == 3);
    until(() -> all(get("/agents"), a -> a.path("connected").asBoolean()));
  }

  private void canary() throws Exception {
    zones();
    untilState(rollOut(push("1s"), ""), "done");
    untilVersions(1, 1, 1);
    untilState(rollOut(push("2s"), "env=z1"), "done");
    untilVersions(2, 1, 1);
  }

  @Test
  void undoAfterACanaryRestoresTheVersionOfEachAgent() throws Exception {
    canary();
    long third = rollOut(push("3s"), "");
    untilState(third, "done");
    untilVersions(3, 3, 3);
    done(post("/rollouts/" + third + "/undo", body()));
    untilVersions(2, 1, 1);
    noEmptyConfiguration();

    requireNonNull(server).close(); // what each agent has is on disk
    start(port, Tokens.NONE);
    until(() -> get("/agents").size() == 3);
    untilVersions(2, 1, 1);
    done(post("/rollouts/2/undo", body()));
    untilVersions(1, 1, 1);
  }

  @Test
  void namesTheRolloutThatOwnsTheAgents() throws Exception {
    zones();
    done(post("/configurations", body().put("name", "other").put("text", OWN)));
    done(
        post(
            "/rollouts",
            body().put("configuration", "other").put("selector", "env=z1").put("soak", "1h")));
    var refused =
        post(
            "/rollouts",
            body()
                .put("configuration", "shop")
                .put("version", push("1s"))
                .put("selector", "env=z1"));
    assertThat(refused.statusCode()).isEqualTo(409);
    assertThat(refused.body()).contains("are in rollout 1, which is active");
  }

  @Test
  void guardAfterACanaryRestoresTheVersionOfItsAgent() throws Exception {
    canary();
    long third = rollOut(pushText(BAD), "env!=z1");
    untilState(third, "undone");
    untilVersions(2, 1, 1);
    noEmptyConfiguration();
  }

  @Test
  void unselectedAgentReturnsToItsRunningVersion() throws Exception {
    zones();
    untilState(rollOut(push("1s"), "env=z1"), "done");
    // Its labels change: no assignment matches any longer, and it runs the version on.
    agents.removeFirst().close();
    agents.addFirst(
        new TestCollector(
            clock, port, folder.resolve("z1"), OWN, Map.of("env", "z9", "name", "z1")));
    until(() -> get("/agents?selector=env=z9").size() == 1);
    long second = rollOut(pushText(BAD), "env=z9");
    untilState(second, "undone");
    until(() -> has("z9", 1));
    assertThat(agents.getFirst().effective()).contains("batch");
  }

  @Test
  void undoesRolloutsOfDifferentAgentsInAnyOrder() throws Exception {
    canary();
    long third = rollOut(push("3s"), "env=z2");
    untilState(third, "done");
    done(post("/rollouts/2/undo", body()));
    untilVersions(1, 3, 1);
    assertThat(post("/rollouts/2/undo", body()).statusCode()).isEqualTo(409);
  }
}
