package dev.tethys.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Comparison of outputs, with reports at chosen times. */
class OutputComparisonTest {
  private static final UUID FRESH = new UUID(0, 1);
  private static final UUID OTHER = new UUID(0, 2);

  private final FleetVolumes volumes = new FleetVolumes();
  private final OutputComparison outputs = new OutputComparison();

  private void report(UUID agent, long nanos, String rows) {
    volumes.put(
        agent,
        ("{\"by\":{\"service.name\":[" + rows + "]}}").getBytes(StandardCharsets.UTF_8),
        nanos);
  }

  private static String row(String value, String signal, long in, long out) {
    return String.format(
        "[\"%s\",\"%s\",%d,%d,%d,%d,0]", value, signal, in, in * 100, out, out * 100);
  }

  private void update(long applied, UUID... others) {
    outputs.update(volumes, Map.of(FRESH, applied), List.of(others));
  }

  private JsonNode shown() {
    ObjectNode n = JsonMapper.shared().createObjectNode();
    outputs.put(n);
    return n.path("outputs");
  }

  @Test
  void halfOfTheRecordsAreMissedBesideAgentsWithoutTheVersion() {
    report(FRESH, 5, row("cart", "logs", 1_000, 1_000));
    report(OTHER, 5, row("cart", "logs", 7_000, 7_000));
    update(10, OTHER); // reports before the version do not count
    assertThat(outputs.isDecided()).isFalse();
    report(FRESH, 11, row("cart", "logs", 1_100, 1_050));
    report(OTHER, 11, row("cart", "logs", 7_100, 7_100));
    update(10, OTHER);
    assertThat(outputs.isDecided()).isFalse();
    report(FRESH, 21, row("cart", "logs", 1_200, 1_100));
    report(OTHER, 21, row("cart", "logs", 7_400, 7_400));
    update(10, OTHER);
    assertThat(outputs.isDecided()).isTrue();
    assertThat(outputs.problem(0.6)).isEmpty();
    assertThat(outputs.problem(0.1))
        .contains("logs: 0.500 items", "1.000 without the version", "agents without the version");
    JsonNode cart = shown().path("rows").get(1);
    assertThat(cart.path("value").asString()).isEqualTo("cart");
    assertThat(cart.path("items").asDouble()).isEqualTo(0.5);
    assertThat(cart.path("itemsBefore").asDouble()).isEqualTo(1.0);
  }

  @Test
  void lastAgentsAreComparedWithThemselvesBefore() {
    report(FRESH, 1, row("cart", "logs", 1_000, 2_000));
    report(FRESH, 5, row("cart", "logs", 1_100, 2_200));
    outputs.reach(volumes, FRESH);
    report(FRESH, 11, row("cart", "logs", 1_200, 2_300));
    update(10);
    report(FRESH, 21, row("cart", "logs", 1_300, 2_400));
    update(10);
    assertThat(shown().path("against").asString()).isEqualTo("the same agents before");
    assertThat(outputs.problem(0.4)).contains("1.000 items", "2.000 without");
  }

  @Test
  void renamedValueIsShownAsOneThatVanishesAndOneThatAppears() {
    report(FRESH, 11, row("cart", "logs", 100, 0));
    report(OTHER, 11, row("cart", "logs", 100, 100));
    update(10, OTHER);
    report(FRESH, 21, row("cart", "logs", 200, 0) + "," + row("basket", "logs", 0, 100));
    report(OTHER, 21, row("cart", "logs", 200, 200));
    update(10, OTHER);
    assertThat(outputs.problem(0.01)).isEmpty(); // the signal as a whole is the same
    assertThat(shown().path("rows").size()).isEqualTo(3);
    for (JsonNode r : shown().path("rows")) {
      double after = r.path("items").asDouble();
      switch (r.path("value").asString()) {
        case "cart" -> assertThat(after).isZero();
        case "basket" -> assertThat(r.path("itemsBefore").asDouble()).isZero();
        default -> assertThat(after).isEqualTo(1);
      }
    }
  }

  @Test
  void fewItemsAreNotCompared() {
    report(FRESH, 11, row("cart", "logs", 100, 100));
    report(OTHER, 11, row("cart", "logs", 100, 100));
    update(10, OTHER);
    report(FRESH, 21, row("cart", "logs", 119, 100));
    report(OTHER, 21, row("cart", "logs", 200, 200));
    update(10, OTHER);
    assertThat(outputs.isDecided()).isFalse();
    assertThat(outputs.problem(0.01)).isEmpty();
  }

  private void report(UUID agent, long nanos, long in, long held) {
    String rows = row("cart", "logs", in, in);
    volumes.put(
        agent,
        ("{\"balance\":{\"in\":"
                + in
                + ",\"held\":"
                + held
                + "},\"by\":{\"service.name\":["
                + rows
                + "]}}")
            .getBytes(StandardCharsets.UTF_8),
        nanos);
  }

  @Test
  void whatExportersHoldIsNotDelivered() {
    report(FRESH, 11, 1_000, 0);
    report(OTHER, 11, 7_000, 0);
    update(10, OTHER);
    report(FRESH, 21, 1_100, 100);
    report(OTHER, 21, 7_100, 5);
    update(10, OTHER);
    assertThat(outputs.isDecided()).isTrue();
    assertThat(outputs.problem(0.1)).isEmpty();
    assertThat(outputs.undelivered(0.1)).contains("of 100 items", "100 are held");
    report(FRESH, 31, 1_200, 20);
    report(OTHER, 31, 7_200, 0);
    update(10, OTHER);
    assertThat(outputs.undelivered(0.1)).isEmpty();
  }
}
