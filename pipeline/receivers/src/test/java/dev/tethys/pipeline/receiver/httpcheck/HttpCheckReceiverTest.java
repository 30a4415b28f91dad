package dev.tethys.pipeline.receiver.httpcheck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.receiver.log.LogContext;
import dev.tethys.web.client.HttpClientFactory;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HttpCheckReceiverTest {
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final HttpClientFactory clients = new HttpClientFactory("test");
  private HttpServer server;

  @BeforeEach
  void start() throws Exception {
    server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.createContext(
        "/",
        x -> {
          asked.add(
              x.getRequestMethod()
                  + " "
                  + x.getRequestURI()
                  + " "
                  + x.getRequestHeaders().getFirst("X-Own")
                  + " "
                  + x.getRequestHeaders().getFirst("Content-Type")
                  + " "
                  + new String(x.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          byte[] out = "four".getBytes(StandardCharsets.UTF_8);
          x.sendResponseHeaders(x.getRequestURI().getPath().equals("/gone") ? 404 : 200, 4);
          x.getResponseBody().write(out);
          x.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
    clients.close();
  }

  private String at(String path) {
    return "http://127.0.0.1:" + server.getAddress().getPort() + path;
  }

  private static HttpCheckConfig config(String yaml) {
    YamlDocument d = YamlDocument.parse("c.yaml", null, yaml);
    HttpCheckConfig c = HttpCheckConfig.TYPE.read(d.root());
    d.refuseNotBuilt();
    return c;
  }

  private Map<String, List<NumberDataPoint>> gather(String yaml) throws Exception {
    HttpCheckReceiver r =
        (HttpCheckReceiver)
            new HttpCheckFactory(clients, "1")
                .create(
                    config(yaml),
                    Map.of(Signal.METRICS, (b, ack) -> ack.complete(Outcome.ACCEPTED)),
                    new LogContext("http_check", Path.of("/nonexistent")));
    MetricsData d = r.gather();
    Map<String, List<NumberDataPoint>> out = new java.util.TreeMap<>();
    for (Metric m : d.resources().getFirst().scopes().getFirst().items()) {
      List<NumberDataPoint> points = new ArrayList<>();
      Objects.requireNonNull(m.data()).points().forEach(p -> points.add((NumberDataPoint) p));
      out.put(m.name(), points);
    }
    return out;
  }

  private static List<NumberDataPoint> points(Map<String, List<NumberDataPoint>> all, String name) {
    return all.getOrDefault(name, List.of());
  }

  @Test
  void reportsStatusDurationAndErrors() throws Exception {
    Map<String, List<NumberDataPoint>> all =
        gather(
            "targets: [{endpoint: '"
                + at("/ok")
                + "', method: post, body: '{}', auto_content_type: true, headers: {X-Own: v}},"
                + " {endpoints: ['"
                + at("/gone")
                + "', 'http://127.0.0.1:1/']}]");
    assertThat(asked).contains("POST /ok v application/json {}", "GET /gone null null ");
    List<NumberDataPoint> ones =
        points(all, "httpcheck.status").stream().filter(p -> p.longValue() == 1).toList();
    assertThat(ones).hasSize(2);
    assertThat(points(all, "httpcheck.status")).hasSize(15);
    assertThat(ones.get(0).attributes().get("http.url")).isEqualTo(at("/ok"));
    assertThat(ones.get(0).attributes().get("http.status_code")).isEqualTo(200L);
    assertThat(ones.get(0).attributes().get("http.method")).isEqualTo("POST");
    assertThat(ones.get(0).attributes().get("http.status_class")).isEqualTo("2xx");
    assertThat(ones.get(1).attributes().get("http.status_class")).isEqualTo("4xx");
    assertThat(points(all, "httpcheck.status"))
        .filteredOn(p -> p.longValue() == 0)
        .noneMatch(p -> p.attributes().contains("http.status_code"));
    assertThat(points(all, "httpcheck.duration")).hasSize(3);
    assertThat(points(all, "httpcheck.error")).hasSize(1);
    assertThat(points(all, "httpcheck.error").getFirst().attributes().get("error.message"))
        .asString()
        .isNotEmpty();
    assertThat(all).doesNotContainKey("httpcheck.response.size");
  }

  @Test
  void emitsEnabledOptionalMetrics() throws Exception {
    Map<String, List<NumberDataPoint>> all =
        gather(
            "{targets: [{endpoint: '"
                + at("/")
                + "'}], metrics: {httpcheck.response.size: {enabled: true},"
                + " httpcheck.duration: {enabled: false}}}");
    assertThat(points(all, "httpcheck.response.size").getFirst().longValue()).isEqualTo(4);
    assertThat(all).doesNotContainKey("httpcheck.duration");
  }

  @Test
  void rejectsTargetsWithoutAnAddress() {
    for (String wrong :
        List.of(
            "{}",
            "targets: []",
            "targets: [{}]",
            "targets: [{endpoint: 'localhost:80'}]",
            "targets: [{endpoint: 'http://a', method: LOOK}]",
            "targets: [{endpoint: 'http://a', validations: [{contains: x}]}]")) {
      assertThatThrownBy(() -> config(wrong)).as(wrong).isInstanceOf(RuntimeException.class);
    }
  }
}
