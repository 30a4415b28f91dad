package dev.tethys.insight.graph.query;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.insight.graph.query.MetricAnswers.Sample;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AgentQueriesTest {
  private static AgentQueries of(String... counters) {
    return AgentQueries.of(
        (_, _) -> Arrays.stream(counters).map(c -> new Sample(Map.of("__name__", c), 1)).toList(),
        new Window(0, 300_000));
  }

  @Test
  void knowsProtocolsByNamesOfMetrics() {
    AgentQueries q =
        of(
            "container_http_inbound_requests_total",
            "container_http_requests_total",
            "container_postgres_queries_total",
            "container_nats_messages_total",
            "container_dns_requests_total",
            "container_net_tcp_retransmits_total");
    assertThat(q.rate(true, true))
        .isEqualTo(
            "label_replace(sum by (machine_id, container_id, app_id) (rate("
                + "container_http_inbound_requests_total{status=~\"5xx|failed|grpc:(2|4|12|13|14|15"
                + "|UNKNOWN|DEADLINE_EXCEEDED|UNIMPLEMENTED|INTERNAL|UNAVAILABLE|DATA_LOSS)\"}"
                + "[300000ms])), \"protocol\", \"http\", \"\", \"\")");
    assertThat(q.rate(false, false).split(" or ", -1)).hasSize(3);
    assertThat(q.quantile(0.95, false))
        .contains("container_postgres_queries_duration_seconds_total_bucket")
        .doesNotContain("nats");
    assertThat(of().isEmpty()).isTrue();
    assertThat(of().rate(true, false)).isEmpty();
  }

  @Test
  void countsRequestsOfProtocolsAboveHttpOnce() {
    String http =
        "sum by (machine_id, container_id, app_id, destination, actual_destination)"
            + " (rate(container_http_requests_total[300000ms]))";
    String s3 = http.replace("http", "s3");
    assertThat(
            of(
                    "container_http_requests_total",
                    "container_s3_requests_total",
                    "container_s3_inbound_requests_total")
                .rate(false, false))
        .isEqualTo(
            "label_replace(("
                + http
                + " - ("
                + s3
                + " or 0 * "
                + http
                + ") > 1e-9), \"protocol\", \"http\", \"\", \"\") or label_replace("
                + s3
                + ", \"protocol\", \"s3\", \"\", \"\")");
  }
}
