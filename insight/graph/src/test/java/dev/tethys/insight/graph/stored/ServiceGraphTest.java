package dev.tethys.insight.graph.stored;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.json.JsonValues;
import dev.tethys.codec.otlp.wire.OtlpJson;
import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.access.Scope;
import dev.tethys.model.guard.SeriesMemory;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.traces.SpanBatch;
import dev.tethys.testkit.Shared;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("slow")
class ServiceGraphTest {
  private static final String TENANT = Scope.DEFAULT_TENANT;
  private static final Pattern ID =
      Pattern.compile("(\"(?:traceId|spanId|parentSpanId)\": ?\")([A-Za-z0-9+/=]{12,24})");

  /** Tempo's options that have no counterpart: further labels and other buckets. */
  private static boolean isSupported(Attributes config, Attributes want) {
    Attributes labels = (Attributes) Objects.requireNonNull(want.get("labels"));
    return !config.contains("database_name_attributes")
        && !labels.contains("le")
        && !String.valueOf(want.get("metric")).contains("messaging_system_seconds")
        && !labels.contains("virtualNodeLabel")
        && !labels.contains("client_db_system")
        && !labels.contains("client_messaging_system")
        && !labels.contains("client_beast");
  }

  /** Tempo's JSON, with ids in Base64 and former names, as OTLP's. */
  private static String otlp(String tempo) {
    String named =
        tempo
            .replace("\"batches\"", "\"resourceSpans\"")
            .replace("\"instrumentationLibrarySpans\"", "\"scopeSpans\"")
            .replace("\"instrumentationLibrary\"", "\"scope\"");
    return ID.matcher(named)
        .replaceAll(
            m -> m.group(1) + HexFormat.of().formatHex(Base64.getDecoder().decode(m.group(2))));
  }

  private static SpanBatch read(String json) {
    byte[] b = json.getBytes(StandardCharsets.UTF_8);
    ProtoWriter w = OtlpJson.toProtobuf(OtlpSignal.TRACES, b, 0, b.length);
    return SpanBatch.of(new OtlpReader().traces(w.buffer(), 0, w.size()));
  }

  @Test
  void pairsTheRecordedTraces() throws Exception {
    Path folder = Shared.conformance("tempo").resolve("service-graph");
    List<String> failures = new ArrayList<>();
    int checked = 0;
    for (String line : Files.readAllLines(folder.resolve("cases.jsonl"))) {
      Attributes c = (Attributes) Objects.requireNonNull(JsonValues.read(line));
      ServiceGraph graph = new ServiceGraph(100, 1000, 10_000);
      String trace = Files.readString(folder.resolve(String.valueOf(c.get("trace"))));
      graph.add(TENANT, read(otlp(trace)), 1000);
      LastSamples out = new LastSamples();
      graph.write(out, 30_000, 15_000, 900_000);
      ArrayValue wanted = (ArrayValue) Objects.requireNonNull(c.get("want"));
      for (int i = 0; i < wanted.size(); i++) {
        Attributes want = (Attributes) Objects.requireNonNull(wanted.get(i));
        if (!isSupported((Attributes) Objects.requireNonNull(c.get("config")), want)) {
          continue;
        }
        checked++;
        List<String> labels = new ArrayList<>();
        ((Attributes) Objects.requireNonNull(want.get("labels")))
            .forEach(
                (k, v) -> {
                  if (!k.equals("beast") && !k.equals("god")) {
                    labels.addAll(List.of(k, String.valueOf(v)));
                  }
                });
        Double found = out.last(String.valueOf(want.get("metric")), labels.toArray(String[]::new));
        Number value = (Number) Objects.requireNonNull(want.get("value"));
        boolean sum = String.valueOf(want.get("metric")).endsWith("_sum");
        if (found == null ? value.doubleValue() != 0 : !sum && found != value.doubleValue()) {
          failures.add(c.get("test") + " " + c.get("name") + ": " + want + " found " + found);
        }
      }
    }
    assertThat(checked).isGreaterThan(40);
    assertThat(failures).isEmpty();
  }

  private static String span(String service, int kind, String id, String parent, String extra) {
    return "{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":\""
        + service
        + "\"}}]},\"scopeSpans\":[{\"spans\":[{\"traceId\":\"000000000000000000000000000000aa\","
        + "\"spanId\":\"000000000000000"
        + id
        + "\","
        + (parent.isEmpty() ? "" : "\"parentSpanId\":\"000000000000000" + parent + "\",")
        + "\"kind\":"
        + kind
        + ",\"startTimeUnixNano\":\"1000\",\"endTimeUnixNano\":\"500001000\""
        + extra
        + "}]}]}";
  }

  private static SpanBatch of(String... spans) {
    return read("{\"resourceSpans\":[" + String.join(",", spans) + "]}");
  }

  @Test
  void pairsSidesThatArriveInSeparateBatchesInAnyOrder() {
    ServiceGraph graph = new ServiceGraph(100, 1000, 10_000);
    graph.add(TENANT, of(span("cart", 2, "2", "1", ",\"status\":{\"code\":2}")), 1000);
    graph.add(TENANT, of(span("web", 3, "1", "", "")), 5000);
    LastSamples out = new LastSamples();
    graph.write(out, 6000, 15_000, 900_000);
    String[] edge = {"client", "web", "server", "cart"};
    assertThat(out.last("traces_service_graph_request_total", edge)).isEqualTo(1);
    assertThat(out.last("traces_service_graph_request_failed_total", edge)).isEqualTo(1);
    assertThat(out.last("traces_service_graph_request_client_seconds_sum", edge)).isEqualTo(0.5);
    assertThat(out.exemplars.values().iterator().next().labels().get("traceID"))
        .isEqualTo("000000000000000000000000000000aa");
    graph.write(out, 5000 + 900_000, 15_000, 900_000);
    assertThat(graph.size()).isZero();
  }

  /** Without a context that is passed on, each of them would have a virtual node. */
  @ParameterizedTest
  @ValueSource(strings = {"tethys-node-agent", "coroot-node-agent"})
  void spansOfTheNodeAgentCountInPairsOnly(String scope) {
    ServiceGraph graph = new ServiceGraph(100, 1000, 10_000);
    String db = ",\"attributes\":[{\"key\":\"db.system\",\"value\":{\"stringValue\":\"pg\"}}]";
    String[] observed = {
      span("web", 3, "1", "", ""),
      span("cart", 2, "2", "1", ""),
      span("cart", 2, "3", "", ""),
      span("cart", 3, "4", "", db),
      span("pg", 2, "5", "", db)
    };
    for (int i = 0; i < observed.length; i++) {
      observed[i] =
          observed[i].replace("\"spans\"", "\"scope\":{\"name\":\"" + scope + "\"},\"spans\"");
    }
    graph.add(TENANT, of(observed), 1000);
    LastSamples out = new LastSamples();
    graph.write(out, 30_000, 15_000, 900_000);
    assertThat(graph.size()).isEqualTo(1);
    assertThat(out.last("traces_service_graph_request_total", "client", "web", "server", "cart"))
        .isEqualTo(1);
  }

  /** Most calls within a data centre take some milliseconds. */
  @Test
  void bucketsTellFastEdgesApart() {
    ServiceGraph graph = new ServiceGraph(100, 1000, 10_000);
    String fast = span("cart", 2, "2", "1", "").replace("500001000", "3001000"); // 3 ms
    graph.add(TENANT, of(fast, span("web", 3, "1", "", "").replace("500001000", "9001000")), 1000);
    LastSamples out = new LastSamples();
    graph.write(out, 6000, 15_000, 900_000);
    String server = "traces_service_graph_request_server_seconds_bucket";
    String client = "traces_service_graph_request_client_seconds_bucket";
    assertThat(out.last(server, "client", "web", "server", "cart", "le", "0.002")).isZero();
    assertThat(out.last(server, "client", "web", "server", "cart", "le", "0.004")).isEqualTo(1);
    assertThat(out.last(client, "client", "web", "server", "cart", "le", "0.008")).isZero();
    assertThat(out.last(client, "client", "web", "server", "cart", "le", "0.016")).isEqualTo(1);
  }

  @Test
  void boundsEdgesAndWaitingRequests() {
    ServiceGraph graph = new ServiceGraph(2, 3, 10_000);
    for (int i = 1; i <= 8; i++) {
      graph.add(TENANT, of(span("s" + i, 3, "" + i, "", "")), 1000);
    }
    assertThat(graph.dropped()).isEqualTo(5);
    LastSamples out = new LastSamples();
    graph.write(out, 20_000, 15_000, 900_000);
    assertThat(graph.unpaired()).isEqualTo(3);
    for (int i = 1; i <= 4; i++) {
      String db = ",\"attributes\":[{\"key\":\"db.system\",\"value\":{\"stringValue\":\"pg\"}}]";
      graph.add(TENANT, of(span("s" + i, 3, "" + i, "", db)), 21_000);
    }
    assertThat(graph.size()).isEqualTo(2);
    assertThat(graph.dropped()).isEqualTo(7);
  }

  @Test
  void longNamesTakeTheMemoryOfSeries() {
    SeriesMemory memory = new SeriesMemory(22_000_000);
    ServiceGraph graph = new ServiceGraph(1000, 1000, 10_000, memory);
    String name = "s".repeat(100_000);
    for (int i = 1; i <= 8; i++) {
      String db = ",\"attributes\":[{\"key\":\"db.system\",\"value\":{\"stringValue\":\"pg\"}}]";
      graph.add(TENANT, of(span(i + name, 3, "" + i, "", db)), 1000);
    }
    assertThat(graph.size()).as("each edge takes 10 MB").isEqualTo(2);
    assertThat(graph.dropped()).isEqualTo(6);
    graph.write(new LastSamples(), 1000 + 900_000, 15_000, 900_000);
    assertThat(memory.inUse()).isZero();
    for (int i = 1; i <= 8; i++) {
      graph.add(TENANT, of(span(i + name.repeat(10), 3, "" + i, "", "")), 1_000_000);
    }
    assertThat(graph.dropped()).as("a request that waits takes 3 MB").isEqualTo(7);
    graph.write(new LastSamples(), 2_000_000, 15_000, 900_000);
    assertThat(memory.inUse()).isZero();
  }

  private static String database(String id, String address, String port) {
    String text = ",\"attributes\":[{\"key\":\"KEY\",\"value\":{\"stringValue\":\"VALUE\"}}]";
    String more = text.substring(0, text.length() - 1);
    return span(
        "web",
        3,
        id,
        "",
        more.replace("KEY", "db.system").replace("VALUE", "pg")
            + more.replace("\"attributes\":[", "")
                .replace("KEY", "peer.service")
                .replace("VALUE", "shop-db")
            + more.replace("\"attributes\":[", "")
                .replace("KEY", "network.peer.address")
                .replace("VALUE", address)
            + more.replace("\"attributes\":[", "")
                .replace("KEY", "network.peer.port")
                .replace("VALUE", port)
            + "]");
  }

  @Test
  void storesTheAddressesOfDatabases() {
    ServiceGraph graph = new ServiceGraph(100, 1000, 10_000);
    String local =
        database("2", "127.0.0.1", "5433")
            .replace(
                "{\"key\":\"service.name\"",
                "{\"key\":\"host.id\",\"value\":{\"stringValue\":\"m1\"}},"
                    + "{\"key\":\"service.name\"");
    graph.add(TENANT, of(database("1", "10.0.0.2", "5432"), local), 1000);
    graph.add(TENANT, of(database("3", "10.0.0.2", "5432")), 2000);
    LastSamples out = new LastSamples();
    graph.write(out, 6000, 15_000, 900_000);
    String[] edge = {"client", "web", "server", "shop-db", "connection_type", "database"};
    assertThat(out.last("traces_service_graph_request_total", edge)).isEqualTo(3);
    assertThat(address(out, "10.0.0.2:5432", "")).isEqualTo(1);
    assertThat(address(out, "127.0.0.1:5433", "m1")).isEqualTo(1);
    assertThat(graph.addresses()).isEqualTo(2);
    graph.write(out, 2000 + 900_000, 15_000, 900_000);
    assertThat(graph.addresses()).isZero();
    assertThat(address(out, "10.0.0.2:5432", "")).isNaN();
  }

  private static Double address(LastSamples out, String peer, String host) {
    List<String> labels =
        new ArrayList<>(
            List.of("client", "web", "server", "shop-db", "connection_type", "database"));
    labels.addAll(List.of("peer", peer));
    if (!host.isEmpty()) {
      labels.addAll(List.of("host_id", host));
    }
    return Objects.requireNonNull(
        out.last("traces_service_graph_address_info", labels.toArray(String[]::new)));
  }

  @Test
  void boundsTheAddressesOfADatabase() {
    ServiceGraph graph = new ServiceGraph(100, 1000, 10_000);
    for (int i = 0; i < 1000; i++) {
      graph.add(TENANT, of(database("1", "10.0." + i / 250 + "." + i % 250, "5432")), 1000);
    }
    assertThat(graph.addresses()).isEqualTo(CalleeAddresses.MAX_ADDRESSES);
    graph.write(new LastSamples(), 1000 + 900_000, 15_000, 900_000);
    graph.add(TENANT, of(database("1", "10.9.9.9", "5432")), 901_000);
    assertThat(graph.addresses()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"40000", "32768", "60999", "0", "70000", "-1", "x", "99999999999"})
  void leavesOutPortsOfClientsAndInvalidOnes(String port) {
    ServiceGraph graph = new ServiceGraph(100, 1000, 10_000);
    graph.add(TENANT, of(database("1", "10.0.0.2", port)), 1000);
    assertThat(graph.size()).isEqualTo(1);
    assertThat(graph.addresses()).isZero();
  }

  @Test
  void addressesTakeTheMemoryOfSeries() {
    SeriesMemory memory = new SeriesMemory(10_000_000);
    ServiceGraph graph = new ServiceGraph(1000, 1000, 10_000, memory);
    graph.add(TENANT, of(database("1", "h".repeat(254), "5432")), 1000);
    assertThat(graph.addresses()).as("longer than a name of a host").isZero();
    long edge = memory.inUse();
    graph.add(TENANT, of(database("1", "10.0.0.2", "5432")), 1000);
    assertThat(memory.inUse()).isGreaterThan(edge);
    graph.write(new LastSamples(), 1000 + 900_000, 15_000, 900_000);
    assertThat(memory.inUse()).isZero();
  }
}
