package dev.tethys.api.traces;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.query.promql.parser.PromqlParser;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("slow")
class JaegerMetricsTest {
  private static final String METRICS = "/jaeger/api/metrics/";

  private TracesServer server;

  @BeforeEach
  void start() throws IOException {
    server = new TracesServer(10_000_000_000_000L);
  }

  @AfterEach
  void stop() {
    server.metricQueries.forEach(
        q ->
            PromqlParser.parse(
                q.replaceFirst(" \\d+ \\d+ \\d+$", ""), ParserOptions.STABLE)); // each is PromQL
    server.close();
  }

  @Test
  void returnsOperationRates() throws IOException, InterruptedException {
    server.spanMetrics =
        List.of(
            new MetricQueries.Series(
                Map.of("service", "web", "span_name", "GET /"),
                new long[] {1000, 2000, 3000},
                new double[] {0.5, Double.NaN, 2}));
    HttpResponse<String> r =
        server.call(
            METRICS + "calls",
            "service",
            "web",
            "service",
            "a.b",
            "groupByOperation",
            "true",
            "endTs",
            "9000",
            "lookback",
            "5000",
            "step",
            "1000",
            "ratePer",
            "60000",
            "spanKind",
            "client");
    assertThat(r.body())
        .isEqualTo(
            "{\"name\":\"service_operation_call_rate\",\"type\":\"GAUGE\","
                + "\"help\":\"calls/sec, grouped by service & operation\",\"metrics\":[{\"labels\":["
                + "{\"name\":\"service_name\",\"value\":\"web\"},"
                + "{\"name\":\"operation\",\"value\":\"GET /\"}],\"metricPoints\":["
                + "{\"gaugeValue\":{\"doubleValue\":0.5},\"timestamp\":\"1970-01-01T00:00:01Z\"},"
                + "{\"gaugeValue\":{\"doubleValue\":2},\"timestamp\":\"1970-01-01T00:00:03Z\"}]}]}");
    assertThat(server.metricQueries)
        .containsExactly(
            "sum by (service, span_name) (rate(traces_spanmetrics_calls_total{service=~\"web|a"
                + "\\\\.b\", span_kind=~\"SPAN_KIND_CLIENT\", __tenant__=\"\"}[60000ms]))"
                + " 4000 9000 1000");
  }

  @Test
  void errorsAndLatenciesUseJaegersDefaults() throws IOException, InterruptedException {
    assertThat(server.call(METRICS + "errors", "service", "web").body())
        .contains("\"service_error_rate\"", "\"metrics\":[]");
    assertThat(server.metricQueries.getFirst())
        .contains("status_code=\"STATUS_CODE_ERROR\"", "SPAN_KIND_SERVER", "[600000ms]")
        .endsWith(" 6400000 10000000 5000");
    assertThat(server.call(METRICS + "latencies", "service", "web", "quantile", "0.95").body())
        .contains("\"service_latencies\"", "0.95th quantile latency, grouped by service");
    assertThat(server.metricQueries.getLast())
        .startsWith("1000 * histogram_quantile(0.95, sum by (service, le) (rate(");
    assertThat(server.call(METRICS + "minstep").body()).contains("\"data\":1");
  }

  @Test
  void tenantIsSelected() throws IOException, InterruptedException {
    server.client.send(
        server.request(METRICS + "calls", "service", "web").header("X-Scope-OrgID", "t").build(),
        BodyHandlers.ofString());
    assertThat(server.metricQueries.getFirst()).contains("__tenant__=\"t\"");
  }

  @ParameterizedTest
  @CsvSource({
    "calls, service,, parameter 'service' is required",
    "calls, spanKind, big, spanKind is 'big'",
    "calls, step, 0, step is 0",
    "calls, step, x, step is 'x'",
    "calls, lookback, 90000000, the range begins before 1970",
    "calls, groupByOperation, yes, groupByOperation is 'yes'",
    "latencies, quantile, 2, quantile is '2'",
    "latencies, spanKind, server, quantile is ''",
  })
  void wrongParametersAreRefused(String path, String name, String value, String message)
      throws IOException, InterruptedException {
    HttpResponse<String> r =
        name.equals("service")
            ? server.call(METRICS + path)
            : server.call(METRICS + path, "service", "web", name, value);
    assertThat(r.statusCode()).isEqualTo(400);
    assertThat(r.body()).contains("\"errors\":[{\"code\":400", message);
    assertThat(server.metricQueries).isEmpty();
  }
}
