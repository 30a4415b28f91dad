package dev.tethys.insight.inspections.definition;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.insight.inspections.definition.ThresholdOverrides.Found;
import dev.tethys.insight.inspections.definition.ThresholdOverrides.ScopedThreshold;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

class ThresholdOverridesTest {
  private static final ThresholdOverrides OVERRIDES =
      new ThresholdOverrides(
          List.of(
              at("(default)", 1),
              at("*/*/*", 2),
              at("shop/*/*", 3),
              at("shop/Deployment/cart-*", 4),
              at("shop/Deployment/cart-v2", 5),
              at("shop:Deployment:mail", 6)));

  private static ScopedThreshold at(String scope, double threshold) {
    return new ScopedThreshold("f:1:1", scope, "CPUNode", threshold);
  }

  private static double of(String namespace, String kind, String name) {
    return Objects.requireNonNull(OVERRIDES.find("CPUNode", namespace, List.of(kind), name));
  }

  @Test
  void prefersTheScopeWithMostLiteralCharacters() {
    assertThat(of("shop", "Deployment", "cart-v2")).isEqualTo(5);
    assertThat(of("shop", "Deployment", "cart-v3")).isEqualTo(4);
    assertThat(of("shop", "StatefulSet", "cart-v3")).isEqualTo(3);
    assertThat(of("other", "Deployment", "cart-v3")).isEqualTo(2);
  }

  @Test
  void takesIdsOfCorootAndKindsInAnyCase() {
    assertThat(of("shop", "deployment", "mail")).isEqualTo(6);
  }

  @Test
  void hasNoThresholdForOtherInspections() {
    assertThat(OVERRIDES.find("CPUContainer", "shop", List.of("Deployment"), "cart")).isNull();
  }

  @Test
  void matchesLongNamesInTime() {
    String pattern = "*a".repeat(500) + "b";
    assertThat(ThresholdOverrides.matches(pattern, "a".repeat(20_000))).isFalse();
  }

  @Test
  void findsTheThresholdsThatCorootFinds() throws IOException {
    int cases = 0;
    for (JsonNode c : cases("threshold of a check")) {
      List<ScopedThreshold> all = new ArrayList<>();
      for (JsonNode o : c.path("configs")) {
        all.add(
            new ScopedThreshold(
                "f", o.get(0).asString(), o.get(1).asString(), o.get(2).asDouble()));
      }
      String[] p = c.path("application").asString().split("/");
      Found f =
          new ThresholdOverrides(all).match(c.path("check").asString(), p[0], List.of(p[1]), p[2]);
      if (c.path("want").isNull()) {
        assertThat(f).as(c.path("id").asString()).isNull();
      } else {
        assertThat(f)
            .as(c.path("id").asString())
            .isEqualTo(new Found(c.path("want").asDouble(), c.path("is_default").asBoolean()));
      }
      cases++;
    }
    assertThat(cases).isEqualTo(9);
  }

  @Test
  void readsIdsOfApplicationsAsCorootDoes() throws IOException {
    int cases = 0;
    for (JsonNode c : cases("application id text")) {
      JsonNode want = c.path("want");
      assertThat(
              ApplicationId.parse(c.path("in").asString(), c.path("fallback_cluster").asString()))
          .as(c.path("id").asString())
          .isEqualTo(
              new ApplicationId(
                  want.path("cluster").asString(),
                  want.path("namespace").asString(),
                  want.path("kind").asString(),
                  want.path("name").asString()));
      cases++;
    }
    assertThat(cases).isEqualTo(4);
  }

  private static List<JsonNode> cases(String what) throws IOException {
    ObjectMapper json = new ObjectMapper();
    return Files.readAllLines(Shared.conformance("coroot/server/cases.jsonl")).stream()
        .map(json::readTree)
        .filter(c -> c.path("what").asString("").equals(what))
        .toList();
  }
}
