package dev.tethys.control;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.control.access.Tokens;
import dev.tethys.control.fleet.FleetVolumes;
import dev.tethys.control.live.QuotaWatch;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.opamp.PipelineAccounts;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Live controls from the API to running graphs. */
@Tag("slow")
@Timeout(120)
class LiveControlFleetTest extends FleetCase {
  private static ObjectNode mute(String service) {
    ObjectNode b = body().put("action", "mute").put("reason", "noise");
    b.putArray("signals").add("logs");
    b.putObject("attributes").put("service.name", service);
    return b;
  }

  private String start(ObjectNode control) throws Exception {
    return done(post("/controls", control)).path("id").asString();
  }

  private JsonNode end(String id, String reason) throws Exception {
    HttpResponse<String> r =
        http.send(
            HttpRequest.newBuilder(uri("/controls/" + id))
                .method(
                    "DELETE",
                    HttpRequest.BodyPublishers.ofString(body().put("reason", reason).toString()))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    return done(r);
  }

  private HttpResponse<String> delete(String id, String body) throws Exception {
    return http.send(
        HttpRequest.newBuilder(uri("/controls/" + id))
            .method("DELETE", HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void endingAControlRequiresAReason() throws Exception {
    fleet(1);
    String id = start(mute("checkout"));
    for (String body : List.of("", "{}", "{\"reason\":\"\"}", "{\"reason\":\" \\t \"}")) {
      HttpResponse<String> r = delete(id, body);
      assertThat(r.statusCode()).as(body).isEqualTo(400);
      assertThat(r.body()).contains("member \\\"reason\\\"", "state the reason");
    }
    assertThat(get("/controls/" + id).path("state").asString()).isEqualTo("active");
    done(post("/configurations", body().put("name", "edge").put("text", graph("", ""))));
    done(post("/rollouts", body().put("configuration", "edge")));
    for (String change : List.of("pause", "resume", "cancel", "undo")) {
      HttpResponse<String> r = post("/rollouts/1/" + change, body().put("reason", " "));
      assertThat(r.statusCode()).as(change).isEqualTo(400);
      assertThat(r.body()).contains("member \\\"reason\\\" has no visible character");
      r = post("/rollouts/1/" + change, body().put("reason", "fine\r\n2026 admin"));
      assertThat(r.statusCode()).as(change).isEqualTo(400);
      assertThat(r.body()).contains("has the character U+000D; write it on one line");
      r = post("/rollouts/1/" + change, body().put("reason", "x".repeat(1025)));
      assertThat(r.statusCode()).as(change).isEqualTo(400);
      assertThat(r.body()).contains("has more than 1024 characters");
    }
    assertThat(end(id, " quiet again ").path("endReason").asString()).isEqualTo("quiet again");
  }

  /** A destination that does not respond keeps a configuration from ending for half a minute. */
  @Test
  void controlAppliesWhileAFormerConfigurationStops() throws Exception {
    fleet(1);
    TestCollector a = agents.getFirst();
    a.ends = new CountDownLatch(1);
    done(post("/configurations", body().put("name", "edge").put("text", graph("", ""))));
    done(post("/rollouts", body().put("configuration", "edge")));
    until(() -> a.offers.get() == 1);
    String uid = get("/agents").get(0).path("uid").asString();
    until(() -> get("/agents/" + uid).at("/configuration/state").asString().equals("applying"));
    assertThat(folder.resolve("a0/data/trying")).doesNotExist();
    assertThat(folder.resolve("a0/data/current")).exists();
    String id = start(mute("checkout"));
    until(() -> has(a, id));
    a.send("checkout", 9, 5);
    until(() -> get("/controls/" + id).path("dropped").asLong() == 5);
    assertThat(a.offers).hasValue(1);
    a.ends.countDown();
    until(() -> get("/agents/" + uid).at("/configuration/state").asString().equals("applied"));
    end(id, "quiet");
    until(() -> !has(a, id));
  }

  private static boolean has(TestCollector a, String id) {
    return a.control(id, true) != null;
  }

  @Test
  void muteReachesFiftyAgentsUnderLoadWithExactCounts() throws Exception {
    fleet(50);
    AtomicBoolean stop = new AtomicBoolean();
    AtomicLong noisy = new AtomicLong();
    AtomicLong other = new AtomicLong();
    AtomicLong returned = new AtomicLong();
    List<Thread> load = new ArrayList<>();
    for (TestCollector a : agents) {
      load.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    while (!stop.get()) {
                      returned.addAndGet(a.send("checkout", 9, 5));
                      noisy.addAndGet(5);
                      returned.addAndGet(a.send("shop", 9, 3));
                      other.addAndGet(3);
                      java.util.concurrent.locks.LockSupport.parkNanos(2_000_000);
                    }
                  }));
    }
    String id = start(mute("checkout"));
    until(() -> agents.stream().allMatch(a -> has(a, id)));
    assertThat(agents.stream().mapToInt(a -> a.offers.get()).sum()).isZero();

    // From here on every record of the service is dropped.
    stop.set(true);
    for (Thread t : load) {
      t.join();
    }
    long passed = accounts(PipelineAccounts::out);
    for (TestCollector a : agents) {
      a.send("checkout", 9, 7);
      a.send("shop", 9, 2);
    }
    assertThat(accounts(PipelineAccounts::out)).isEqualTo(passed + 100);

    end(id, "quiet again");
    until(() -> agents.stream().noneMatch(a -> has(a, id)));
    long muted = 0;
    long in = 0;
    for (TestCollector a : agents) {
      PipelineAccounts p = a.accounts();
      muted += p.dropped().getOrDefault("muted:" + id, 0L);
      in += p.in();
      assertThat(p.in())
          .isEqualTo(
              p.out()
                  + p.queued()
                  + p.deadLettered()
                  + p.returned()
                  + p.dropped().values().stream().mapToLong(Long::longValue).sum());
    }
    assertThat(muted).isPositive();
    assertThat(returned.get()).isZero();
    // `until` sends records without a service, which pass.
    assertThat(in - accounts(PipelineAccounts::out)).isEqualTo(muted);
    assertThat(muted).isLessThanOrEqualTo(noisy.get() + 350);
    long all = muted;
    until(() -> get("/controls/" + id).path("dropped").asLong() == all);
    JsonNode c = get("/controls/" + id);
    assertThat(c.path("state").asString()).isEqualTo("ended");
    assertThat(c.path("matched").asLong()).isEqualTo(muted);
    assertThat(c.path("agents").size()).isEqualTo(50);
    assertThat(get("/audit").get(0).path("action").asString()).isEqualTo("control.end");
    assertThat(get("/audit").get(1).path("action").asString()).isEqualTo("control.start");
  }

  @Test
  void reusedControlIdHasItsOwnCounts() throws Exception {
    fleet(2);
    String id = start(mute("checkout").put("id", "quiet"));
    until(() -> agents.stream().allMatch(a -> has(a, id)));
    agents.forEach(a -> a.send("checkout", 9, 20));
    until(() -> get("/controls/" + id).path("dropped").asLong() == 40);
    end(id, "quiet again");
    assertThat(get("/controls/" + id).path("dropped").asLong()).isEqualTo(40);

    // At once, before the agents know of it, and while they apply it.
    start(mute("checkout").put("id", "quiet"));
    assertThat(get("/controls/" + id).path("dropped").asLong()).isZero();
    until(() -> get("/controls/" + id).path("agentStates").path("applied").asInt() == 2);
    agents.forEach(a -> a.send("checkout", 9, 3));
    until(() -> get("/controls/" + id).path("dropped").asLong() == 6);
    JsonNode listed = get("/controls").get(0);
    assertThat(listed.path("dropped").asLong()).isEqualTo(6);
    assertThat(listed.path("removedBytes").asLong()).isPositive();
    for (TestCollector a : agents) {
      assertThat(a.accounts().dropped()).containsEntry("muted:quiet", 3L);
      assertThat(a.accounts().dropped()).containsEntry("muted:ended", 20L);
    }
  }

  /** The clock of the fleet, with a wall clock that is wrong. */
  private Scheduler wrong(Duration ahead) {
    return new Scheduler() {
      @Override
      public long millis() {
        return clock.millis() + ahead.toMillis();
      }

      @Override
      public long nanos() {
        return clock.nanos();
      }

      @Override
      public void execute(String name, Runnable task) {
        clock.execute(name, task);
      }

      @Override
      public Timer schedule(Duration after, Runnable task) {
        return clock.schedule(after, task);
      }
    };
  }

  private void wrongAgents() throws IOException {
    for (int hours : new int[] {-2, 2}) {
      agents.add(
          new TestCollector(
              wrong(Duration.ofHours(hours)),
              port,
              folder.resolve("wrong" + hours),
              OWN,
              Map.of("env", "prod")));
    }
  }

  @Test
  void controlsStartAndEndOnTimeDespiteWrongAgentClocks() throws Exception {
    wrongAgents();
    until(() -> get("/agents").size() == 2);
    String id = start(mute("checkout").put("duration", "1h"));
    until(() -> agents.stream().allMatch(a -> has(a, id)));
    until(() -> Files.exists(folder.resolve("wrong-2/data/clock")));
    until(() -> Files.exists(folder.resolve("wrong2/data/clock")));

    // Agents that start while the control plane is away know the difference.
    requireNonNull(server).close();
    agents.forEach(TestCollector::close);
    agents.clear();
    wrongAgents();
    assertThat(agents).allMatch(a -> has(a, id));
    agents.forEach(a -> assertThat(a.send("checkout", 9, 3)).isZero());
    agents.forEach(a -> assertThat(a.accounts().dropped()).containsEntry("muted:" + id, 3L));

    start(port, Tokens.NONE);
    String ending = start(mute("shop").put("duration", "2s"));
    until(() -> agents.stream().allMatch(a -> a.control(ending, false) != null));
    until(() -> agents.stream().noneMatch(a -> has(a, ending)));
  }

  private void restartOfAgent(int items) throws IOException {
    agents.getFirst().send("checkout", 9, items);
    agents.getFirst().close();
    agents.clear();
    agentWithProcess();
  }

  private void agentWithProcess() throws IOException {
    long start = clock.millis() * 1_000_000;
    agents.add(
        new TestCollector(
            clock,
            port,
            folder.resolve("a0"),
            OWN,
            Map.of("env", "prod", "name", "a0"),
            "",
            null,
            start));
  }

  @Test
  void countsOfRestartedAgentsStayExactWithoutTheControlPlane() throws Exception {
    agentWithProcess();
    until(() -> get("/agents").size() == 1);
    String id = start(mute("checkout"));
    until(() -> agents.stream().allMatch(a -> has(a, id)));
    restartOfAgent(20);
    assertThat(agents).allMatch(a -> has(a, id));
    until(() -> get("/controls/" + id).path("dropped").asLong() == 20);
    requireNonNull(server).close();
    restartOfAgent(7);
    restartOfAgent(5);
    start(port, Tokens.NONE);
    until(() -> get("/controls/" + id).path("dropped").asLong() == 32);
    restartOfAgent(3);
    until(() -> get("/controls/" + id).path("dropped").asLong() == 35);
    until(() -> get("/agents").get(0).path("connected").asBoolean());
    assertThat(get("/controls/" + id).path("dropped").asLong()).isEqualTo(35);
  }

  @Test
  void showsAndAuditsStepsOfAQuota() throws Exception {
    fleet(2);
    ObjectNode b = body().put("action", "quota").put("reason", "budget of the team");
    b.putArray("signals").add("logs");
    b.putObject("attributes").put("service.name", "checkout");
    b.putObject("quota").put("limit", 10).put("unit", "items").put("period", "31d");
    String id = start(b);
    until(() -> agents.stream().allMatch(a -> has(a, id)));
    for (int i = 0; i < 4; i++) {
      agents.getFirst().send("checkout", 9, 5);
    }
    agents.getLast().send("checkout", 9, 1);
    until(() -> get("/controls/" + id).path("dropped").asLong() >= 10);
    JsonNode list = get("/controls").get(0);
    assertThat(list.path("quotaStep").asString()).isEqualTo("overflow");
    until(() -> quotaSteps(id).contains("overflow"));
    until(
        () -> {
          agents.forEach(a -> a.send("checkout", 9, 1));
          JsonNode last = get("/audit?text=control.quota").path(0);
          return last.path("after").path("step").asString().equals("overflow");
        });
    JsonNode entry = get("/audit?text=control.quota").get(0);
    assertThat(entry.path("actor").asString()).isEqualTo(QuotaWatch.ACTOR);
    assertThat(entry.path("reason").asString()).isEqualTo("budget of the team");
    assertThat(entry.path("after").path("step").asString()).isEqualTo("overflow");
  }

  @Test
  void sumsQuotaUsageOverTheAgents() throws Exception {
    fleet(2);
    ObjectNode b = body().put("action", "quota").put("reason", "budget of the team");
    b.putObject("quota")
        .put("limit", 10)
        .put("unit", "items")
        .put("period", "31d")
        .put("by", "service.name");
    b.putArray("signals").add("logs");
    b.put("pipeline", "logs");
    String id = start(b);
    until(() -> agents.stream().allMatch(a -> has(a, id)));
    agents.getFirst().send("checkout", 9, 9);
    agents.getLast().send("checkout", 9, 3);
    until(
        () -> {
          JsonNode q = get("/quotas").path(0);
          for (JsonNode v : q.path("values")) {
            if (v.path("value").asString().equals("checkout")) {
              return v.path("used").asDouble() == 12
                  && v.path("limit").asDouble() == 10
                  && v.path("step").asString().equals("overflow")
                  && v.path("agents").size() == 2;
            }
          }
          return false;
        });
    assertThat(get("/quotas").path(0).path("id").asString()).isEqualTo(id);
    end(id, "enough");
    assertThat(get("/quotas").size()).isZero();
  }

  @Test
  void rejectsRouteToAPipelineThatNoAgentRuns() throws Exception {
    fleet(2);
    until(() -> all(get("/agents"), a -> !effective(a).isEmpty()));
    for (String path : List.of("/controls/preview", "/controls")) {
      HttpResponse<String> r = post(path, route("logs/archive"));
      assertThat(r.statusCode()).as(path).isEqualTo(409);
      assertThat(r.body())
          .contains("no connected agent of the selector runs the pipeline logs/archive")
          .contains("pipelines there: logs");
    }
    assertThat(get("/controls").size()).isZero();
  }

  @Test
  void agentsReportMissingRouteTargets() throws Exception {
    fleet(1);
    TestCollector with =
        new TestCollector(
            clock,
            port,
            folder.resolve("with"),
            OWN + "    logs/archive: {receivers: [nop], exporters: [nop]}\n",
            java.util.Map.of("env", "prod", "name", "with"));
    agents.add(with);
    until(() -> get("/agents").size() == 2);
    until(() -> all(get("/agents"), a -> !effective(a).isEmpty()));
    String id = start(route("logs/archive"));
    until(() -> agents.stream().allMatch(a -> has(a, id)));
    agents.forEach(a -> a.send("checkout", 9, 5));
    until(
        () -> {
          JsonNode now = get("/controls/" + id);
          JsonNode states = now.path("agentStates");
          return now.path("changed").asLong() >= 5
              && states.path("no such target").asInt() == 1
              && states.path("applied").asInt() == 1;
        });
    JsonNode c = get("/controls/" + id);
    for (JsonNode a : c.path("agents")) {
      boolean lacks =
          a.path("uid").asString().equals(java.util.UUID.fromString(agents.getFirst().uid()) + "");
      assertThat(a.path("state").asString()).isEqualTo(lacks ? "no such target" : "applied");
      assertThat(a.path("changed").asLong()).isEqualTo(lacks ? 0 : a.path("matched").asLong());
    }
    assertThat(c.path("removedBytes").asLong()).isPositive();
    assertThat(get("/controls").get(0).path("agentStates").path("no such target").asInt())
        .isEqualTo(1);
  }

  private String effective(JsonNode agent) {
    try {
      return get("/agents/" + agent.path("uid").asString())
          .path("effectiveConfiguration")
          .asString("");
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static ObjectNode route(String target) {
    ObjectNode b = body().put("action", "route").put("target", target);
    b.putArray("signals").add("logs");
    b.putObject("attributes").put("service.name", "checkout");
    return b;
  }

  @Test
  void controlEffectComparesTrafficBeforeAndAfter() throws Exception {
    fleet(2);
    AtomicBoolean stop = new AtomicBoolean();
    Thread load =
        Thread.ofVirtual()
            .start(
                () -> {
                  while (!stop.get()) {
                    agents.forEach(a -> a.send("checkout", 9, 5));
                    java.util.concurrent.locks.LockSupport.parkNanos(
                        Duration.ofMillis(20).toNanos());
                  }
                });
    try {
      // Agents report volumes every 10 s; the effect needs two reports before and two after.
      until(() -> rate(agents.getFirst()) && rate(agents.getLast()));
      String id = start(mute("checkout"));
      until(() -> get("/controls/" + id).path("effect").path("now").path("agents").asInt() == 2);
      JsonNode e = get("/controls/" + id).path("effect");
      assertThat(e.path("attribute").asString()).isEqualTo("service.name");
      assertThat(e.path("value").asString()).isEqualTo("checkout");
      assertThat(e.path("exact").asBoolean()).isTrue();
      assertThat(e.path("before").path("outBytesPerSecond").asDouble()).isPositive();
      assertThat(e.path("now").path("inBytesPerSecond").asDouble()).isPositive();
      assertThat(e.path("now").path("outBytesPerSecond").asDouble()).isZero();
      end(id, "enough");
      assertThat(get("/controls/" + id).path("effect").path("now").path("agents").asInt())
          .isEqualTo(2);
    } finally {
      stop.set(true);
      load.join();
    }
  }

  private boolean rate(TestCollector a) {
    java.util.UUID uid = java.util.UUID.fromString(a.uid());
    return requireNonNull(server)
            .fleet()
            .volumes()
            .rates(
                List.of(requireNonNull(requireNonNull(server).fleet().agent(uid))),
                new FleetVolumes.Scope("service.name", "checkout", java.util.Set.of("logs")),
                Long.MIN_VALUE / 2,
                Long.MAX_VALUE / 2)
            .outItems()
        > 0;
  }

  private List<String> quotaSteps(String id) throws Exception {
    List<String> steps = new ArrayList<>();
    for (JsonNode a : get("/controls/" + id).path("agents")) {
      steps.add(a.path("quotas").path(0).path("step").asString());
    }
    steps.sort(null);
    return steps;
  }

  private long accounts(java.util.function.ToLongFunction<PipelineAccounts> of) {
    return agents.stream().mapToLong(a -> of.applyAsLong(a.accounts())).sum();
  }

  @Test
  void onlySelectedAgentsGetTheControlIncludingLaterOnes() throws Exception {
    fleet(2);
    TestCollector test = agent("t", "test");
    String id = start(mute("checkout").put("selector", "env=prod").put("owner", "olga"));
    until(() -> agents.subList(0, 2).stream().allMatch(a -> has(a, id)));
    TestCollector late = agent("late", "prod");
    until(() -> has(late, id));
    assertThat(has(test, id)).isFalse();
    until(() -> get("/controls").get(0).path("agentStates").path("applied").asInt() == 3);
    JsonNode c = get("/controls?state=active").get(0);
    assertThat(c.path("owner").asString()).isEqualTo("olga");
    assertThat(c.path("reason").asString()).isEqualTo("noise");
    assertThat(get("/controls?state=ended").size()).isZero();
  }

  @Test
  void rolloutsAndControlsDoNotInterfere() throws Exception {
    fleet(3);
    String id = start(mute("checkout"));
    until(() -> agents.stream().allMatch(a -> has(a, id)));
    done(
        post(
            "/configurations",
            body().put("name", "edge").put("text", graph("{batch: {}}", "batch"))));
    long rollout =
        done(post("/rollouts", body().put("configuration", "edge").put("soak", "1s")))
            .path("id")
            .asLong();
    // What is muted does not count as lost, or the guard would undo the version.
    until(
        () -> {
          agents.forEach(a -> a.send("checkout", 9, 50));
          String state = get("/rollouts").get(0).path("state").asString();
          assertThat(state).as(get("/rollouts").toString()).isIn("running", "done");
          return state.equals("done");
        });
    agents.forEach(a -> assertThat(a.effective()).contains("batch"));
    agents.forEach(a -> assertThat(has(a, id)).isTrue());
    int before = agents.stream().mapToInt(a -> a.offers.get()).sum();
    String second = start(mute("shop"));
    until(() -> agents.stream().allMatch(a -> has(a, second)));
    end(id, "enough");
    until(() -> agents.stream().noneMatch(a -> has(a, id)));
    assertThat(agents.stream().mapToInt(a -> a.offers.get()).sum()).isEqualTo(before);
    until(() -> all(get("/agents"), a -> a.path("configuration").path("current").asBoolean()));

    done(post("/rollouts/" + rollout + "/undo", body()));
    until(() -> agents.stream().noneMatch(a -> a.effective().contains("batch")));
    agents.forEach(a -> assertThat(has(a, second)).isTrue());
  }

  @Test
  void controlsContinueWithoutTheControlPlaneAndEndByTheAgentClock() throws Exception {
    fleet(1);
    String id = start(mute("checkout").put("duration", "4s"));
    String other = start(mute("shop"));
    until(() -> agents.stream().allMatch(a -> has(a, id) && has(a, other)));
    requireNonNull(server).close();
    server = null;
    agents.removeFirst().close();
    TestCollector again =
        new TestCollector(
            clock, port, folder.resolve("a0"), OWN, java.util.Map.of("env", "prod", "name", "a0"));
    agents.add(again);
    assertThat(has(again, other)).isTrue();
    until(() -> !has(again, id));
    start(port, Tokens.NONE);
    until(() -> get("/agents").size() == 1);
    until(() -> get("/controls/" + id).path("endedBy").asString().equals("clock"));
    until(() -> get("/controls/" + other).path("agentStates").path("applied").asInt() == 1);
    assertThat(again.offers.get()).isZero();
  }

  @Test
  void controlPlaneRestartKeepsControls() throws Exception {
    fleet(3);
    String id = start(mute("checkout"));
    until(() -> agents.stream().allMatch(a -> has(a, id)));
    until(() -> get("/controls/" + id).path("agentStates").path("applied").asInt() == 3);
    requireNonNull(server).close();
    agents.forEach(a -> a.documents.clear());

    start(port, Tokens.NONE);
    until(() -> get("/controls/" + id).path("agentStates").path("applied").asInt() == 3);
    agents.forEach(a -> a.send("checkout", 9, 4));
    until(() -> get("/controls/" + id).path("dropped").asLong() == 12);

    assertThat(agents).allSatisfy(a -> assertThat(a.documents).isEmpty());
  }

  @Test
  void rejectsInvalidControlWithItsPosition() throws Exception {
    fleet(1);
    ObjectNode wrong = mute("checkout").put("condition", "log.body == ");
    HttpResponse<String> r = post("/controls", wrong);
    assertThat(r.statusCode()).isEqualTo(422);
    assertThat(r.body()).contains("body:1:").contains("OTTL 1:13");
    assertThat(post("/controls", mute("x").put("duration", "0s")).statusCode()).isEqualTo(400);
    assertThat(post("/controls", mute("x").put("selector", "?")).statusCode()).isEqualTo(400);
    assertThat(post("/controls", mute("x").put("colour", "?")).statusCode()).isEqualTo(422);
    assertThat(get("/controls").size()).isZero();
    String id = start(mute("x").put("id", "quiet-x"));
    assertThat(id).isEqualTo("quiet-x");
    assertThat(post("/controls", mute("x").put("id", "quiet-x")).statusCode()).isEqualTo(409);
    end(id, "enough");
    assertThat(start(mute("x").put("id", "quiet-x"))).isEqualTo("quiet-x");
  }

  @Test
  void controlsRequireAnOperator() throws Exception {
    requireNonNull(server).close();
    java.nio.file.Path file = folder.resolve("tokens");
    Files.writeString(
        file, "viewer eve viewer-token-0123456789\noperator olga operator-token-0123456789\n");
    start(0, Tokens.read(file));
    assertThat(status("viewer-token-0123456789")).isEqualTo(403);
    assertThat(status("operator-token-0123456789")).isEqualTo(200);
  }

  private int status(String token) throws Exception {
    return http.send(
            HttpRequest.newBuilder(uri("/controls"))
                .header("Authorization", "Bearer " + token)
                .POST(
                    HttpRequest.BodyPublishers.ofString(mute("x").put("reason", "test").toString()))
                .build(),
            HttpResponse.BodyHandlers.ofString())
        .statusCode();
  }

  @Test
  void previewCountsMatchesAndDropsNothing() throws Exception {
    fleet(2);
    AtomicBoolean stop = new AtomicBoolean();
    Thread load =
        Thread.ofVirtual()
            .start(
                () -> {
                  while (!stop.get()) {
                    agents.forEach(a -> a.send("checkout", 9, 3));
                    agents.forEach(a -> a.send("shop", 9, 1));
                    java.util.concurrent.locks.LockSupport.parkNanos(
                        Duration.ofMillis(5).toNanos());
                  }
                });
    JsonNode p = done(post("/controls/preview", mute("checkout").put("window", "1s")));
    stop.set(true);
    load.join();
    long items = p.path("items").asLong();
    assertThat(p.path("wouldDrop").asLong()).isEqualTo(p.path("matched").asLong()).isPositive();
    assertThat((double) p.path("matched").asLong() / items).isBetween(0.7, 0.8);
    assertThat(p.path("agents").size()).isEqualTo(2);
    agents.forEach(a -> assertThat(a.accounts().dropped()).isEmpty());
    assertThat(get("/controls?state=active").size()).isZero();
    assertThat(JsonMapper.shared().writeValueAsString(get("/audit"))).contains("preview");
    assertThat(start(mute("checkout"))).as("a preview takes no number").isEqualTo("c1");
  }
}
