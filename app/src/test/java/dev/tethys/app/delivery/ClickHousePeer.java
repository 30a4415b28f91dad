package dev.tethys.app.delivery;

import static java.util.Objects.requireNonNull;

import dev.tethys.model.Labels;
import dev.tethys.testkit.ClickHouseProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** A database in ClickHouse's own engine, read by SQL. */
final class ClickHousePeer implements Peer {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final AtomicInteger DATABASES = new AtomicInteger();

  private final ClickHouseProcess server;
  private final boolean own;
  private final String database = "proof_" + DATABASES.incrementAndGet();

  /**
   * Takes a database that does not exist.
   *
   * @param own whether the server ends with it
   */
  ClickHousePeer(ClickHouseProcess server, boolean own) {
    this.server = server;
    this.own = own;
  }

  @Override
  public int port() {
    return URI.create(server.url()).getPort();
  }

  @Override
  public String exporter() {
    return "clickhouse";
  }

  @Override
  public String exporterKeys(int at) {
    return "endpoint: 'http://127.0.0.1:"
        + at
        + "', username: tethys, password: secret, database: "
        + database;
  }

  @Override
  public String store(int at) {
    return "{name: far, type: clickhouse, url: 'http://127.0.0.1:"
        + at
        + "', basic_auth: {username: tethys, password: secret}, database: "
        + database
        + "}";
  }

  @Override
  public String exporterKeys(int at, String name) {
    return exporterKeys(at) + ", metrics_table_prefix: '" + name + "'";
  }

  @Override
  public String store(int at, String name) {
    return store(at).replace("{name: far", "{name: " + name + ", metrics_table_prefix: " + name);
  }

  @Override
  public Histograms histograms() {
    return Histograms.WHOLE;
  }

  /** The rows of what {@code SELECT} asks for, with {@code {db}} as the database. */
  void ask(String select, Consumer<JsonNode> row) throws Exception {
    String sql = "SELECT " + select.replace("{db}", database) + " FORMAT JSONEachRow";
    try (HttpClient http = HttpClient.newHttpClient()) {
      http.send(
              HttpRequest.newBuilder(URI.create(server.url()))
                  .header("X-ClickHouse-Key", "secret")
                  .POST(HttpRequest.BodyPublishers.ofString(sql))
                  .build(),
              HttpResponse.BodyHandlers.ofLines())
          .body()
          .forEach(line -> row.accept(JSON.readTree(line)));
    }
  }

  @Override
  public void read(Found into) throws Exception {
    Map<String, Labels> series = new HashMap<>();
    ask(
        "series, labels FROM {db}.metrics_series FINAL",
        n -> {
          Map<String, String> all = new HashMap<>();
          n.path("labels").properties().forEach(l -> all.put(l.getKey(), l.getValue().asString()));
          series.put(n.path("series").asString(), Labels.of(all));
        });
    ask(
        "series, toString(toUnixTimestamp64Milli(ts)) AS t, toString(reinterpretAsUInt64(value)) AS"
            + " bits FROM {db}.metrics_samples FINAL",
        n ->
            into.sample(
                requireNonNull(series.get(n.path("series").asString())),
                Long.parseLong(n.path("t").asString()),
                Double.longBitsToDouble(Long.parseUnsignedLong(n.path("bits").asString()))));
    ask(
        "series, toString(toUnixTimestamp64Milli(ts)) AS t, count, sum FROM {db}.metrics_histograms"
            + " FINAL",
        n ->
            into.histogram(
                requireNonNull(series.get(n.path("series").asString())),
                Long.parseLong(n.path("t").asString()),
                n.path("count").asDouble(),
                n.path("sum").asDouble()));
  }

  @Override
  public boolean killAndRestart() throws Exception {
    server.killAndRestart();
    return true;
  }

  @Override
  public void close() throws IOException {
    if (own) {
      try {
        server.close();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
