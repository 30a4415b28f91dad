package dev.tethys.insight.graph.query;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.insight.graph.query.MetricAnswers.Sample;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ObservedCallsTest {
  static final Map<String, String> NGINX = container("m", "/docker/nginx");
  static final Map<String, String> APP = container("m", "/system.slice/app.service");
  static final Map<String, String> DB = container("m", "/docker/db");

  private final List<Sample> listens =
      new ArrayList<>(
          List.of(
              sample(1, DB, "listen_addr", "172.17.0.2:5432"),
              sample(1, APP, "listen_addr", "127.0.0.1:80")));
  private List<Sample> rate =
      List.of(
          sample(10, NGINX, to("127.0.0.1:80", "127.0.0.1:80", "http")),
          sample(20, APP, to("10.0.0.9:5432", "172.17.0.2:5432", "postgres")),
          sample(1, APP, to("api.example.com:443", "", "http")));
  private List<Sample> connections =
      List.of(
          sample(4, APP, to("10.0.0.9:5432", "172.17.0.2:5432", "")),
          sample(2, NGINX, to("1.2.3.4:443", "1.2.3.4:443", "")));
  private List<Sample> retransmits =
      List.of(sample(0.5, APP, to("10.0.0.9:5432", "172.17.0.2:5432", "")));
  private List<Sample> answered = List.of(sample(10, APP), sample(20, DB));

  static Map<String, String> container(String machine, String id) {
    return Map.of("machine_id", machine, "container_id", id);
  }

  static Sample sample(double value, Map<String, String> labels, String... more) {
    Map<String, String> all = new LinkedHashMap<>(labels);
    for (int i = 0; i < more.length; i += 2) {
      all.put(more[i], more[i + 1]);
    }
    return new Sample(all, value);
  }

  private static String[] to(String destination, String actual, String protocol) {
    return new String[] {
      "destination", destination, "actual_destination", actual, "protocol", protocol
    };
  }

  private ServiceMap map() {
    Sample failed = sample(1, NGINX, to("127.0.0.1:80", "127.0.0.1:80", "http"));
    Sample slow = sample(0.2, APP, to("10.0.0.9:5432", "172.17.0.2:5432", "postgres"));
    return ObservedCalls.map(
        new ObservedCalls.Answers(
            listens,
            rate,
            List.of(failed),
            List.of(List.of(), List.of(slow), List.of()),
            connections,
            retransmits,
            answered));
  }

  private static CallEdge edge(ServiceMap map, String from, String to) {
    return map.edges().stream()
        .filter(e -> e.from().equals(from) && e.to().equals(to))
        .findFirst()
        .orElseThrow();
  }

  static List<String> ends(ServiceMap map) {
    return map.edges().stream().map(e -> e.from() + ">" + e.to()).toList();
  }

  @Test
  void hasCallsWithRateErrorsLatencyConnectionsAndRetransmits() {
    ServiceMap map = map();
    CallEdge http = edge(map, "nginx", "app");
    assertThat(http.type()).isEqualTo("http");
    assertThat(http.rate()).isEqualTo(10);
    assertThat(http.failed()).isEqualTo(1);
    CallEdge db = edge(map, "app", "db");
    assertThat(db.type()).isEqualTo("postgres");
    assertThat(db.client().p95()).isEqualTo(0.2);
    assertThat(db.server()).isEqualTo(Latency.NONE);
    assertThat(db.connections()).isEqualTo(4);
    assertThat(db.retransmits()).isEqualTo(0.5);
    assertThat(edge(map, "app", "api.example.com:443").rate()).isEqualTo(1);
    CallEdge tcp = edge(map, "nginx", "1.2.3.4:443");
    assertThat(tcp.type()).isEqualTo("tcp");
    assertThat(tcp.rate()).isZero();
    assertThat(tcp.connections()).isEqualTo(2);
    assertThat(map.nodes())
        .containsExactlyInAnyOrder(
            node("1.2.3.4:443", ServiceNode.Kind.EXTERNAL, null),
            node("api.example.com:443", ServiceNode.Kind.EXTERNAL, null),
            node("app", ServiceNode.Kind.SERVICE, "/system.slice/app.service"),
            node("db", ServiceNode.Kind.DATABASE, "/docker/db"),
            node("nginx", ServiceNode.Kind.SERVICE, "/docker/nginx"));
  }

  private static ServiceNode node(String name, ServiceNode.Kind kind, @Nullable String container) {
    return new ServiceNode(name, kind, "", container);
  }

  @Test
  void omitsRequestsOfServicesToThemselves() {
    rate = List.of(sample(10, APP, to("127.0.0.1:80", "127.0.0.1:80", "http")));
    answered = List.of(sample(10, APP));
    assertThat(ends(map())).noneMatch(e -> e.endsWith(">app"));
  }

  @Test
  void addsRequestsOfUnobservedClients() {
    answered = List.of(sample(7, NGINX), sample(10.5, APP), sample(0, DB, "app_id", "/k8s/x/db2"));
    ServiceMap map = map();
    assertThat(ends(map)).filteredOn(e -> e.startsWith("user>")).containsExactly("user>nginx");
    assertThat(edge(map, "user", "nginx").rate()).isEqualTo(7);
    assertThat(edge(map, "user", "nginx").connections()).isNaN();
  }

  @Test
  void prefersContainersToProxiesOfDocker() {
    Sample proxy =
        sample(1, container("m", "/system.slice/docker.service"), "listen_addr", "10.0.0.9:5432");
    Sample container = sample(1, DB, "listen_addr", "10.0.0.9:5432", "proxy", "dockerd");
    rate = List.of(sample(20, APP, to("10.0.0.9:5432", "10.0.0.9:5432", "postgres")));
    connections = List.of();
    retransmits = List.of();
    answered = List.of();
    for (List<Sample> both : List.of(List.of(proxy, container), List.of(container, proxy))) {
      listens.clear();
      listens.addAll(both);
      assertThat(ends(map())).containsExactly("app>db");
    }
  }

  @Test
  void findsLoopbackAddressesOnTheSameMachineOnly() {
    rate =
        List.of(
            sample(
                1,
                container("other", "/docker/nginx"),
                to("127.0.0.1:80", "127.0.0.1:80", "http")));
    connections = List.of();
    retransmits = List.of();
    answered = List.of();
    assertThat(ends(map())).containsExactly("nginx>127.0.0.1:80");
  }

  @Test
  void classifiesDatabasesAndMessagesAsSpansDo() {
    assertThat(List.of("redis", "kafka", "tcp", "http", "database", ""))
        .extracting(Protocols::connection)
        .containsExactly("database", "messaging_system", "virtual_node", "", "database", "");
  }

  @Test
  void namesServicesShortWhereNamesAreUnique() {
    Sample x = sample(1, Map.of("container_id", "/docker/x"));
    Sample pod = sample(1, Map.of("container_id", "/k8s/a/x-1/c", "app_id", "/k8s/a/x"));
    ContainerLabels labels = new ContainerLabels(List.of(List.of(sample(1, APP), x, pod)));
    assertThat(labels.name(sample(1, APP))).isEqualTo("app");
    assertThat(labels.name(x)).isEqualTo("/docker/x");
    assertThat(labels.name(pod)).isEqualTo("/k8s/a/x");
  }
}
