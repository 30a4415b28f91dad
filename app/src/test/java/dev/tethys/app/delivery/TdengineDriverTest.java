package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Signal;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * TDengine's own JDBC driver, over REST and over WebSocket, reads from the double what the exporter
 * wrote, and writes into its tables. It shows that the double answers as the driver expects
 * taosAdapter to; it does not show that TDengine does.
 */
@Tag("contrib")
@Tag("slow")
class TdengineDriverTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int SAMPLES = 300;
  private static final long START = 1_700_000_000_000L;
  private static final String ALL = "SELECT ts,value,mark,labels FROM `metrics` WHERE ts >= 0";

  private TdengineDouble tables;
  private TdengineSockets sockets;

  @BeforeEach
  void start() throws IOException {
    tables = new TdengineDouble();
    sockets = new TdengineSockets(tables);
  }

  @AfterEach
  void stop() {
    sockets.close();
    tables.close();
  }

  static Stream<String> protocols() {
    return Stream.of("TAOS-RS", "TAOS-WS");
  }

  private Connection connect(String protocol) throws SQLException {
    int port = protocol.equals("TAOS-RS") ? tables.port() : sockets.port();
    return DriverManager.getConnection(
        "jdbc:" + protocol + "://127.0.0.1:" + port + "/tethys", "root", "taosdata");
  }

  @ParameterizedTest
  @MethodSource("protocols")
  void readsOutputOfTheExporter(String protocol) throws Exception {
    Set<String> expected = new TreeSet<>();
    WriteRequestWriter w = new WriteRequestWriter();
    for (int i = 0; i < SAMPLES; i++) {
      double value = i % 100 == 7 ? Double.NaN : i == 8 ? Double.POSITIVE_INFINITY : i + 0.5;
      w.beginSeries(Labels.of("__name__", "m", "n", "" + i % 5, "zone", "Z\u00fcrich 'a'"))
          .sample(START + i, value)
          .endSeries();
      expected.add(row("m", "" + i % 5, START + i, Double.isFinite(value) ? value : null));
    }
    write(w);
    assertThat(read(protocol)).isEqualTo(expected);
  }

  @ParameterizedTest
  @MethodSource("protocols")
  void writesRowsOfTheSameTables(String protocol) throws Exception {
    write(series("first", 1.5));
    try (Connection c = connect(protocol);
        Statement s = c.createStatement()) {
      int rows =
          s.executeUpdate(
              "INSERT INTO `t_00112233445566778899aabbccddeeff` USING `metrics` TAGS"
                  + " ('{\"__name__\":\"second\",\"n\":\"1\"}') (ts,value) VALUES ("
                  + START
                  + ",2.5)");
      assertThat(rows).isEqualTo(1);
    }
    assertThat(read(protocol))
        .containsExactlyInAnyOrder(row("first", "1", START, 1.5), row("second", "1", START, 2.5));
  }

  @ParameterizedTest
  @MethodSource("protocols")
  void reportsReasonOfRefusedStatement(String protocol) throws Exception {
    write(series("m", 1));
    try (Connection c = connect(protocol);
        Statement s = c.createStatement()) {
      assertThatThrownBy(() -> s.executeQuery(ALL.replace("`metrics`", "`absent`")))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("Table does not exist");
    }
  }

  private static WriteRequestWriter series(String name, double value) {
    return new WriteRequestWriter()
        .beginSeries(Labels.of("__name__", name, "n", "1"))
        .sample(START, value)
        .endSeries();
  }

  private void write(WriteRequestWriter w) throws Exception {
    String keys =
        "endpoint: 'http://127.0.0.1:" + tables.port() + "', protocol: sql, table: metrics";
    try (TestPipeline p = new TestPipeline(Signal.METRICS, "tdengine", keys)) {
      p.send(
          new Batch(
              Signal.METRICS, Encoding.REMOTE_WRITE, w.toByteArray(), SAMPLES, 0, Metadata.NONE));
      p.drain(ExporterContract.TIME_LIMIT);
    }
  }

  private Set<String> read(String protocol) throws SQLException {
    Set<String> out = new TreeSet<>();
    try (Connection c = connect(protocol);
        Statement s = c.createStatement();
        ResultSet rows = s.executeQuery(ALL)) {
      while (rows.next()) {
        double value = rows.getDouble("value");
        boolean none = rows.wasNull();
        JsonNode labels = JSON.readTree(rows.getString("labels"));
        out.add(
            row(
                labels.path("__name__").asString(),
                labels.path("n").asString(),
                rows.getTimestamp("ts").getTime(),
                none ? null : value));
      }
    }
    return out;
  }

  private static String row(String name, String n, long time, @Nullable Double value) {
    return name + " " + n + " " + time + " " + value;
  }
}
