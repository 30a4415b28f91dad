package dev.tethys.control;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.control.access.Tokens;
import dev.tethys.control.live.QuotaWatch;
import dev.tethys.testkit.Waiting;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Quotas whose limit holds for the sum over real agents, but for a batch of each. */
@Timeout(120)
@Tag("slow")
class QuotaFleetTest extends FleetCase {
  private static final String ARCHIVE =
      OWN + "    logs/archive: {receivers: [nop], exporters: [nop]}\n";

  private static ObjectNode quota(double limit, double warnAt) {
    ObjectNode b = body().put("action", "quota").put("reason", "budget").put("pipeline", "logs");
    b.putObject("attributes").put("service.name", "checkout");
    b.putObject("quota")
        .put("limit", limit)
        .put("unit", "items")
        .put("period", "31d")
        .put("warnAt", warnAt);
    return b;
  }

  private String start(ObjectNode quota) throws Exception {
    String id = done(post("/controls", quota)).path("id").asString();
    wait(() -> agents.stream().allMatch(a -> a.control(id, true) != null));
    return id;
  }

  /** Waits without sending records. */
  private static void wait(Callable<Boolean> c) throws Exception {
    while (!c.call()) {
      Waiting.pause();
    }
  }

  /** Items that passed an agent: of its scope those that were neither dropped nor moved. */
  private static long passed(TestCollector a, String id) {
    var c = requireNonNull(a.control(id, false));
    return c.matched() - c.dropped() - c.changed();
  }

  private long passed(String id) {
    return agents.stream().mapToLong(a -> passed(a, id)).sum();
  }

  private JsonNode all(String id) throws Exception {
    for (JsonNode q : get("/quotas")) {
      if (q.path("id").asString().equals(id)) {
        return q.path("values").path(0);
      }
    }
    return body();
  }

  /** Sends records one by one until none of so many passes. */
  private void sendUntilNonePasses(String id, List<TestCollector> by) throws Exception {
    int without = 0;
    // A share that is given away takes two reports. By the clock of the system, since the messages
    // of an agent are 100 ms apart by that.
    while (without < 120) {
      long before = passed(id);
      by.forEach(a -> a.send("checkout", 9, 1));
      without = passed(id) > before ? 0 : without + 1;
      Thread.sleep(10);
    }
  }

  @Test
  void limitAppliesToTheSumRegardlessOfTheUser() throws Exception {
    fleet(3);
    String id = start(quota(400, 0.8));
    // Nearly all comes from one of them, which gets what the others do not use.
    agents.forEach(a -> a.send("checkout", 9, 2));
    sendUntilNonePasses(id, agents.subList(0, 1));
    long first = passed(agents.getFirst(), id);
    assertThat(first).isGreaterThan(300);
    assertThat(passed(id)).isLessThanOrEqualTo(400 + agents.size());
    // What is left at the others is theirs, and no more.
    sendUntilNonePasses(id, agents.subList(1, 3));
    assertThat(passed(id)).isBetween(390L, 400L + agents.size());
    wait(() -> all(id).path("used").asDouble() == passed(id));
    assertThat(all(id).path("limit").asDouble()).isEqualTo(400);
    assertThat(all(id).path("step").asString()).isEqualTo("overflow");
  }

  @Test
  void stepsApplyToTheFleet() throws Exception {
    fleet(3);
    String id = start(quota(300, 0.5));
    // No agent has used half of the limit, but all together have.
    for (int i = 5; i <= 60; i += 5) { // each has the share for the next ones by then
      agents.forEach(a -> a.send("checkout", 9, 5));
      int used = agents.size() * i;
      wait(() -> all(id).path("used").asDouble() == used);
    }
    wait(() -> all(id).path("step").asString().equals("warn"));
    wait(
        () -> {
          agents.forEach(a -> a.send("other", 9, 1)); // a report needs a change
          for (JsonNode a : get("/controls/" + id).path("agents")) {
            if (!a.path("quotas").path(0).path("step").asString().equals("warn")) {
              return false;
            }
          }
          return true;
        });
    sendUntilNonePasses(id, agents);
    assertThat(passed(id)).isBetween(295L, 300L + agents.size());
    wait(() -> get("/audit?text=control.quota").size() == 2);
    JsonNode audit = get("/audit?text=control.quota");
    assertThat(audit.get(0).path("actor").asString()).isEqualTo(QuotaWatch.ACTOR);
    assertThat(audit.get(0).path("after").path("step").asString()).isEqualTo("overflow");
    assertThat(audit.get(0).path("after").path("limit").asString()).isEqualTo("300.0");
    assertThat(audit.get(1).path("after").path("step").asString()).isEqualTo("warn");
  }

  @Test
  void movesTheRestToTheArchiveWithoutLoss() throws Exception {
    for (int i = 0; i < 3; i++) {
      agents.add(
          new TestCollector(
              clock,
              port,
              folder.resolve("a" + i),
              ARCHIVE,
              Map.of("env", "prod", "name", "a" + i)));
    }
    wait(() -> get("/agents").size() == 3);
    wait(
        () ->
            all(
                get("/agents"),
                a -> a.path("configuration").path("state").asString().equals("unset")));
    String id = start(quota(100, 0.8).put("target", "logs/archive"));
    long sent = 0;
    for (int i = 0; i < 150; i++) {
      for (TestCollector a : agents) {
        a.send("checkout", 9, 1);
        sent++;
      }
      Thread.sleep(20); // as above
    }
    long moved =
        agents.stream().mapToLong(a -> requireNonNull(a.control(id, true)).changed()).sum();
    assertThat(passed(id)).isBetween(95L, 100L + agents.size());
    assertThat(moved).isEqualTo(sent - passed(id));
    for (TestCollector a : agents) {
      assertThat(a.accounts().in()).isEqualTo(a.accounts().out());
      assertThat(a.accounts().dropped()).isEmpty();
    }
  }

  @Test
  void sharesContinueAfterControlPlaneRestart() throws Exception {
    fleet(2);
    String id = start(quota(100, 0.8));
    for (int i = 0; i < 40; i++) {
      agents.getFirst().send("checkout", 9, 1);
      clock.sleep(Duration.ofMillis(20));
    }
    wait(() -> all(id).path("used").asDouble() == passed(id));
    int at = port;
    requireNonNull(server).close();
    assertThat(Files.readString(folder.resolve("control/quota-shares.json")))
        .contains("\"" + id + "\"");
    sendUntilNonePasses(id, agents); // with the shares of before
    assertThat(passed(id)).isLessThanOrEqualTo(100 + agents.size());
    start(at, Tokens.NONE);
    wait(
        () ->
            all(get("/agents"), a -> a.path("connected").asBoolean())
                && get("/agents").size() == 2);
    sendUntilNonePasses(id, agents);
    assertThat(passed(id)).isBetween(95L, 100L + agents.size());
  }

  @Test
  void laterAgentSharesTheSameLimit() throws Exception {
    fleet(1);
    String id = start(quota(200, 0.8));
    for (int i = 0; i < 50; i++) {
      agents.getFirst().send("checkout", 9, 1);
    }
    agent("late", "prod");
    wait(() -> agents.getLast().control(id, true) != null);
    wait(() -> get("/controls/" + id).path("agentStates").path("applied").asInt() == 2);
    for (int i = 0; i < 20; i++) { // until it has its first message
      agents.getLast().send("other", 9, 1);
      Thread.sleep(50);
    }
    sendUntilNonePasses(id, agents.subList(1, 2));
    sendUntilNonePasses(id, agents);
    assertThat(passed(id)).isBetween(195L, 200L + agents.size());
  }
}
