package dev.tethys.bench.vendor;

import com.taosdata.jdbc.rs.RestfulDriver;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Properties;

/** TDengine's driver over REST, with a statement for each request that makes tables as it goes. */
final class TaosJdbcDriver implements VendorClient {
  private final Connection connection;

  TaosJdbcDriver(String url) throws SQLException {
    Properties login = new Properties();
    login.setProperty("user", "root");
    login.setProperty("password", "taosdata");
    // Not by DriverManager, which wants what its other drivers need.
    connection = new RestfulDriver().connect(url.replace("http:", "jdbc:TAOS-RS:") + "/far", login);
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
