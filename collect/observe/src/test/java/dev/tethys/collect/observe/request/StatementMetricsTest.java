package dev.tethys.collect.observe.request;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.observe.connection.Owner;
import dev.tethys.collect.observe.protocol.ObservedRequest;
import dev.tethys.collect.observe.protocol.ObservedRequest.Status;
import dev.tethys.collect.observe.protocol.Protocol;
import dev.tethys.model.exposition.MetricFamily.Value;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class StatementMetricsTest {
  private static final Owner SHOP = new Owner("/docker/shop", "");
  private static final String TO = "10.0.0.1:5432";

  private final StatementMetrics metrics = new StatementMetrics();

  private static ObservedRequest request(Protocol p, String statement, long start, long nanos) {
    return new ObservedRequest(
        p, true, "SELECT", "", statement, Status.OK, "", start, nanos, 0, 0, null, List.of());
  }

  private TreeMap<String, Double> collect() {
    TreeMap<String, Double> out = new TreeMap<>();
    metrics.collect(
        f -> f.metrics().forEach(m -> out.put(f.name() + m.labels(), ((Value) m.point()).value())));
    return out;
  }

  @Test
  void countsStatementsByDatabase() {
    metrics.add(SHOP, TO, request(Protocol.POSTGRES, "SELECT ?", 0, 1_000_000_000));
    metrics.add(SHOP, TO, request(Protocol.POSTGRES, "SELECT ?", 0, 500_000_000));
    metrics.add(SHOP, null, request(Protocol.MYSQL, "COMMIT", 0, 1));
    assertThat(collect())
        .hasSize(4)
        .containsEntry(
            "tethys_container_statements_total{container_id=\"/docker/shop\","
                + " destination=\"10.0.0.1:5432\", protocol=\"postgres\","
                + " statement=\"SELECT ?\"}",
            2.0)
        .containsEntry(
            "tethys_container_statement_seconds_total{container_id=\"/docker/shop\","
                + " destination=\"10.0.0.1:5432\", protocol=\"postgres\","
                + " statement=\"SELECT ?\"}",
            1.5)
        .containsEntry(
            "tethys_container_statements_total{container_id=\"/docker/shop\","
                + " protocol=\"mysql\", statement=\"COMMIT\"}",
            1.0);
  }

  @Test
  void omitsProtocolsWithoutStatements() {
    metrics.add(SHOP, TO, request(Protocol.REDIS, "GET session:1", 0, 1));
    metrics.add(SHOP, TO, request(Protocol.POSTGRES, "", 0, 1));
    assertThat(collect()).isEmpty();
  }

  @Test
  void countsStatementsBeyondTheBoundAsOne() {
    for (int i = 0; i < 1000; i++) {
      metrics.add(SHOP, TO, request(Protocol.POSTGRES, "SELECT c" + i, 0, 1));
    }
    assertThat(collect().keySet().stream().filter(k -> k.contains("statements_total")))
        .hasSize(StatementMetrics.MAX_OF_DATABASE + 1);
    assertThat(collect())
        .containsEntry(
            "tethys_container_statements_total{container_id=\"/docker/shop\","
                + " destination=\"10.0.0.1:5432\", protocol=\"postgres\","
                + " statement=\"~other\"}",
            1000.0 - StatementMetrics.MAX_OF_DATABASE);
  }

  @Test
  void replacesLongUnusedStatements() {
    for (int i = 0; i < StatementMetrics.MAX_OF_DATABASE; i++) {
      metrics.add(SHOP, TO, request(Protocol.POSTGRES, "SELECT c" + i, i, 1));
    }
    metrics.add(SHOP, TO, request(Protocol.POSTGRES, "SELECT new", StatementMetrics.IDLE_NANOS, 1));
    String all = String.join("", collect().keySet());
    assertThat(all).contains("SELECT new").doesNotContain("SELECT c0\"").contains("SELECT c1\"");
  }

  @Test
  void cutsLongTexts() {
    metrics.add(SHOP, TO, request(Protocol.POSTGRES, "SELECT " + "a, ".repeat(300), 0, 1));
    assertThat(collect().firstKey()).endsWith("…\"}").hasSizeLessThan(700);
  }
}
