package dev.tethys.insight.entities;

import static dev.tethys.insight.entities.RecordedSeries.entity;
import static dev.tethys.insight.entities.RecordedSeries.ids;
import static dev.tethys.insight.entities.RecordedSeries.relations;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.insight.entities.kind.EntityKind;
import dev.tethys.insight.entities.kind.RelationKind;
import dev.tethys.insight.entities.rules.InsightRule;
import dev.tethys.insight.entities.rules.RuleSet;
import dev.tethys.model.Labels;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

@Tag("slow")
class EntityModelTest {
  private static final long NOW = 1_800_000_000_000L;
  private static final long MINUTE = 60_000;

  private final RecordedSeries series = new RecordedSeries();

  private void container(String machine, String id) {
    series.add("container_info", "machine_id", machine, "container_id", id, "image", "x:1");
  }

  private void listener(String machine, String id, String address) {
    series.add(
        "container_net_tcp_listen_info",
        "machine_id",
        machine,
        "container_id",
        id,
        "listen_addr",
        address);
  }

  private void connection(String machine, String id, String destination) {
    series.add(
        "container_net_tcp_active_connections",
        "machine_id",
        machine,
        "container_id",
        id,
        "destination",
        destination,
        "actual_destination",
        destination);
  }

  private void spans(String service, String span) {
    series.add(
        "traces_spanmetrics_calls_total",
        "service",
        service,
        "span_name",
        span,
        "span_kind",
        "SPAN_KIND_SERVER");
  }

  private void pod(String namespace, String pod, String kind, String owner) {
    series.add(
        "kube_pod_info",
        "namespace",
        namespace,
        "pod",
        pod,
        "uid",
        "uid-" + pod,
        "node",
        "n1",
        "created_by_kind",
        kind,
        "created_by_name",
        owner);
  }

  @Test
  void findsOneNodeAndNoServiceInTheMetricsOfNodeExporter() throws IOException {
    Pattern line = Pattern.compile("([a-z_:A-Z0-9]+)(?:\\{(.*)})? [^ ]+");
    Pattern label = Pattern.compile("([a-zA-Z_0-9]+)=\"((?:[^\"\\\\]|\\\\.)*)\"");
    for (String l :
        Files.readAllLines(Shared.conformance("node_exporter/fixtures/e2e-output.txt"))) {
      Matcher m = line.matcher(l);
      if (!l.startsWith("#") && m.matches()) {
        List<String> labels =
            new ArrayList<>(List.of(m.group(1), "job", "node", "instance", "10.0.0.7:9100"));
        Matcher each = label.matcher(m.group(2) == null ? "" : m.group(2));
        while (each.find()) {
          labels.add(each.group(1));
          labels.add(each.group(2));
        }
        series.add(labels.toArray(String[]::new));
      }
    }
    series.add("up", "job", "node", "instance", "10.0.0.7:9100");
    series.add(
        "node_uname_info",
        "job",
        "node",
        "instance",
        "10.0.0.7:9100",
        "nodename",
        "web-1",
        "sysname",
        "Linux");
    World w = series.world(NOW);
    assertThat(ids(w, EntityKind.NODE)).containsExactly("node:scraped:10.0.0.7");
    assertThat(w.entities()).hasSize(1);
    assertThat(w.entities().getFirst().name()).isEqualTo("web-1");
  }

  @Test
  void joinsTheServiceOfSpansContainersAndScrapes() {
    container("m1", "/docker/checkout");
    listener("m1", "/docker/checkout", "10.0.0.5:8080");
    spans("checkout", "GET /cart");
    series.add("up", "job", "checkout-metrics", "instance", "10.0.0.5:8080");
    series.add("node_info", "machine_id", "m1", "hostname", "web-1");
    World w = series.world(NOW);
    assertThat(ids(w, EntityKind.SERVICE)).containsExactly("service:checkout");
    assertThat(ids(w, EntityKind.INSTANCE)).containsExactly("instance:machine:m1/docker/checkout");
    assertThat(w.find("instance:address:10.0.0.5:8080")).isNotNull();
    assertThat(relations(w, RelationKind.PART_OF))
        .contains("instance:machine:m1/docker/checkout -> service:checkout");
    assertThat(relations(w, RelationKind.RUNS_ON))
        .contains("instance:machine:m1/docker/checkout -> node:machine:m1");
  }

  @Test
  void takesTheJobAsServiceWhereNothingElseIsKnown() {
    series.add("up", "job", "shop/api", "instance", "10.0.0.5:8080");
    series.add("up", "job", "shop/api", "instance", "10.0.0.6:8080");
    World w = series.world(NOW);
    assertThat(ids(w, EntityKind.SERVICE)).containsExactly("service:api");
    assertThat(ids(w, EntityKind.INSTANCE)).hasSize(2);
  }

  @Test
  void findsWorkloadsServicesAndNodesOfKubernetes() {
    series.add("kube_node_info", "node", "n1", "system_uuid", "ABC-1");
    series.add("node_info", "machine_id", "m1", "hostname", "host1", "system_uuid", "abc-1");
    pod("shop", "checkout-6799fc88d8-x2x2x", "ReplicaSet", "checkout-6799fc88d8");
    pod("shop", "db-0", "StatefulSet", "db");
    pod("shop", "report-28930001-abcde", "Job", "report-28930001");
    series.add(
        "container_info",
        "machine_id",
        "m1",
        "container_id",
        "/k8s/shop/checkout-6799fc88d8-x2x2x/app",
        "app_id",
        "/k8s/shop/checkout");
    spans("checkout", "GET /cart");
    World w = series.world(NOW);
    assertThat(ids(w, EntityKind.NODE)).containsExactly("node:k8s:/n1");
    assertThat(w.find("node:machine:m1")).isNotNull();
    assertThat(ids(w, EntityKind.SERVICE))
        .containsExactly("service:/shop/checkout", "service:/shop/db");
    assertThat(ids(w, EntityKind.WORKLOAD))
        .containsExactly(
            "workload:/shop/Deployment/checkout",
            "workload:/shop/Job/report",
            "workload:/shop/StatefulSet/db");
    assertThat(ids(w, EntityKind.INSTANCE)).hasSize(3);
    assertThat(relations(w, RelationKind.RUNS_ON))
        .contains("service:/shop/checkout -> workload:/shop/Deployment/checkout");
  }

  @Test
  void honoursAnnotationsOfCoroot() {
    pod("shop", "a-0", "StatefulSet", "a");
    pod("shop", "b-0", "StatefulSet", "b");
    for (String pod : List.of("a-0", "b-0")) {
      series.add(
          "kube_pod_annotations",
          "namespace",
          "shop",
          "pod",
          pod,
          "annotation_coroot_com_custom_application_name",
          "store",
          "annotation_coroot_com_application_category",
          "back-office");
    }
    World w = series.world(NOW);
    assertThat(ids(w, EntityKind.SERVICE)).containsExactly("service:/shop/store");
    assertThat(entity(w, "instance:pod:/shop/a-0").attributes())
        .containsEntry("category", "back-office");
  }

  @Test
  void joinsReplicaSetsToDeploymentsAsCorootDoes() throws IOException {
    ObjectMapper json = new ObjectMapper();
    int cases = 0;
    for (String line : Files.readAllLines(Shared.conformance("coroot/server/cases.jsonl"))) {
      JsonNode c = json.readTree(line);
      if (c.path("what").asString("").equals("replica set to application")) {
        RecordedSeries s = new RecordedSeries();
        s.add(
            "kube_pod_info",
            "namespace",
            "n",
            "pod",
            "p",
            "created_by_kind",
            "ReplicaSet",
            "created_by_name",
            c.path("in").asString());
        assertThat(s.world(NOW).find("workload:/n/Deployment/" + c.path("want").asString()))
            .isNotNull();
        cases++;
      }
    }
    assertThat(cases).isEqualTo(2);
  }

  @Test
  void findsCallsBetweenInstancesAndServices() {
    container("m1", "/docker/web");
    container("m2", "/docker/api");
    container("m2", "/docker/store");
    listener("m1", "/docker/web", "10.0.0.1:80");
    listener("m2", "/docker/api", "10.0.0.2:8080");
    listener("m2", "/docker/store", "127.0.0.1:5432");
    connection("m1", "/docker/web", "10.0.0.2:8080");
    connection("m2", "/docker/api", "127.0.0.1:5432");
    connection("m1", "/docker/web", "127.0.0.1:5432");
    connection("m2", "/docker/api", "api.example.com:443");
    World w = series.world(NOW);
    assertThat(relations(w, RelationKind.CALLS))
        .contains(
            "instance:machine:m1/docker/web -> instance:machine:m2/docker/api",
            "service:web -> service:api",
            "service:api -> service:store",
            "service:api -> external_endpoint:api.example.com:443")
        .doesNotContain("service:web -> service:store")
        .noneMatch(r -> r.contains("external_endpoint:127"));
  }

  @Test
  void leavesOutHealthChecksScansAndShortLivedClients() {
    spans("prober", "GET /healthz");
    container("m1", "/docker/scanner");
    for (int i = 0; i < 200; i++) {
      connection("m1", "/docker/scanner", "10.1.0." + i + ":22");
    }
    series.addAt(
        NOW - 20_000,
        NOW,
        "container_net_tcp_active_connections",
        "machine_id",
        "m1",
        "container_id",
        "/process/curl",
        "destination",
        "10.0.0.9:80");
    series.add("up", "job", "tethys", "instance", "localhost:9090");
    EntityModel m = series.model();
    m.update(NOW);
    assertThat(ids(m.current(), EntityKind.SERVICE)).containsExactly("service:scanner");
    assertThat(ids(m.current(), EntityKind.EXTERNAL_ENDPOINT)).isEmpty();
    assertThat(m.problems())
        .containsExactly(
            "scanner calls 200 endpoints that no rule knows; more than 100 are left out. Add a rule"
                + " that names them");
  }

  @Test
  void keepsAddressesApartThatTwoMachinesHave() {
    for (String machine : List.of("m1", "m2")) {
      container(machine, "/docker/web");
      container(machine, "/docker/db" + machine);
      listener(machine, "/docker/db" + machine, "172.17.0.2:5432");
      connection(machine, "/docker/web", "172.17.0.2:5432");
    }
    World w = series.world(NOW);
    assertThat(relations(w, RelationKind.CALLS))
        .contains(
            "instance:machine:m1/docker/web -> instance:machine:m1/docker/dbm1",
            "instance:machine:m2/docker/web -> instance:machine:m2/docker/dbm2")
        .doesNotContain("instance:machine:m1/docker/web -> instance:machine:m2/docker/dbm2");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void doesNotDependOnTheOrderOfSeries(long seed) {
    findsWorkloadsServicesAndNodesOfKubernetes();
    findsCallsBetweenInstancesAndServices();
    keepsAddressesApartThatTwoMachinesHave();
    World first = series.world(NOW);
    assertThat(series.shuffled(seed).world(NOW)).isEqualTo(first);
    assertThat(first.entities()).hasSizeGreaterThan(15);
  }

  @Test
  void addsAndEndsEntitiesAsTheirSeriesDo() {
    series.add("up", "job", "a", "instance", "10.0.0.1:80");
    series.addAt(NOW + MINUTE, NOW + 3 * MINUTE, "up", "job", "b", "instance", "10.0.0.2:80");
    EntityModel m = series.model();
    List<List<String>> services = new ArrayList<>();
    for (int i = 0; i <= 12; i++) {
      m.update(NOW + i * MINUTE);
      services.add(ids(m.current(), EntityKind.SERVICE));
    }
    List<String> one = List.of("service:a");
    List<String> both = List.of("service:a", "service:b");
    assertThat(services)
        .containsExactly(one, one, both, both, both, both, both, both, both, one, one, one, one);
  }

  @Test
  void keepsTheWorldWhileTheSourceIsAway() {
    series.add("up", "job", "a", "instance", "10.0.0.1:80");
    EntityModel m = series.model();
    m.update(NOW);
    World before = m.current();
    series.isAway = true;
    m.update(NOW + 60 * MINUTE);
    assertThat(m.current()).isEqualTo(before);
    assertThat(m.problems()).first().asString().contains("the series could not be read: away");
    series.isAway = false;
    m.update(NOW + 61 * MINUTE);
    assertThat(m.current()).isEqualTo(before);
    assertThat(m.problems()).isEmpty();
  }

  @Test
  void separatesEntitiesOfClusters() throws IOException {
    for (String cluster : List.of("east", "west")) {
      series.add("up", "job", "shop/api", "instance", "10.0.0.5:8080", "cluster", cluster);
      series.add(
          "container_info", "machine_id", "m1", "container_id", "/docker/x", "cluster", cluster);
      series.add("node_info", "machine_id", "m1", "hostname", "web", "cluster", cluster);
    }
    series.add("up", "job", "other", "instance", "10.0.0.6:8080");
    EntityModel m =
        new EntityModel(
            RuleSet.defaults(),
            Map.of(InsightRule.Source.METRICS, series),
            EntityModel.Limits.DEFAULT,
            null,
            "cluster");
    m.update(NOW);
    World w = m.current();
    assertThat(ids(w, EntityKind.SERVICE))
        .containsExactly("service:east/api", "service:other", "service:west/api");
    assertThat(ids(w, EntityKind.NODE))
        .containsExactly("node:east/machine:m1", "node:west/machine:m1");
    assertThat(relations(w, RelationKind.RUNS_ON))
        .contains(
            "container:east/machine:m1/docker/x -> node:east/machine:m1",
            "container:west/machine:m1/docker/x -> node:west/machine:m1");
    Entity east = entity(w, "service:east/api");
    assertThat(east.name()).isEqualTo("api");
    assertThat(east.attributes()).containsEntry("cluster", "east");
    assertThat(east.series()).containsExactly(Labels.of("cluster", "east", "job", "shop/api"));
  }
}
