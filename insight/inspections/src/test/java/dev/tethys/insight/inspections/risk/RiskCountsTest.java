package dev.tethys.insight.inspections.risk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.insight.entities.EntityModel;
import dev.tethys.insight.entities.World;
import dev.tethys.insight.entities.rules.InsightRule;
import dev.tethys.insight.entities.rules.RuleSet;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RiskCountsTest {
  private final List<Labels> series = new ArrayList<>();

  private void pod(String workload, String pod, String node) {
    series.add(
        Labels.of(
            "__name__",
            "kube_pod_info",
            "namespace",
            "shop",
            "pod",
            pod,
            "node",
            node,
            "created_by_kind",
            "StatefulSet",
            "created_by_name",
            workload));
  }

  private void node(String name) {
    series.add(Labels.of("__name__", "kube_node_info", "node", name));
  }

  private Map<Labels, Double> counts() throws IOException {
    try (EntityModel model =
        new EntityModel(
            RuleSet.defaults(),
            Map.of(
                InsightRule.Source.METRICS,
                (from, to, matchers, limit) ->
                    series.stream().filter(l -> Matcher.matchAll(matchers, l)).toList()),
            EntityModel.Limits.DEFAULT,
            null)) {
      model.update(1_800_000_000_000L);
      return EntityCounts.of(model.current());
    }
  }

  private static Labels of(String metric, String service) {
    return Labels.of("__name__", metric, "category", "", "service_key", service);
  }

  @Test
  void countsInstancesAndNodesOfServices() throws IOException {
    node("n1");
    node("n2");
    pod("cart", "cart-0", "n1");
    pod("cart", "cart-1", "n1");
    pod("web", "web-0", "n2");
    pod("lost", "lost-0", "unknown");
    series.add(
        Labels.of(
            "__name__", "traces_service_graph_request_total", "client", "web", "server", "cart"));
    Map<Labels, Double> all = counts();
    assertThat(all.get(Labels.of("__name__", "tethys_nodes"))).isEqualTo(2);
    assertThat(all.get(Labels.of("__name__", "tethys_zones"))).isZero();
    assertThat(all.get(of(EntityCounts.INSTANCES, "/shop/cart"))).isEqualTo(2);
    assertThat(all.get(of(EntityCounts.NODES, "/shop/cart"))).isEqualTo(1);
    assertThat(all).doesNotContainKey(of(EntityCounts.ZONES, "/shop/cart"));
  }

  @Test
  void hasNoServicesInAnEmptyWorld() {
    assertThat(EntityCounts.of(World.EMPTY)).hasSize(2).containsValue(0.0);
  }
}
