package dev.tethys.insight.graph.query;

import static dev.tethys.insight.graph.query.ObservedCallsTest.NGINX;
import static dev.tethys.insight.graph.query.ObservedCallsTest.ends;
import static dev.tethys.insight.graph.query.ObservedCallsTest.sample;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.insight.graph.query.MetricAnswers.Sample;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ServiceQueriesTest {
  private static final Window WINDOW = new Window(0, 300_000);

  /** Answers by a part of the query, the first that fits. */
  private final Map<String, List<Sample>> answers = new LinkedHashMap<>();

  private final ServiceQueries queries = new ServiceQueries(this::answer);

  private List<Sample> answer(String query, long time) {
    assertThat(time).isEqualTo(300_000);
    return answers.entrySet().stream()
        .filter(e -> query.contains(e.getKey()))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(List.of());
  }

  private static Map<String, String> edge(String client, String server, String type) {
    return Map.of("client", client, "server", server, "connection_type", type);
  }

  @Test
  void hasEdgesWithLatencyOfBothSides() {
    answers.put(
        "request_total",
        List.of(
            sample(2, edge("user", "web", "virtual_node")),
            sample(3, edge("web", "pay", ""), "server_service_namespace", "money"),
            sample(1, edge("web", "pay", "")),
            sample(Double.NaN, edge("web", "gone", "")),
            sample(5, edge("pay", "pg", "database")),
            sample(1, edge("pay", "stripe", "virtual_node"))));
    answers.put("failed_total", List.of(sample(1, edge("web", "pay", ""))));
    answers.put(
        "(0.95, sum by (client, server, connection_type, client_service_namespace,"
            + " server_service_namespace, le) (rate(traces_service_graph_request_client",
        List.of(sample(0.5, edge("web", "pay", "")), sample(0.4, edge("web", "pay", ""))));
    answers.put(
        "(0.95, sum by (client, server, connection_type, client_service_namespace,"
            + " server_service_namespace, le) (rate(traces_service_graph_request_server",
        List.of(sample(0.013, edge("web", "pay", "")), sample(Double.NaN, edge("pay", "pg", ""))));
    ServiceMap map = queries.map(WINDOW);
    assertThat(ends(map)).containsExactly("user>web", "web>pay", "pay>pg", "pay>stripe");
    CallEdge pay = map.edges().get(1);
    assertThat(pay.rate()).isEqualTo(4);
    assertThat(pay.failed()).isEqualTo(1);
    assertThat(pay.client().p95()).isEqualTo(0.5);
    assertThat(pay.server().p95()).isEqualTo(0.013);
    assertThat(pay.server().p50()).isNaN();
    assertThat(map.nodes().stream().map(n -> n.name() + " " + n.kind().text() + n.namespace()))
        .containsExactly(
            "user external", "web service", "pay servicemoney", "pg database", "stripe external");
    assertThat(new CallGraph(this::answer).edges(WINDOW)).hasSize(4);
  }

  @Test
  void listsServicesOfSpansWithTheirContainers() {
    answers.put(
        "sum by (service) (rate(traces_spanmetrics_calls_total[300000ms]))",
        List.of(sample(9, Map.of("service", "nginx")), sample(1, Map.of("service", "cron"))));
    answers.put("STATUS_CODE_ERROR", List.of(sample(2, Map.of("service", "nginx"))));
    answers.put("topk", List.of(sample(5, Map.of("service", "nginx"), "span_name", "GET /")));
    answers.put(
        "histogram_quantile(0.95, sum by (service, le)",
        List.of(sample(0.25, Map.of("service", "nginx"))));
    answers.put(
        "sum by (service) (rate(traces_spanmetrics_calls_total{",
        List.of(sample(8, Map.of("service", "nginx"))));
    answers.put("container_info", List.of(sample(1, NGINX, "image", "nginx:1")));
    List<Service> all = queries.services(WINDOW);
    Service.Container container = new Service.Container("m", "/docker/nginx", "", "nginx:1");
    assertThat(all)
        .containsExactly(
            new Service(
                "nginx",
                true,
                8,
                2,
                new Latency(Double.NaN, 0.25, Double.NaN),
                List.of(new Service.Operation("GET /", 5)),
                List.of(container),
                false),
            new Service("cron", false, 0, 0, Latency.NONE, List.of(), List.of(), false));
  }

  @Test
  void listsServicesThatOnlyTheNodeAgentSees() {
    answers.put(
        "__name__=~",
        List.of(sample(1, Map.of("__name__", "container_http_inbound_requests_total"))));
    answers.put(
        "histogram_quantile(0.95",
        List.of(sample(0.1, NGINX, "protocol", "http"), sample(0.3, NGINX, "protocol", "redis")));
    answers.put("5xx", List.of(sample(1, NGINX, "protocol", "http")));
    answers.put(
        "inbound_requests_total[",
        List.of(sample(8, NGINX, "protocol", "http"), sample(2, NGINX, "protocol", "redis")));
    answers.put("container_info", List.of(sample(1, NGINX)));
    List<Service> all = queries.services(WINDOW);
    assertThat(all).hasSize(1);
    Service nginx = all.getFirst();
    assertThat(nginx.observed()).isTrue();
    assertThat(nginx.rate()).isEqualTo(10);
    assertThat(nginx.failed()).isEqualTo(1);
    assertThat(nginx.latency().p95()).isEqualTo(0.3);
    assertThat(nginx.operations())
        .containsExactly(new Service.Operation("http", 8), new Service.Operation("redis", 2));
  }

  private static Service service(String name, boolean entry, boolean observed) {
    List<Service.Container> containers =
        observed ? List.of(new Service.Container("m", "/docker/nginx", "", "")) : List.of();
    return new Service(name, entry, 1, 0, Latency.NONE, List.of(), containers, observed);
  }

  @Test
  void keepsFiguresOfSpans() {
    Service seen = service("nginx", true, true);
    Service spans = service("nginx", true, false);
    Service silent = service("nginx", false, false);
    Service ofAgent = service("/docker/nginx", true, false);
    assertThat(ServiceQueries.join(List.of(spans), List.of(seen))).containsExactly(spans);
    assertThat(ServiceQueries.join(List.of(silent), List.of(seen))).containsExactly(seen);
    assertThat(ServiceQueries.join(List.of(ofAgent), List.of(seen))).containsExactly(seen);
  }

  private static ServiceMap calls(String from, String to, String type, boolean observed) {
    List<ServiceNode> nodes = new ArrayList<>();
    for (String name : List.of(from, to)) {
      nodes.add(
          new ServiceNode(name, ServiceNode.Kind.SERVICE, "", observed ? "/docker/" + name : null));
    }
    CallEdge e =
        new CallEdge(from, to, type, 9, 0, Latency.NONE, Latency.NONE, Double.NaN, Double.NaN);
    return new ServiceMap(nodes, List.of(e));
  }

  @Test
  void showsCallsOnceWhereSpansHaveThemToo() {
    ServiceMap observed = calls("nginx", "app", "http", true);
    ServiceMap map = ServiceQueries.join(calls("nginx", "app", "", false), observed);
    assertThat(map.edges()).extracting(CallEdge::type).containsExactly("");
    assertThat(map.nodes()).isEqualTo(observed.nodes());
    ServiceMap other = ServiceQueries.join(calls("nginx", "web", "", false), observed);
    assertThat(ends(other)).containsExactly("nginx>web", "nginx>app");
    assertThat(other.nodes()).hasSize(3);
  }

  @Test
  void showsCallsOnceWhereNodeAgentsSendSpans() {
    ServiceMap observed = calls("nginx", "app", "http", true);
    ServiceMap spans = calls("/docker/nginx", "/docker/app", "", false);
    assertThat(ServiceQueries.join(spans, observed)).isEqualTo(observed);
  }

  @Test
  void refusesEmptyWindows() {
    assertThatThrownBy(() -> new Window(5, 5)).hasMessageContaining("has no length");
  }
}
