package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Connector;
import dev.tethys.pipeline.ledger.Balance;
import dev.tethys.pipeline.processor.connector.servicegraph.ServiceGraphFactory;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Traces of the Collector's connector tests and the resulting metrics. */
class ServiceGraphTest {
  private static final int SERVER = 2;
  private static final int CLIENT = 3;
  private static final int PRODUCER = 4;
  private static final int CONSUMER = 5;
  private static final Duration MINUTE = Duration.ofMinutes(1);

  private final Rig rig = new Rig();

  @AfterEach
  void everythingIsAccountedFor() {
    rig.accounts.forEach(
        (s, a) -> {
          Balance b = a.balance();
          assertThat(b.isBalanced()).as("%s %s", s, b).isTrue();
        });
  }

  private Connector connector(String yaml) throws IOException {
    Connector c =
        rig.connector(
            new ServiceGraphFactory(), Signal.TRACES, Signal.METRICS, yaml, "metrics/out");
    c.start();
    return c;
  }

  private static Span span(int kind, long trace, long id, long parent, Object... attributes) {
    Span s = new Span();
    s.setKind(kind);
    s.setTraceId(1, trace);
    s.setSpanId(id);
    s.setParentSpanId(parent);
    s.setStartTimeUnixNano(1_800_000_000_000_000_000L);
    s.setEndTimeUnixNano(1_800_000_001_000_000_000L);
    for (int i = 0; i < attributes.length; i += 2) {
      s.attributes().put((String) attributes[i], attributes[i + 1]);
    }
    return s;
  }

  private void send(Connector c, String service, Span... spans) {
    ResourceGroup<Span> r = new ResourceGroup<>();
    if (!service.isEmpty()) {
      r.resource().attributes().put("service.name", service);
    }
    ScopeGroup<Span> s = new ScopeGroup<>();
    s.items().addAll(List.of(spans));
    r.scopes().add(s);
    TracesData d = new TracesData();
    d.resources().add(r);
    c.consume(Batch.of(Signal.TRACES, d, 0, Metadata.NONE), rig.outcomes::add);
    assertThat(rig.outcomes.getLast()).isEqualTo(Outcome.ACCEPTED);
  }

  /** The points of the last metrics by name and labels. */
  private Map<String, DataPoint> points() {
    Map<String, DataPoint> out = new TreeMap<>();
    List<Batch> all = rig.out;
    if (all.isEmpty()) {
      return out;
    }
    MetricsData m = (MetricsData) all.getLast().takeTree();
    ScopeGroup<Metric> s = m.resources().getFirst().scopes().getFirst();
    assertThat(s.scope().name()).isEqualTo("traces_service_graph");
    for (Metric x : s.items()) {
      MetricData<?> d = Objects.requireNonNull(x.data());
      assertThat(((MetricData.Aggregated<?>) d).temporality())
          .isEqualTo(MetricData.TEMPORALITY_CUMULATIVE);
      for (DataPoint p : d.points()) {
        Map<String, Object> labels = new TreeMap<>();
        p.attributes().forEach(labels::put);
        out.put(x.name().replace("traces_service_graph_request_", "") + labels, p);
      }
    }
    all.getLast().keepTree(m);
    return out;
  }

  private static long number(@Nullable DataPoint p) {
    return ((NumberDataPoint) Objects.requireNonNull(p)).longValue();
  }

  @Test
  void pairsClientAndServerIntoAnEdge() throws IOException {
    Connector c = connector("{latency_histogram_buckets: [100ms, 1s, 10s]}");
    send(c, "some-client", span(CLIENT, 7, 1, 0));
    Span s = span(SERVER, 7, 2, 1);
    s.setEndTimeUnixNano(s.startTimeUnixNano() + 50_000_000);
    s.setStatusCode(2);
    send(c, "some-server", s);
    send(c, "some-server", span(1, 7, 3, 2)); // within a service
    rig.clock.pass(MINUTE);
    String labels = "{client=some-client, connection_type=, failed=true, server=some-server}";
    Map<String, DataPoint> points = points();
    assertThat(points)
        .containsOnlyKeys(
            "total" + labels, "failed_total" + labels, "server" + labels, "client" + labels);
    assertThat(number(points.get("total" + labels))).isEqualTo(1);
    assertThat(number(points.get("failed_total" + labels))).isEqualTo(1);
    HistogramDataPoint server =
        (HistogramDataPoint) Objects.requireNonNull(points.get("server" + labels));
    assertThat(server.explicitBounds()).containsExactly(0.1, 1, 10);
    assertThat(server.bucketCounts()).containsExactly(1, 0, 0, 0);
    assertThat(server.sum()).isEqualTo(0.05);
    HistogramDataPoint client =
        (HistogramDataPoint) Objects.requireNonNull(points.get("client" + labels));
    assertThat(client.bucketCounts()).containsExactly(0, 1, 0, 0);
    assertThat(client.sum()).isEqualTo(1);
  }

  @Test
  void ignoresTheOrderOfBothSides() throws IOException {
    Connector c = connector("{}");
    send(c, "b", span(SERVER, 7, 2, 1));
    send(c, "a", span(CLIENT, 7, 1, 0));
    send(c, "b", span(SERVER, 8, 2, 1)); // of another trace
    rig.clock.pass(MINUTE);
    assertThat(number(points().get("total{client=a, connection_type=, failed=false, server=b}")))
        .isEqualTo(1);
  }

  @Test
  void givesDatabasesAndQueuesTheirOwnConnectionTypes() throws IOException {
    Connector c = connector("{database_name_attributes: [db.namespace, db.name]}");
    send(c, "a", span(CLIENT, 7, 1, 0, "db.name", "other", "db.namespace", "users"));
    send(c, "a", span(PRODUCER, 8, 1, 0));
    send(c, "b", span(CONSUMER, 8, 2, 1));
    rig.clock.pass(MINUTE);
    assertThat(points().keySet())
        .contains(
            "total{client=a, connection_type=database, failed=false, server=users}",
            "total{client=a, connection_type=messaging_system, failed=false, server=b}");
  }

  @Test
  void createsVirtualNodesForMissingSides() throws IOException {
    Connector c = connector("{virtual_node_extra_label: true}");
    send(c, "foo-server", span(CLIENT, 1, 10, 0));
    send(c, "bar-requester", span(SERVER, 2, 11, 0, "peer.service", "external-platform"));
    send(c, "baz", span(CLIENT, 3, 12, 0, "peer.service", "external-platform"));
    send(c, "lost", span(SERVER, 4, 13, 99)); // its client may not arrive
    rig.clock.pass(MINUTE);
    assertThat(points().keySet())
        .filteredOn(k -> k.startsWith("total"))
        .containsExactlyInAnyOrder(
            "total{client=foo-server, connection_type=virtual_node, failed=false, server=unknown,"
                + " virtual_node=server}",
            "total{client=user, connection_type=virtual_node, failed=false, server=bar-requester,"
                + " virtual_node=client}",
            "total{client=baz, connection_type=virtual_node, failed=false,"
                + " server=external-platform, virtual_node=server}");
  }

  @Test
  void createsNoVirtualNodesWithoutPeerAttributes() throws IOException {
    Connector c = connector("{virtual_node_peer_attributes: []}");
    send(c, "foo-server", span(CLIENT, 1, 10, 0));
    rig.clock.pass(MINUTE);
    assertThat(points()).isEmpty();
  }

  @Test
  void collectsDimensionsOfBothSides() throws IOException {
    Connector c = connector("{dimensions: [region, service.name]}");
    send(c, "a", span(CLIENT, 7, 1, 0, "region", "eu"));
    send(c, "b", span(SERVER, 7, 2, 1, "region", 7L));
    rig.clock.pass(MINUTE);
    assertThat(points().keySet())
        .contains(
            "total{client=a, client_region=eu, client_service.name=a, connection_type=,"
                + " failed=false, server=b, server_region=7, server_service.name=b}");
  }

  @Test
  void countsRequestsBeyondTheLimit() throws IOException {
    Connector c = connector("{store: {max_items: 1, ttl: 10s}}");
    send(c, "a", span(CLIENT, 7, 1, 0), span(CLIENT, 7, 2, 0));
    assertThat(rig.account(Signal.TRACES).balance().dropped())
        .containsEntry("too_many_edges", 1L)
        .containsEntry("counted", 1L);
    rig.clock.pass(Duration.ofSeconds(11));
    send(c, "a", span(CLIENT, 7, 3, 0)); // there is room again
    send(c, "", span(CLIENT, 7, 4, 0));
    assertThat(rig.account(Signal.TRACES).balance().dropped())
        .containsEntry("too_many_edges", 1L)
        .containsEntry("no_service_name", 1L);
  }

  @Test
  void sendsMetricsWithEveryBatchWithoutAnInterval() throws IOException {
    Connector c = connector("{metrics_flush_interval: 0s, metrics_timestamp_offset: 1m}");
    send(c, "a", span(CLIENT, 7, 1, 0));
    assertThat(points()).isEmpty();
    send(c, "b", span(SERVER, 7, 2, 1));
    DataPoint p = points().values().iterator().next();
    assertThat(p.timeUnixNano()).isEqualTo((rig.clock.millis() - 60_000) * 1_000_000);
    assertThat(p.startTimeUnixNano()).isLessThanOrEqualTo(p.timeUnixNano());
  }

  @Test
  void supportsExponentialBuckets() throws IOException {
    Connector c = connector("{exponential_histogram_max_size: 10}");
    send(c, "a", span(CLIENT, 7, 1, 0));
    send(c, "b", span(SERVER, 7, 2, 1));
    rig.clock.pass(MINUTE);
    List<DataPoint> durations = new ArrayList<>();
    points()
        .forEach(
            (k, p) -> {
              if (k.startsWith("client")) {
                durations.add(p);
              }
            });
    assertThat(durations.getFirst())
        .isInstanceOfSatisfying(
            ExponentialHistogramDataPoint.class,
            p -> {
              assertThat(p.count()).isEqualTo(1);
              assertThat(p.sum()).isEqualTo(1);
              assertThat(p.positiveCounts()).containsExactly(1);
            });
  }

  @Test
  void removesStaleEdges() throws IOException {
    Connector c = connector("{}");
    send(c, "a", span(CLIENT, 7, 1, 0));
    send(c, "b", span(SERVER, 7, 2, 1));
    rig.clock.pass(Duration.ofMinutes(14));
    assertThat(points()).isNotEmpty();
    rig.clock.pass(Duration.ofMinutes(3));
    int sent = rig.out.size();
    rig.clock.pass(Duration.ofMinutes(3));
    assertThat(rig.out).hasSize(sent);
  }

  @Test
  void reportsInvalidSettings() {
    for (String[] w :
        new String[][] {
          {"{latency_histogram_buckets: [1s], exponential_histogram_max_size: 5}", "use either"},
          {"{exponential_histogram_max_size: -1}", "exponential_histogram_max_size must be"},
          {"{latency_histogram_buckets: [2s, 1s]}", "must be in ascending order"},
          {"{store: {max_items: 0}}", "max_items"},
          {"{colour: red}", "colour"},
        }) {
      assertThatThrownBy(() -> connector(w[0]))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining(w[1]);
    }
  }
}
