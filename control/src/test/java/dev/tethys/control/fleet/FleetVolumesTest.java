package dev.tethys.control.fleet;

import static dev.tethys.control.fleet.FleetVolumes.Order.RATE;
import static dev.tethys.control.fleet.FleetVolumes.Order.SUM;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.control.FleetCase;
import dev.tethys.control.TestCollector;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Volumes by attribute, from running graphs to the sum of the fleet. */
@Timeout(120)
@Tag("slow")
class FleetVolumesTest extends FleetCase {
  private static JsonNode row(JsonNode volumes, String value) {
    for (JsonNode r : volumes.path("rows")) {
      if (r.path("value").asString().equals(value)) {
        return r;
      }
    }
    return volumes.path("none");
  }

  private static long sum(JsonNode balance, String... keys) {
    long n = 0;
    for (String k : keys) {
      n += balance.path(k).asLong();
    }
    return n;
  }

  @Test
  void sumsAgentCountsAndAccountsForEveryItem() throws Exception {
    fleet(3);
    ObjectNode control = body().put("action", "mute").put("reason", "noise");
    control.putArray("signals").add("logs");
    control.putObject("attributes").put("service.name", "noisy");
    String id = done(post("/controls", control)).path("id").asString();
    until(() -> agents.stream().allMatch(a -> a.control(id, true) != null));
    for (TestCollector a : agents) {
      a.send("checkout", 17, 4);
      a.send("checkout", 9, 6);
      a.send("noisy", 9, 20);
    }
    // `until` sends records without a service as well
    until(() -> row(get("/volumes"), "checkout").path("inItems").asLong() == 30);
    until(() -> row(get("/volumes"), "noisy").path("inItems").asLong() == 60);
    until(() -> get("/volumes").path("balance").path("waiting").asLong() == 0);
    JsonNode v = get("/volumes");
    assertThat(v.path("by").asString()).isEqualTo("service.name");
    assertThat(v.path("agents").asLong()).isEqualTo(3);
    assertThat(row(v, "checkout").path("outItems").asLong()).isEqualTo(30);
    assertThat(row(v, "checkout").path("outBytes").asLong())
        .isEqualTo(row(v, "checkout").path("inBytes").asLong())
        .isPositive();
    assertThat(row(v, "noisy").path("outItems").asLong()).isZero();
    JsonNode b = v.path("balance");
    assertThat(b.path("dropped").path("muted:" + id).asLong()).isEqualTo(60);
    long dropped = 0;
    for (JsonNode n : b.path("dropped")) {
      dropped += n.asLong();
    }
    assertThat(sum(b, "in", "created", "restored", "revived", "copied"))
        .isEqualTo(dropped + sum(b, "out", "held", "waiting", "deadLettered", "returned", "kept"));
    assertThat(b.path("waiting").asLong()).isNotNegative();
    assertThat(b.path("copied").asLong()).isZero();

    JsonNode severity = get("/volumes?by=severity&limit=1");
    assertThat(severity.path("rows").size()).isEqualTo(1);
    assertThat(severity.path("other").path("inItems").asLong()).isPositive();
    assertThat(get("/volumes?signal=logs").path("rows").size()).isPositive();
    assertThat(get("/volumes?signal=traces").path("rows").size()).isZero();
    assertThat(get("/volumes?selector=env=dev").path("agents").asLong()).isZero();
  }

  private static AgentState agent(UUID id) {
    return new AgentState(
        id, java.util.Map.of(), 0, null, "", "", null, null, 0, 0, "websocket", true, 0, 0);
  }

  private static byte[] report(String rows) {
    return ("{\"currency\":\"EUR\",\"by\":{\"service.name\":[" + rows + "]}}")
        .getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void ratesCompareTheLastTwoRecentReports() {
    FleetVolumes v = new FleetVolumes();
    UUID id = UUID.randomUUID();
    List<AgentState> agents = List.of(agent(id));
    FleetVolumes.Scope shop =
        new FleetVolumes.Scope("service.name", "shop", java.util.Set.of("logs"));
    long second = 1_000_000_000L;
    v.put(id, report("[\"shop\",\"logs\",10,1000,10,1000,50]"), 10 * second);
    assertThat(v.rates(agents, shop, 0, 100 * second).agents()).isZero();
    v.put(
        id,
        report("[\"shop\",\"logs\",30,3000,20,2000,90],[\"shop\",\"traces\",9,9,9,9,9]"),
        20 * second);
    FleetVolumes.Rates r = v.rates(agents, shop, 0, 100 * second);
    assertThat(r).isEqualTo(new FleetVolumes.Rates(1, 2, 200, 1, 100, 4, "EUR"));
    // The cost has its fractions: 0.326 millionths a second are not 0 and then 1.
    v.put(
        id,
        report("[\"shop\",\"logs\",30,3000,20,2000,93.26],[\"shop\",\"traces\",9,9,9,9,9]"),
        30 * second);
    assertThat(v.rates(agents, shop, 20 * second, 100 * second).costMicros())
        .isCloseTo(0.326, org.assertj.core.api.Assertions.within(1e-9));
    v.remove(id);
    v.put(id, report("[\"shop\",\"logs\",10,1000,10,1000,50]"), 10 * second);
    v.put(
        id,
        report("[\"shop\",\"logs\",30,3000,20,2000,90],[\"shop\",\"traces\",9,9,9,9,9]"),
        20 * second);
    FleetVolumes.Scope all =
        new FleetVolumes.Scope("service.name", null, java.util.Set.of("logs", "traces"));
    assertThat(v.rates(agents, all, 0, 100 * second).inItems()).isEqualTo(2.9);
    // Only reports of the time count: not those that a control divides.
    assertThat(v.rates(agents, shop, 15 * second, 100 * second).agents()).isZero();
    assertThat(v.rates(agents, shop, 0, 15 * second).agents()).isZero();
    // An agent that was started again counts from 0, and has no negative rate.
    v.put(id, report("[\"shop\",\"logs\",1,100,1,100,5]"), 30 * second);
    assertThat(v.rates(agents, shop, 0, 100 * second).inItems()).isZero();
    v.remove(id);
    assertThat(v.rates(agents, shop, 0, 100 * second).agents()).isZero();
  }

  /** An agent reports changes only: its counts before a silence hold to the end of that. */
  @Test
  void ratesAfterASilenceStartAtItsEnd() {
    FleetVolumes v = new FleetVolumes();
    UUID id = UUID.randomUUID();
    List<AgentState> agents = List.of(agent(id));
    FleetVolumes.Scope shop =
        new FleetVolumes.Scope("service.name", "shop", java.util.Set.of("logs"));
    long second = 1_000_000_000L;
    v.put(id, report("[\"other\",\"logs\",1,9,9,9,9]"), 10 * second);
    v.put(id, report("[\"shop\",\"logs\",100,1000,50,500,50]"), 60 * second);
    assertThat(v.rates(agents, shop, 0, 100 * second).inItems()).isEqualTo(10);
    v.put(id, report("[\"shop\",\"logs\",200,2000,99,990,90]"), 70 * second);
    assertThat(v.rates(agents, shop, 0, 100 * second).inItems()).isEqualTo(10);
  }

  /** What passed under another control is not what passes without it. */
  @Test
  void ratesUseReportsWithTheSameControls() {
    FleetVolumes v = new FleetVolumes();
    UUID id = UUID.randomUUID();
    List<AgentState> agents = List.of(agent(id));
    FleetVolumes.Scope shop =
        new FleetVolumes.Scope("service.name", "shop", java.util.Set.of("logs"));
    long second = 1_000_000_000L;
    String[] controls = {"c1", "c1", "c1", "", ""};
    int[] out = {0, 10, 20, 60, 160};
    for (int i = 0; i < out.length; i++) {
      String report =
          "{\"controls\":\"%s\",\"by\":{\"service.name\":[[\"shop\",\"logs\",%d,9,%d,9,9]]}}"
              .formatted(controls[i], 1 + 100 * i, out[i]);
      v.put(id, report.getBytes(StandardCharsets.UTF_8), 10L * i * second);
    }
    assertThat(v.rates(agents, shop, 0, 100 * second).outItems()).isEqualTo(10);
  }

  /** A control is often started soon after its agents or their traffic. */
  @Test
  void scopeRatesStartWithItsFirstItems() {
    FleetVolumes v = new FleetVolumes();
    UUID id = UUID.randomUUID();
    List<AgentState> agents = List.of(agent(id));
    FleetVolumes.Scope shop =
        new FleetVolumes.Scope("service.name", "shop", java.util.Set.of("logs"));
    long second = 1_000_000_000L;
    for (int i = 1; i <= 4; i++) {
      v.put(id, report("[\"other\",\"logs\"," + i + ",9,9,9,9]"), 10L * i * second);
    }
    assertThat(v.rates(agents, shop, 0, 100 * second).inItems()).isZero();
    v.put(id, report("[\"shop\",\"logs\",100,1000,50,500,50]"), 50 * second);
    assertThat(v.rates(agents, shop, 0, 100 * second).inItems()).isEqualTo(10);
    // An interval without items in between is part of the traffic.
    v.put(id, report("[\"shop\",\"logs\",100,1000,50,500,50]"), 60 * second);
    assertThat(v.rates(agents, shop, 0, 100 * second).inItems()).isEqualTo(5);
  }

  @Test
  void valueRatesAreUnknownUntilTheSecondReport() {
    FleetVolumes v = new FleetVolumes();
    UUID id = UUID.randomUUID();
    List<AgentState> agents = List.of(agent(id));
    long second = 1_000_000_000L;
    // 100 items a second in, in batches that leave by turns with 500 and 1500 items.
    v.put(id, report("[\"shop\",\"logs\",1000,1000,1000,1000,10]"), 10 * second);
    JsonNode first = v.sum(agents, "", "", 10, 11 * second, RATE).path("rows").get(0);
    assertThat(first.has("inItemsPerSecond")).isFalse();
    assertThat(first.has("costMicrosPerSecond")).isFalse();
    long out = 1000;
    for (int i = 1; i <= 12; i++) {
      out += i % 2 == 0 ? 1500 : 500;
      long in = 1000 + 1000L * i;
      v.put(
          id,
          report("[\"shop\",\"logs\"," + in + ",1," + out + ",1," + out / 100.0 + "]"),
          (10 + 10 * i) * second);
      for (int ask = 0; ask < 10; ask += 3) { // the times of questions do not matter
        JsonNode row =
            v.sum(agents, "", "", 10, (10 + 10 * i + ask) * second, RATE).path("rows").get(0);
        assertThat(row.path("inItemsPerSecond").asDouble()).isEqualTo(100);
        if (i >= 6) {
          assertThat(row.path("costMicrosPerSecond").asDouble()).isBetween(0.85, 1.15);
        }
      }
    }
    // An agent that reports no change takes nothing.
    JsonNode idle = v.sum(agents, "", "", 10, 430 * second, RATE).path("rows").get(0);
    assertThat(idle.path("inItemsPerSecond").asDouble()).isLessThan(20);
  }

  private static List<String> values(JsonNode sum) {
    List<String> out = new java.util.ArrayList<>();
    sum.path("rows").forEach(r -> out.add(r.path("value").asString()));
    return out;
  }

  @Test
  void sortsByRateOrBySum() {
    FleetVolumes v = new FleetVolumes();
    UUID id = UUID.randomUUID();
    List<AgentState> agents = List.of(agent(id));
    long second = 1_000_000_000L;
    String old = "[\"old\",\"logs\",9,90000,9,90000,0],";
    v.put(id, report(old + "[\"noisy\",\"logs\",1,10,1,10,0]"), 10 * second);
    // Until rates are known, the sums say which value has most.
    assertThat(values(v.sum(agents, "", "", 10, 11 * second, RATE)))
        .containsExactly("old", "noisy");
    v.put(id, report(old + "[\"noisy\",\"logs\",9,900,9,900,0]"), 20 * second);
    assertThat(values(v.sum(agents, "", "", 10, 21 * second, RATE)))
        .containsExactly("noisy", "old");
    assertThat(values(v.sum(agents, "", "", 1, 21 * second, RATE))).containsExactly("noisy");
    assertThat(values(v.sum(agents, "", "", 10, 21 * second, SUM))).containsExactly("old", "noisy");
  }

  /** An agent names only the values with the most bytes, and adds up the others. */
  @Test
  void newlyNamedValueHasARateFromItsFirstReport() {
    FleetVolumes v = new FleetVolumes();
    UUID id = UUID.randomUUID();
    List<AgentState> agents = List.of(agent(id));
    long second = 1_000_000_000L;
    String old = "[\"old\",\"logs\",9,9000,9,9000,0],";
    String others = ",[\"other\",\"\",9,50,9,50,0]";
    v.put(id, report(old + "[\"x\",\"logs\",1,50,1,50,0]" + others), 10 * second);
    v.put(id, report(old + "[\"noisy\",\"logs\",9,100,9,100,0]" + others), 20 * second);
    v.put(id, report(old + "[\"noisy\",\"logs\",9,300,9,300,0]" + others), 30 * second);
    JsonNode first = v.sum(agents, "", "", 10, 31 * second, RATE).path("rows").get(0);
    assertThat(first.path("value").asString()).isEqualTo("noisy");
    assertThat(first.path("inBytesPerSecond").asDouble()).isEqualTo(20);
  }

  @Test
  void marksEstimatedOutputBytes() {
    FleetVolumes v = new FleetVolumes();
    UUID id = UUID.randomUUID();
    v.put(
        id,
        report(
            "[\"a\",\"logs\",1,9,1,9,0,0],[\"b\",\"logs\",1,8,1,8,0,1],[\"c\",\"logs\",1,7,1,7,0]"),
        1);
    JsonNode rows = v.sum(List.of(agent(id)), "", "", 10, 2, RATE).path("rows");
    assertThat(rows.get(0).has("outBytesEstimated")).isFalse();
    assertThat(rows.get(1).path("outBytesEstimated").asBoolean()).isTrue();
    assertThat(rows.get(2).has("outBytesEstimated")).isFalse();
  }

  @Test
  void rejectsAttributeOnceAgentsReportOthers() {
    FleetVolumes v = new FleetVolumes();
    UUID id = UUID.randomUUID();
    List<AgentState> agents = List.of(agent(id));
    JsonNode none = v.sum(agents, "team", "", 10, 1, RATE);
    assertThat(none.path("rows")).isEmpty();
    assertThat(none.path("agentsWithout").asInt()).isEqualTo(1);
    v.put(id, report("[\"a\",\"logs\",1,9,1,9,0,0]"), 1);
    assertThatThrownBy(() -> v.sum(agents, "team", "", 10, 2, RATE))
        .hasMessage("volumes are not counted by team; agents count by: service.name");
  }

  @Test
  void ignoresMalformedReports() {
    FleetVolumes v = new FleetVolumes();
    List<UUID> ids = List.of(UUID.randomUUID(), UUID.randomUUID(), UUID.randomUUID());
    List<String> texts =
        List.of("[1]", "{\"by\":{\"a\":[[],[1,2,\"x\"],7]},\"balance\":[]}", "\u0000");
    for (int i = 0; i < ids.size(); i++) {
      v.put(ids.get(i), texts.get(i).getBytes(StandardCharsets.UTF_8), 1);
    }
    v.put(ids.get(0), new byte[VolumeReports.MAX_REPORT + 1], 1);
    List<AgentState> agents =
        ids.stream()
            .map(
                id ->
                    new AgentState(
                        id,
                        java.util.Map.of(),
                        0,
                        null,
                        "",
                        "",
                        null,
                        null,
                        0,
                        0,
                        "websocket",
                        true,
                        0,
                        0))
            .toList();
    ObjectNode sum = v.sum(agents, "", "", 10, 100, RATE);
    assertThat(sum.path("agents").asInt()).isEqualTo(1);
    assertThat(sum.path("agentsWithout").asInt()).isEqualTo(2);
    assertThat(sum.path("by").asString()).isEqualTo("a");
  }
}
