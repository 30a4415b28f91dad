package dev.tethys.api.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.query.promql.EngineOptions;
import dev.tethys.query.promql.PromqlEngine;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ServicesApiTest {
  private static final String RANGE = "?start=0&end=300";

  private PromqlEngine engine;
  private ApiServer server;

  @BeforeEach
  void start() throws IOException {
    engine = new PromqlEngine(EngineOptions.defaults());
    server = new ApiServer(ApiSettings.DEFAULT);
    server.engine = QueryEngine.of(engine, server.store);
  }

  @AfterEach
  void stop() {
    server.close();
    engine.close();
  }

  /** Counter that grows by 30 each 15 seconds: 2 a second. */
  private void counter(String... labels) {
    for (int k = 0; k <= 20; k++) {
      server.sample(Labels.of(labels), k * 15_000L, 30 * k);
    }
  }

  private void calls(String service, String span, String status) {
    counter(
        "__name__",
        "traces_spanmetrics_calls_total",
        "service",
        service,
        "span_name",
        span,
        "span_kind",
        "SPAN_KIND_SERVER",
        "status_code",
        status);
  }

  /** Response with rounded rates, which PromQL extrapolates. */
  private String answer(String path) {
    return server
        .get("/api/v1" + path)
        .replaceAll("1\\.99999\\d+", "2")
        .replaceAll("3\\.99999\\d+", "4");
  }

  @Test
  void listsServicesWithTheirContainers() {
    calls("nginx", "GET /", "STATUS_CODE_UNSET");
    calls("nginx", "GET /", "STATUS_CODE_ERROR");
    server.sample(
        Labels.of(
            "__name__",
            "container_info",
            "machine_id",
            "m",
            "container_id",
            "/docker/nginx",
            "image",
            "nginx:1"),
        300_000,
        1);
    assertThat(answer("/services" + RANGE))
        .isEqualTo(
            "200 {\"status\":\"success\",\"data\":[{\"name\":\"nginx\",\"takesRequests\":true,"
                + "\"observedOnly\":false,\"rate\":4,\"failed\":2,"
                + "\"latency\":{\"p50\":null,\"p95\":null,\"p99\":null},"
                + "\"operations\":[{\"name\":\"GET /\",\"rate\":4}],"
                + "\"containers\":[{\"id\":\"/docker/nginx\",\"machine\":\"m\","
                + "\"application\":\"\",\"image\":\"nginx:1\"}]}]}");
  }

  @Test
  void listsCallsFromSpansAndFromNodeAgent() {
    counter("__name__", "traces_service_graph_request_total", "client", "web", "server", "nginx");
    server.sample(
        Labels.of(
            "__name__",
            "container_net_tcp_listen_info",
            "machine_id",
            "m",
            "container_id",
            "/docker/db",
            "listen_addr",
            "10.0.0.1:5432"),
        300_000,
        1);
    server.sample(
        Labels.of(
            "__name__",
            "container_net_tcp_active_connections",
            "machine_id",
            "m",
            "container_id",
            "/docker/nginx",
            "destination",
            "10.0.0.1:5432",
            "actual_destination",
            "10.0.0.1:5432"),
        300_000,
        3);
    String none = "{\"p50\":null,\"p95\":null,\"p99\":null}";
    assertThat(answer("/services/map" + RANGE))
        .isEqualTo(
            "200 {\"status\":\"success\",\"data\":{\"nodes\":["
                + "{\"name\":\"web\",\"kind\":\"service\",\"namespace\":\"\"},"
                + "{\"name\":\"nginx\",\"kind\":\"service\",\"namespace\":\"\","
                + "\"container\":\"/docker/nginx\"},"
                + "{\"name\":\"db\",\"kind\":\"service\",\"namespace\":\"\","
                + "\"container\":\"/docker/db\"}],\"edges\":["
                + "{\"from\":\"web\",\"to\":\"nginx\",\"type\":\"\",\"connection\":\"\",\"rate\":2,\"failed\":0,"
                + "\"clientLatency\":"
                + none
                + ",\"serverLatency\":"
                + none
                + "},{\"from\":\"nginx\",\"to\":\"db\",\"type\":\"tcp\",\"connection\":\"virtual_node\",\"rate\":0,\"failed\":0,"
                + "\"clientLatency\":"
                + none
                + ",\"serverLatency\":"
                + none
                + ",\"connections\":3,\"retransmits\":0}]}}");
  }

  @Test
  void rejectsWrongRanges() {
    assertThat(server.get("/api/v1/services?start=300&end=0")).startsWith("400 ");
    assertThat(server.get("/api/v1/services/map?start=0&end=99999999999")).contains("366 days");
    assertThat(server.get("/api/v1/services/map?start=x")).contains("invalid time value");
  }
}
