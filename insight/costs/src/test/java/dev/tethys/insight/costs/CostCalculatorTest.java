package dev.tethys.insight.costs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tethys.insight.entities.EntityModel;
import dev.tethys.insight.entities.World;
import dev.tethys.insight.entities.rules.InsightRule;
import dev.tethys.insight.entities.rules.RuleSet;
import dev.tethys.insight.graph.query.MetricAnswers;
import dev.tethys.insight.graph.query.MetricAnswers.Sample;
import dev.tethys.model.access.Scope;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.query.promql.EngineOptions;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.query.promql.QueryOptions;
import dev.tethys.query.promql.Value;
import dev.tethys.query.promql.parser.PromqlParser;
import dev.tethys.testkit.MemoryMetricStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CostCalculatorTest {
  private static final long NOW = 1_800_000_000_000L;
  private static final long HOUR = 3_600_000;
  private static final double GIB = 1 << 30;

  @TempDir Path folder;

  private final MemoryMetricStore store = new MemoryMetricStore(0);
  private final PromqlEngine engine = new PromqlEngine(EngineOptions.builder().threads(1).build());
  private List<PriceList> prices = List.of();

  @BeforeEach
  void readPrices() throws IOException {
    Path file = Files.writeString(folder.resolve("prices.yml"), PriceFilesTest.LIST);
    prices = PriceFiles.read(List.of(file.toString()));
  }

  @AfterEach
  void close() {
    engine.close();
  }

  /** Adds a series of the last hour that begins at a value and grows by another each second. */
  private void add(String series, double first, double perSecond) {
    try (Appender a = store.appender()) {
      long ref = a.series(PromqlParser.parseMetric(series));
      for (long t = NOW - HOUR; t <= NOW; t += 60_000) {
        a.append(ref, 0, t, first + perSecond * (t - NOW + HOUR) / 1000.0);
      }
      a.commit();
    }
  }

  private World world() throws IOException {
    MetricSource source = store.within(Scope.DEFAULT);
    try (EntityModel model =
        new EntityModel(
            RuleSet.defaults(),
            Map.of(
                InsightRule.Source.METRICS,
                (from, to, matchers, limit) -> source.series(from, to, List.of(matchers), limit)),
            EntityModel.Limits.DEFAULT,
            null)) {
      model.update(NOW - 60_000);
      model.update(NOW);
      return model.current();
    }
  }

  private MetricAnswers answers() {
    return (query, time) -> {
      Value v = engine.instant(store, query, time, QueryOptions.DEFAULT).execute().value();
      return ((Value.InstantVector) v)
          .samples().stream().map(s -> new Sample(s.labels().toMap(), s.value())).toList();
    };
  }

  private CostReport report() throws IOException {
    return CostCalculator.report(world(), answers(), prices, NOW - HOUR, NOW);
  }

  /** A node with 4 processors and 16 GiB, by the node agent. */
  private void node(String machine, String zone, String type) {
    String labels = "{machine_id=\"" + machine + "\"";
    add("node_info" + labels + ", hostname=\"" + machine + "\"}", 1, 0);
    add(
        "node_cloud_info"
            + labels
            + ", provider=\"c\", instance_id=\"i-"
            + machine
            + "\", region=\"north\", availability_zone=\""
            + zone
            + "\", instance_type=\""
            + type
            + "\"}",
        1,
        0);
    add("node_resources_cpu_logical_cores" + labels + "}", 4, 0);
    add("node_resources_memory_total_bytes" + labels + "}", 16 * GIB, 0);
  }

  private static String container(String machine, String name) {
    return "machine_id=\""
        + machine
        + "\", container_id=\"/docker/"
        + name
        + "\", app_id=\"/docker/"
        + name
        + "\"";
  }

  private void service(String machine, String name, String ip, double cores, double gib) {
    String c = container(machine, name);
    add("container_info{" + c + "}", 1, 0);
    add("container_net_tcp_listen_info{" + c + ", listen_addr=\"" + ip + ":80\"}", 1, 0);
    add("container_resources_cpu_usage_seconds_total{" + c + "}", 0, cores);
    add("container_resources_memory_rss_bytes{" + c + "}", gib * GIB, 0);
  }

  private static EntityCost service(CostReport r, String name) {
    return r.services().stream()
        .filter(c -> c.entity().name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void pricesNodesAndTheUseOfServices() throws IOException {
    node("m1", "a", "big-4");
    node("m2", "b", "small");
    service("m1", "cart", "10.0.0.1", 1, 2);
    service("m2", "web", "10.0.0.2", 2, 4);
    CostReport r = report();
    assertThat(r.notices()).isEmpty();
    assertThat(r.nodes()).extracting(n -> n.node().name()).containsExactly("m2", "m1");
    NodeCost m1 = r.nodes().getLast();
    assertThat(m1.total()).isEqualTo(4 * 0.05 + 16 * 0.01);
    assertThat(m1.used()).isCloseTo(0.05 + 2 * 0.01, within(1e-6));
    assertThat(m1.idle()).isCloseTo(m1.total() - m1.used(), within(1e-9));
    assertThat(m1.requested()).as("no requests are observed").isNaN();
    EntityCost web = service(r, "web");
    assertThat(web.cores()).isCloseTo(2, within(1e-6));
    assertThat(web.used()).isCloseTo(2 * 0.1 + 4 * 0.02, within(1e-6));
    assertThat(web.total()).isEqualTo(web.used());
    assertThat(web.disk()).isNaN();
    assertThat(web.internet()).isNaN();
  }

  @Test
  void pricesTrafficToOtherZonesAndTheInternet() throws IOException {
    node("m1", "a", "big-4");
    node("m2", "b", "big-4");
    service("m1", "cart", "10.0.0.1", 1, 1);
    service("m2", "web", "10.0.0.2", 1, 1);
    String sent = "container_net_tcp_bytes_sent_total{" + container("m1", "cart");
    double perSecond = GIB / 3600;
    add(
        sent + ", destination=\"10.0.0.2:80\", actual_destination=\"10.0.0.2:80\"}",
        0,
        3 * perSecond);
    add(sent + ", destination=\"10.0.0.1:80\", actual_destination=\"10.0.0.1:80\"}", 0, perSecond);
    add(sent + ", destination=\"203.0.113.5:443\", actual_destination=\"\"}", 0, 2 * perSecond);
    add(sent + ", destination=\"192.168.7.7:443\", actual_destination=\"\"}", 0, perSecond);
    EntityCost cart = service(report(), "cart");
    assertThat(cart.zones()).isCloseTo(3 * 0.01, within(1e-6));
    assertThat(cart.internet()).isCloseTo(2 * 0.1, within(1e-6));
  }

  @Test
  void pricesRequestsAndVolumesOfPods() throws IOException {
    add("kube_node_info{node=\"n1\"}", 1, 0);
    add("kube_node_status_capacity{node=\"n1\", resource=\"cpu\"}", 2, 0);
    add("kube_node_status_capacity{node=\"n1\", resource=\"memory\"}", 8 * GIB, 0);
    String pod = "namespace=\"shop\", pod=\"db-0\"";
    add(
        "kube_pod_info{"
            + pod
            + ", node=\"n1\", created_by_kind=\"StatefulSet\", created_by_name=\"db\"}",
        1,
        0);
    String requests =
        "kube_pod_container_resource_requests{" + pod + ", container=\"pg\", resource=";
    add(requests + "\"cpu\"}", 0.5, 0);
    add(requests + "\"memory\"}", 2 * GIB, 0);
    add("container_cpu_usage_seconds_total{" + pod + ", container=\"pg\"}", 0, 0.25);
    add("container_memory_working_set_bytes{" + pod + ", container=\"pg\"}", GIB, 0);
    String claim = "namespace=\"shop\", persistentvolumeclaim=\"data\"";
    add("kube_pod_spec_volumes_persistentvolumeclaims_info{" + claim + ", pod=\"db-0\"}", 1, 0);
    add("kube_persistentvolumeclaim_resource_requests_storage_bytes{" + claim + "}", 100 * GIB, 0);
    CostReport r = report();
    assertThat(r.workloads()).hasSize(1);
    EntityCost db = r.workloads().getFirst();
    assertThat(db.requested()).isCloseTo(0.5 * 0.1 + 2 * 0.02, within(1e-9));
    assertThat(db.used()).isCloseTo(0.25 * 0.1 + 0.02, within(1e-6));
    assertThat(db.disk()).isCloseTo(100 * 0.073 / 730, within(1e-9));
    assertThat(r.nodes().getFirst().requested()).isEqualTo(db.requested());
  }

  @Test
  void inventsNoPrices() throws IOException {
    node("m1", "a", "big-4");
    service("m1", "cart", "10.0.0.1", 1, 2);
    prices = List.of();
    CostReport r = report();
    assertThat(r.prices()).isNull();
    assertThat(r.nodes().getFirst().total()).isNaN();
    assertThat(r.nodes().getFirst().note()).isEqualTo("no price list is valid");
    assertThat(service(r, "cart").used()).isNaN();
    assertThat(service(r, "cart").cores()).isCloseTo(1, within(1e-6));
  }

  @Test
  void namesNodesWithoutARateOrASize() throws IOException {
    prices =
        List.of(
            new PriceList(
                "p",
                "p.yml:1:1",
                prices.getFirst().from(),
                "EUR",
                List.of(prices.getFirst().rates().getFirst()),
                Double.NaN,
                Double.NaN,
                Double.NaN));
    node("m1", "a", "small");
    add("node_info{machine_id=\"m3\", hostname=\"m3\"}", 1, 0);
    assertThat(report().nodes())
        .extracting(NodeCost::note)
        .allMatch(n -> n.startsWith("no rate matches its attributes {"));
  }

  @Test
  void saysWhatWasNotAskedOrFailed() throws IOException {
    node("m1", "a", "big-4");
    long[] nanos = {0};
    CostReport late =
        CostCalculator.report(
            world(), answers(), prices, NOW - HOUR, NOW, () -> nanos[0] += 9_000_000_000L);
    assertThat(late.notices()).contains("requests not asked: the queries before took 20 s");
    CostReport failed =
        CostCalculator.report(
            world(),
            (q, t) -> {
              throw new IllegalStateException("closed");
            },
            prices,
            NOW - HOUR,
            NOW);
    assertThat(failed.notices()).contains("memory not known, the query failed: closed");
  }

  @Test
  void tellsPublicAddressesFromOthers() {
    for (String address :
        List.of("8.8.8.8:53", "[2001:db8::1]:443", "203.0.113.9", "172.32.0.1:1")) {
      assertThat(TrafficZones.isPublic(Objects.requireNonNull(TrafficZones.ip(address))))
          .as(address)
          .isTrue();
    }
    for (String address :
        List.of(
            "10.1.1.1:1",
            "172.16.0.1:1",
            "192.168.0.1:1",
            "127.0.0.1:1",
            "169.254.1.1:1",
            "100.64.0.1:1",
            "0.0.0.0:1",
            "255.255.255.255:1",
            "[::1]:1",
            "[fe80::1]:1",
            "[fd00::1]:1")) {
      assertThat(TrafficZones.isPublic(Objects.requireNonNull(TrafficZones.ip(address))))
          .as(address)
          .isFalse();
    }
    for (String odd : List.of("", ":", "example.com:443", "[", "[]:1", "x".repeat(9999))) {
      assertThat(TrafficZones.ip(odd)).as(odd).isNull();
    }
  }
}
