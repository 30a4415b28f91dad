package dev.tethys.app.delivery;

import static java.util.Objects.requireNonNull;

import dev.tethys.model.Labels;
import dev.tethys.testkit.PostgresProcess;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** A schema in a real PostgreSQL, read by SQL. */
final class PostgresPeer implements Peer {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final AtomicInteger SCHEMAS = new AtomicInteger();

  private final PostgresProcess server;
  private final boolean own;
  private final String schema = "proof_" + SCHEMAS.incrementAndGet();

  /**
   * Takes a schema that does not exist.
   *
   * @param own whether the server ends with it
   */
  PostgresPeer(PostgresProcess server, boolean own) {
    this.server = server;
    this.own = own;
  }

  @Override
  public int port() {
    return server.port();
  }

  @Override
  public String exporter() {
    return "postgresql";
  }

  private String access(int at) {
    return "'postgresql://127.0.0.1:"
        + at
        + "/postgres', username: tethys, password: secret, schema: "
        + schema;
  }

  @Override
  public String exporterKeys(int at) {
    return "endpoint: " + access(at) + ", tls: {insecure: true}";
  }

  @Override
  public String store(int at) {
    return "{name: far, type: postgresql, insecure: true, url: " + access(at) + "}";
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
  public boolean isHttp() {
    return false;
  }

  @Override
  public Histograms histograms() {
    return Histograms.WHOLE;
  }

  private static Labels labels(String json) {
    Map<String, String> all = new HashMap<>();
    for (Map.Entry<String, JsonNode> l : JSON.readTree(json).properties()) {
      all.put(plain(l.getKey()), plain(l.getValue().asString()));
    }
    return Labels.of(all);
  }

  /** Character 0 is stored as U+E000 and a digit. */
  static String plain(String s) {
    return s.replace("\ue0000", "\0").replace("\ue000E", "\ue000");
  }

  /** A connection whose unqualified tables are those of the schema. */
  Connection connect() throws SQLException {
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:" + server.port() + "/postgres?currentSchema=" + schema,
        "tethys",
        "secret");
  }

  @Override
  public void read(Found into) throws SQLException {
    try (Connection c = connect();
        Statement s = c.createStatement()) {
      Map<String, Labels> series = new HashMap<>();
      try (ResultSet r =
          s.executeQuery("SELECT series, labels FROM " + schema + ".metrics_series")) {
        while (r.next()) {
          series.put(r.getString(1), labels(r.getString(2)));
        }
      }
      // As bits: the text of a NaN does not say which.
      try (ResultSet r =
          s.executeQuery(
              "SELECT series, (extract(epoch FROM ts) * 1000)::bigint, float8send(value) FROM "
                  + schema
                  + ".metrics_samples")) {
        while (r.next()) {
          long bits = java.nio.ByteBuffer.wrap(r.getBytes(3)).getLong();
          into.sample(
              requireNonNull(series.get(r.getString(1))),
              r.getLong(2),
              Double.longBitsToDouble(bits));
        }
      }
      try (ResultSet r =
          s.executeQuery(
              "SELECT series, (extract(epoch FROM ts) * 1000)::bigint, count, sum FROM "
                  + schema
                  + ".metrics_histograms")) {
        while (r.next()) {
          into.histogram(
              requireNonNull(series.get(r.getString(1))),
              r.getLong(2),
              r.getDouble(3),
              r.getDouble(4));
        }
      }
    }
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
