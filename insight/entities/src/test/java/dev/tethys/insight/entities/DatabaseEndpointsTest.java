package dev.tethys.insight.entities;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.insight.entities.kind.EntityKind;
import java.util.List;
import org.junit.jupiter.api.Test;

class DatabaseEndpointsTest {
  private static final long NOW = 1_800_000_000_000L;

  private final RecordedSeries series = new RecordedSeries();

  private void process(String machine, String name, String type, String... addresses) {
    String id = "/system.slice/" + name + ".service";
    series.add("container_info", "machine_id", machine, "container_id", id);
    series.add(
        "container_application_type",
        "machine_id",
        machine,
        "container_id",
        id,
        "application_type",
        type);
    for (String a : addresses) {
      series.add(
          "container_net_tcp_listen_info",
          "machine_id",
          machine,
          "container_id",
          id,
          "listen_addr",
          a);
    }
  }

  private List<DatabaseEndpoint> found(String machine) {
    return DatabaseEndpoints.of(series.world(NOW), series, NOW - 600_000, NOW, machine);
  }

  private List<String> addresses(String machine) {
    return found(machine).stream()
        .map(e -> e.system() + " " + e.host() + ":" + e.port())
        .sorted()
        .toList();
  }

  @Test
  void prefersPrivateAddresses() {
    process("m1", "db", "postgres", "172.17.0.1:5432", "203.0.113.5:5432", "10.0.0.5:5432");
    process("m2", "mysql", "mysql", "10.0.0.6:33060", "10.0.0.6:3306");
    process("m3", "cache", "redis", "[fd00::1]:6379", "192.0.2.9:6379");
    assertThat(addresses(""))
        .containsExactly("mysql 10.0.0.6:3306", "postgres 10.0.0.5:5432", "redis fd00::1:6379");
    assertThat(found("").getFirst().addresses()).contains("10.0.0.5:5432", "203.0.113.5:5432");
  }

  @Test
  void findsAServerAtEachPort() {
    process("m1", "db", "postgres", "10.0.0.5:5432", "10.0.0.5:5433", "203.0.113.5:5433");
    process("m2", "cache", "redis", "10.0.0.6:6379", "10.0.0.6:16379", "10.0.0.6:6380");
    assertThat(addresses(""))
        .containsExactly(
            "postgres 10.0.0.5:5432",
            "postgres 10.0.0.5:5433",
            "redis 10.0.0.6:6379",
            "redis 10.0.0.6:6380");
  }

  @Test
  void separatesDatabasesOfAnAgentOnLoopback() {
    for (String address : List.of("127.0.0.1:5432", "127.0.0.1:5433")) {
      series.add("pg_up", "job", "cluster-agent", "instance", "vm", "address", address);
    }
    assertThat(RecordedSeries.ids(series.world(NOW), EntityKind.DATABASE_INSTANCE))
        .containsExactly(
            "database_instance:target:cluster-agent/vm/127.0.0.1:5432",
            "database_instance:target:cluster-agent/vm/127.0.0.1:5433");
  }

  @Test
  void usesLoopbackOfItsOwnMachineOnly() {
    process("m1", "db", "postgres", "127.0.0.1:5432");
    process("m2", "db", "postgres", "127.0.0.1:5432");
    assertThat(addresses("m1")).containsExactly("postgres 127.0.0.1:5432");
    assertThat(found("m1").getFirst().addresses()).contains("localhost:5432");
    assertThat(addresses("")).isEmpty();
  }

  @Test
  void findsTheEndsOfTracedCalls() {
    series.add(
        "traces_service_graph_request_total",
        "client",
        "cart",
        "server",
        "orders-db",
        "connection_type",
        "database",
        "db_system",
        "postgresql");
    series.add(
        "traces_service_graph_address_info",
        "client",
        "cart",
        "server",
        "orders-db",
        "connection_type",
        "database",
        "address",
        "orders.example.com:5433",
        "peer",
        "10.0.0.7:5433",
        "host_id",
        "");
    assertThat(addresses("")).containsExactly("postgresql 10.0.0.7:5433");
    assertThat(found("").getFirst().name()).isEqualTo("orders-db");
  }

  @Test
  void findsTheEndsOfCallsThatTheNodeAgentDecodes() {
    String[] client = {"machine_id", "m1", "container_id", "/system.slice/cart.service"};
    series.add("container_info", client[0], client[1], client[2], client[3]);
    series.addAt(
        NOW - 300_000,
        Long.MAX_VALUE,
        "container_mysql_queries_total",
        client[0],
        client[1],
        client[2],
        client[3],
        "destination",
        "db.example.com:3306",
        "actual_destination",
        "10.0.0.8:3306",
        "status",
        "ok");
    assertThat(addresses("")).containsExactly("mysql db.example.com:3306");
  }

  @Test
  void ignoresDatabasesThatAreOnlyKnownByTheirReadings() {
    series.add("pg_up", "job", "cluster-agent", "instance", "x:9090", "address", "10.0.0.9:5432");
    assertThat(addresses("")).isEmpty();
  }

  @Test
  void ignoresAddressesThatAreNone() {
    process("m1", "db", "postgres", "", ":5432", "10.0.0.5", "10.0.0.5:0", "10.0.0.5:99999", "a:b");
    assertThat(addresses("m1")).isEmpty();
  }
}
