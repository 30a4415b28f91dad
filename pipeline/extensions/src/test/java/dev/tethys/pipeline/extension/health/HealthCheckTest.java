package dev.tethys.pipeline.extension.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.component.ServerAuth;
import dev.tethys.pipeline.receiver.TestPipeline;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HealthCheckTest {
  private final HttpClient http = HttpClient.newHttpClient();
  private HealthCheckFactory.@Nullable Running running;

  private static HealthCheckFactory.Settings read(String yaml) {
    return TestPipeline.read(new HealthCheckFactory().settings(), yaml);
  }

  private HealthCheckFactory.Running start(String yaml, @Nullable ServerAuth auth)
      throws Exception {
    HealthCheckFactory.Running r =
        new HealthCheckFactory.Running(read(yaml), auth, Scheduler.system());
    r.start();
    running = r;
    return r;
  }

  @AfterEach
  void stop() {
    if (running != null) {
      running.stop(Duration.ZERO);
    }
    http.close();
  }

  private HttpResponse<String> ask(String method, String path, String... headers) throws Exception {
    HealthCheckFactory.Running r = running;
    if (r == null) {
      throw new AssertionError("not started");
    }
    HttpRequest.Builder b =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + r.port() + path))
            .method(method, HttpRequest.BodyPublishers.noBody());
    return http.send(
        headers.length == 0 ? b.build() : b.headers(headers).build(), BodyHandlers.ofString());
  }

  @Test
  void acceptsKeysOfHttpServers() throws Exception {
    ServerAuth auth = h -> h.apply("Authorization").equals(List.of("Bearer a"));
    HealthCheckFactory.Running r =
        start(
            """
            {endpoint: '127.0.0.1:0', response_headers: [{name: X-A, value: b}], auth: {authenticator: x},
             cors: {allowed_origins: ['http://p']}, read_header_timeout: 5s}
            """,
            auth);
    assertThat(ask("GET", "/").statusCode()).isEqualTo(401);
    HttpResponse<String> before = ask("GET", "/", "Authorization", "Bearer a");
    assertThat(before.statusCode()).isEqualTo(503);
    assertThat(before.body())
        .isEqualTo(
            "{\"status\":\"Server not available\",\"upSince\":\"0001-01-01T00:00:00Z\","
                + "\"uptime\":\"\"}\n");
    r.ready();
    HttpResponse<String> up = ask("GET", "/", "Authorization", "Bearer a", "Origin", "http://p");
    assertThat(up.statusCode()).isEqualTo(200);
    assertThat(up.body()).startsWith("{\"status\":\"Server available\",\"upSince\":\"2");
    assertThat(up.headers().firstValue("X-A")).hasValue("b");
    assertThat(up.headers().firstValue("Access-Control-Allow-Origin")).hasValue("http://p");
    // Browsers ask without credentials.
    HttpResponse<String> asked =
        ask("OPTIONS", "/", "Origin", "http://p", "Access-Control-Request-Method", "GET");
    assertThat(asked.statusCode()).isEqualTo(204);
    assertThat(asked.headers().firstValue("Access-Control-Allow-Methods")).hasValue("GET");
    assertThat(ask("OPTIONS", "/", "Authorization", "Bearer a").statusCode()).isEqualTo(200);
  }

  /** As in the Collector, whose rules start with an allowed origin. */
  @Test
  void appliesCorsOnlyWithAllowedOrigins() throws Exception {
    start("{endpoint: '127.0.0.1:0', cors: {allowed_headers: [X-A], max_age: 7}}", null).ready();
    HttpResponse<String> asked =
        ask("OPTIONS", "/", "Origin", "http://p", "Access-Control-Request-Method", "GET");
    assertThat(asked.statusCode()).isEqualTo(200);
    assertThat(asked.body()).startsWith("{\"status\":\"Server available\"");
    assertThat(asked.headers().firstValue("Vary").orElse("")).doesNotContain("Origin");
  }

  @Test
  void servesEveryMethodAndPathsBelowASlash() throws Exception {
    start("{endpoint: '127.0.0.1:0', path: /h/}", null).ready();
    assertThat(ask("POST", "/h/").statusCode()).isEqualTo(200);
    assertThat(ask("GET", "/h/a/b").statusCode()).isEqualTo(200);
    assertThat(ask("GET", "/").statusCode()).isEqualTo(404);
  }

  @Test
  void unconfiguredBodiesAreEmpty() throws Exception {
    HealthCheckFactory.Running r =
        start("{endpoint: '127.0.0.1:0', path: /up, response_body: {healthy: fine}}", null);
    assertThat(ask("GET", "/up").body()).isEmpty();
    r.ready();
    assertThat(ask("GET", "/up").body()).isEqualTo("fine");
    r.notReady();
    assertThat(ask("GET", "/up").statusCode()).isEqualTo(503);
    assertThat(ask("GET", "/up/more").statusCode()).isEqualTo(404);
  }

  @Test
  void acceptsDisabledExporterChecks() {
    String off = "{enabled: false, interval: 5m, exporter_failure_threshold: 5}";
    assertThat(read("{use_v2: false, check_collector_pipeline: " + off + "}"))
        .isEqualTo(read("path: /"));
    assertThatThrownBy(() -> read("check_collector_pipeline: {enabled: true}"))
        .hasMessageContaining("test.yaml:1:37")
        .hasMessageContaining("alert on otelcol_exporter_send_failed_*");
    assertThatThrownBy(() -> read("use_v2: true"))
        .hasMessageContaining("use_v2 requires one of http and grpc");
  }
}
