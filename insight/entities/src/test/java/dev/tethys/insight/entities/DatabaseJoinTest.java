package dev.tethys.insight.entities;

import static dev.tethys.insight.entities.RecordedSeries.entity;
import static dev.tethys.insight.entities.RecordedSeries.ids;
import static dev.tethys.insight.entities.RecordedSeries.relations;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.insight.entities.kind.EntityKind;
import dev.tethys.insight.entities.kind.RelationKind;
import dev.tethys.model.Labels;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Databases that node agents and traces see. */
class DatabaseJoinTest {
  private static final long NOW = 1_800_000_000_000L;
  private static final List<String> EDGES =
      List.of("service:cart -> database:shop-store", "service:catalog -> database:shop-db");

  private final RecordedSeries series = new RecordedSeries();

  private void server(String machine, String name, String address) {
    String[] its = {"machine_id", machine, "container_id", "/process/" + name};
    series.add(of("container_info", its));
    series.add(of("container_net_tcp_listen_info", its, "listen_addr", address));
  }

  private void connection(String machine, String name, String address) {
    connectionSince(Long.MIN_VALUE, machine, name, address);
  }

  private void connectionSince(long time, String machine, String name, String address) {
    series.addAt(
        time,
        Long.MAX_VALUE,
        of(
            "container_net_tcp_active_connections",
            new String[] {"machine_id", machine, "container_id", "/process/" + name},
            "destination",
            address,
            "actual_destination",
            address));
  }

  private void answers(String machine, String name, String protocol, String status) {
    series.add(
        of(
            "container_" + protocol + "_inbound_queries_total",
            new String[] {"machine_id", machine, "container_id", "/process/" + name},
            "status",
            status));
  }

  private void asks(String machine, String name, String protocol, String address) {
    series.add(
        of(
            "container_" + protocol + "_queries_total",
            new String[] {"machine_id", machine, "container_id", "/process/" + name},
            "destination",
            address,
            "actual_destination",
            address,
            "status",
            "ok"));
  }

  private void traced(String client, String database) {
    series.add(
        "traces_service_graph_request_total",
        "client",
        client,
        "server",
        database,
        "connection_type",
        "database");
  }

  private void located(String client, String database, String address, String peer, String host) {
    series.add(
        "traces_service_graph_address_info",
        "client",
        client,
        "server",
        database,
        "connection_type",
        "database",
        "address",
        address,
        "peer",
        peer,
        "host_id",
        host);
  }

  private static String[] of(String name, String[] labels, String... more) {
    return Stream.of(new String[] {name}, labels, more).flatMap(Stream::of).toArray(String[]::new);
  }

  private void observeShop() {
    server("m1", "cart", "127.0.0.1:18090");
    server("m1", "catalog", "127.0.0.1:18091");
    server("m1", "database", "127.0.0.1:18095");
    server("m1", "store", "127.0.0.1:18096");
    answers("m1", "database", "postgres", "ok");
    answers("m1", "store", "redis", "ok");
    connection("m1", "catalog", "127.0.0.1:18095");
    connection("m1", "cart", "127.0.0.1:18096");
    for (String s : List.of("cart", "catalog", "database", "store")) {
      series.add(
          "traces_spanmetrics_calls_total",
          "service",
          s,
          "span_name",
          "GET",
          "span_kind",
          "SPAN_KIND_SERVER",
          "observed_by",
          "node-agent");
    }
  }

  private void traceShop() {
    for (String s : List.of("cart", "catalog")) {
      series.add(
          "traces_spanmetrics_calls_total",
          "service",
          s,
          "span_name",
          "GET /x",
          "span_kind",
          "SPAN_KIND_SERVER");
    }
    traced("catalog", "shop-db");
    traced("cart", "shop-store");
    located("catalog", "shop-db", "shop-db:18095", "127.0.0.1:18095", "");
    located("cart", "shop-store", "shop-store:18096", "127.0.0.1:18096", "");
  }

  private static List<String> names(World w) {
    return w.entities().stream()
        .filter(e -> e.kind() == EntityKind.SERVICE || e.kind() == EntityKind.DATABASE)
        .map(e -> e.kind().text() + ":" + e.name())
        .toList();
  }

  /** Calls of services by names of their ends. */
  private static List<String> calls(World w) {
    UnaryOperator<String> name =
        id -> {
          Entity e = Objects.requireNonNull(w.find(id));
          return e.kind().text() + ":" + e.name();
        };
    return w.relations().stream()
        .filter(r -> r.kind() == RelationKind.CALLS && r.from().startsWith("service:"))
        .map(r -> name.apply(r.from()) + " -> " + name.apply(r.to()))
        .sorted()
        .toList();
  }

  @Test
  void theNodeAgentAloneSeesDatabasesAsDatabases() {
    observeShop();
    World w = series.world(NOW);
    assertThat(names(w))
        .containsExactly("database:database", "database:store", "service:cart", "service:catalog");
    assertThat(calls(w))
        .containsExactly("service:cart -> database:store", "service:catalog -> database:database");
    assertThat(entity(w, "database:machine:m1/process/database").attributes())
        .containsEntry("system", "postgres");
  }

  @Test
  void tracesAndTheNodeAgentSeeOneDatabaseWithTheSameCalls() {
    traceShop();
    World traces = series.world(NOW);
    observeShop();
    World both = series.world(NOW);
    List<String> all =
        List.of("database:shop-db", "database:shop-store", "service:cart", "service:catalog");
    assertThat(names(traces)).containsExactlyElementsOf(all);
    assertThat(names(both)).containsExactlyElementsOf(all);
    assertThat(calls(traces)).containsExactlyElementsOf(EDGES);
    assertThat(calls(both)).containsExactlyElementsOf(EDGES);
    Entity db = entity(both, "database:shop-db");
    assertThat(db.id()).isEqualTo("database:shop-db");
    assertThat(db.attributes()).containsEntry("process", "database");
    assertThat(db.series())
        .contains(
            Labels.of("container_id", "/process/database", "machine_id", "m1"),
            Labels.of("server", "shop-db"));
    assertThat(relations(both, RelationKind.PART_OF))
        .contains("instance:machine:m1/process/database -> database:shop-db");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void doesNotDependOnTheOrderOfSeries(long seed) {
    observeShop();
    traceShop();
    asks("m1", "cart", "postgres", "db.example.com:5432");
    World first = series.world(NOW);
    assertThat(series.shuffled(seed).world(NOW)).isEqualTo(first);
  }

  @Test
  void joinsByARoutableAddressWhereTheProtocolIsEncrypted() {
    server("m2", "postgres", "10.0.0.2:5432");
    traced("cart", "orders-db");
    located("cart", "orders-db", "orders-db.internal:5432", "10.0.0.2:5432", "");
    World w = series.world(NOW);
    assertThat(names(w)).containsExactly("database:orders-db", "service:cart");
    assertThat(entity(w, "database:orders-db").attributes()).containsEntry("process", "postgres");
  }

  @Test
  void joinsLoopbackByTheMachineOfTheClient() {
    server("m1", "postgres", "127.0.0.1:5432");
    server("m2", "postgres", "127.0.0.1:5432");
    traced("cart", "orders-db");
    located("cart", "orders-db", "127.0.0.1:5432", "", "m2");
    World w = series.world(NOW);
    assertThat(entity(w, "database:orders-db").keys())
        .contains("machine:m2/process/postgres")
        .doesNotContain("machine:m1/process/postgres");
  }

  @Test
  void doesNotJoinLoopbackOfAnotherMachine() {
    server("m2", "postgres", "127.0.0.1:5432");
    answers("m2", "postgres", "postgres", "ok");
    server("m1", "cart", "10.0.0.1:80");
    connection("m1", "cart", "127.0.0.1:5432");
    traced("cart", "localhost");
    located("cart", "localhost", "127.0.0.1:5432", "", "m1");
    assertThat(names(series.world(NOW)))
        .containsExactly("database:localhost", "database:postgres", "service:cart");
  }

  @Test
  void joinsNothingByLoopbackOfTwoMachines() {
    for (String m : List.of("m1", "m2")) {
      server(m, "cart", "10.0.0.1:80");
      server(m, "postgres", "127.0.0.1:5432");
      answers(m, "postgres", "postgres", "ok");
      connection(m, "cart", "127.0.0.1:5432");
    }
    traced("cart", "localhost");
    located("cart", "localhost", "127.0.0.1:5432", "", "");
    assertThat(names(series.world(NOW)))
        .containsExactly(
            "database:localhost", "database:postgres", "database:postgres", "service:cart");
  }

  @Test
  void joinsNothingByAnAddressOfTwoMachines() {
    for (String m : List.of("m1", "m2")) {
      server(m, "postgres", "172.17.0.2:5432");
      answers(m, "postgres", "postgres", "ok");
    }
    traced("cart", "orders-db");
    located("cart", "orders-db", "", "172.17.0.2:5432", "");
    assertThat(names(series.world(NOW)))
        .containsExactly(
            "database:postgres", "database:postgres", "database:orders-db", "service:cart");
  }

  @Test
  void keepsDatabasesBehindPortsOfOneProxyApart() {
    server("m1", "proxy", "10.0.0.1:5432");
    server("m1", "proxy", "10.0.0.1:5433");
    traced("cart", "orders-db");
    traced("cart", "stock-db");
    located("cart", "orders-db", "", "10.0.0.1:5432", "");
    located("cart", "stock-db", "", "10.0.0.1:5433", "");
    assertThat(names(series.world(NOW)))
        .containsExactly(
            "database:orders-db", "database:stock-db", "service:cart", "service:proxy");
  }

  @Test
  void joinsNamesOfOneAddress() {
    server("m1", "postgres", "10.0.0.1:5432");
    traced("cart", "orders-db");
    traced("stock", "10.0.0.1:5432");
    located("cart", "orders-db", "", "10.0.0.1:5432", "");
    located("stock", "10.0.0.1:5432", "10.0.0.1:5432", "", "");
    World w = series.world(NOW);
    assertThat(ids(w, EntityKind.DATABASE)).hasSize(1);
    assertThat(w.find("database:orders-db")).isSameAs(w.find("database:10.0.0.1:5432"));
  }

  @Test
  void aDatabaseOutsideIsOneEntityToo() {
    server("m1", "cart", "10.0.0.1:80");
    connection("m1", "cart", "db.example.com:5432");
    asks("m1", "cart", "postgres", "db.example.com:5432");
    World observed = series.world(NOW);
    assertThat(ids(observed, EntityKind.DATABASE))
        .containsExactly("database:address:db.example.com:5432");
    assertThat(ids(observed, EntityKind.EXTERNAL_ENDPOINT)).isEmpty();
    traced("cart", "orders-db");
    located("cart", "orders-db", "db.example.com:5432", "", "");
    World both = series.world(NOW);
    assertThat(ids(both, EntityKind.DATABASE)).containsExactly("database:orders-db");
    assertThat(ids(both, EntityKind.EXTERNAL_ENDPOINT)).isEmpty();
    assertThat(calls(both)).containsExactly("service:cart -> database:orders-db");
  }

  @Test
  void aServiceThatAnswersTracedRequestsStaysAService() {
    server("m1", "cart", "10.0.0.1:80");
    answers("m1", "cart", "redis", "ok");
    series.add("traces_service_graph_request_total", "client", "web", "server", "cart");
    World w = series.world(NOW);
    assertThat(names(w)).containsExactly("service:cart", "service:web");
    assertThat(relations(w, RelationKind.PART_OF))
        .contains("instance:machine:m1/process/cart -> service:cart");
  }

  @Test
  void scansShortClientsAndOwnTrafficCreateNothing() {
    server("m1", "api", "10.0.0.1:80");
    answers("m1", "api", "redis", "failed");
    server("m1", "tethys", "10.0.0.1:9090");
    connection("m1", "tethys", "10.0.0.1:80");
    connectionSince(NOW - 3 * 60_000, "m1", "poll.py", "10.0.0.1:9090");
    connection("m1", "curl", "10.0.0.1:80");
    for (String s : List.of("tethys", "poll.py", "curl")) {
      series.add(
          "traces_spanmetrics_calls_total",
          "service",
          s,
          "span_name",
          "GET /api",
          "span_kind",
          "SPAN_KIND_CLIENT",
          "observed_by",
          "node-agent");
    }
    EntityModel m = series.model();
    for (int i = 0; i < 4; i++) {
      m.update(NOW + i * 15_000);
    }
    assertThat(names(m.current())).containsExactly("service:api");
  }

  @Test
  void aClientThatStaysIsAService() {
    server("m1", "api", "10.0.0.1:80");
    connection("m1", "importer", "10.0.0.1:80");
    assertThat(names(series.world(NOW))).containsExactly("service:api", "service:importer");
  }
}
