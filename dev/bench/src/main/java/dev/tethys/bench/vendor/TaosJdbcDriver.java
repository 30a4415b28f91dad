package dev.tethys.bench.vendor;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/** Queries TDengine over REST, with a statement per request that creates tables as needed. */
final class TaosJdbcDriver implements VendorClient {
  private final Connection connection;

  TaosJdbcDriver(String url) throws SQLException {
    connection =
        DriverManager.getConnection(
            url.replace("http:", "jdbc:TAOS-RS:") + "/far", "root", "taosdata");
  }

  @Override
  public void write(List<Sample> samples) throws SQLException {
    StringBuilder sql = new StringBuilder("INSERT INTO ");
    for (Sample s : samples) {
      sql.append("`t_").append(s.series().id().toString().replace("-", ""));
      sql.append("` USING `metrics` TAGS ('").append(s.series().json());
      sql.append("') (ts,value) VALUES (").append(s.millis()).append(',').append(s.value());
      sql.append(")\n");
    }
    try (Statement statement = connection.createStatement()) {
      statement.executeUpdate(sql.toString());
    }
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
