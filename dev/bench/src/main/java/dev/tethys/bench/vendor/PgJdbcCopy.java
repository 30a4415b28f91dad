package dev.tethys.bench.vendor;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import org.postgresql.PGConnection;

/** PostgreSQL's driver, with COPY of text into a table without a key. */
final class PgJdbcCopy implements VendorClient {
  private final Connection connection;

  PgJdbcCopy(String address) throws SQLException {
    connection =
        DriverManager.getConnection(
            "jdbc:postgresql://" + address + "/postgres", "tethys", "secret");
    try (Statement s = connection.createStatement()) {
      s.execute(
          "CREATE TABLE IF NOT EXISTS copied (series uuid, ts timestamptz, value double precision)");
    }
  }

  @Override
  public void write(List<Sample> samples) throws SQLException, IOException {
    StringBuilder sb = new StringBuilder();
    for (Sample s : samples) {
      sb.append(s.series().id()).append('\t').append(Instant.ofEpochMilli(s.millis()));
      sb.append('\t').append(s.value()).append('\n');
    }
    connection
        .unwrap(PGConnection.class)
        .getCopyAPI()
        .copyIn(
            "COPY copied FROM STDIN",
            new ByteArrayInputStream(sb.toString().getBytes(StandardCharsets.UTF_8)));
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
