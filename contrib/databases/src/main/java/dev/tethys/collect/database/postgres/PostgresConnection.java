package dev.tethys.collect.database.postgres;

import dev.tethys.collect.database.wire.Deadline;
import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import dev.tethys.model.DeadlineTimer;
import dev.tethys.web.client.DriverTls;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.postgresql.Driver;

/**
 * Connection for one scrape or several successive ones. Not thread-safe.
 *
 * <p>The connection is aborted at its deadline, and the number of rows of a query is limited.
 */
final class PostgresConnection implements AutoCloseable {
  /** Maximum number of rows of a query. */
  static final int MAX_ROWS = 200_000;

  /** Most bytes of a result, in the driver's notation. */
  private static final String MAX_RESULT = "32M";

  private static final Set<String> OF_CLIENTS =
      Set.of(
          "sslmode",
          "sslcert",
          "sslkey",
          "sslrootcert",
          "sslsni",
          "sslinline",
          "sslpassword",
          "connect_timeout",
          "application_name",
          "fallback_application_name",
          "binary_parameters",
          "krbsrvname",
          "krbspn",
          "passfile",
          "service",
          "target_session_attrs");

  private final Connection connection;
  private final String tls;
  private DeadlineTimer alarm;

  private PostgresConnection(Connection connection, String tls, Deadline deadline) {
    this.connection = connection;
    this.tls = tls;
    this.alarm = alarm(deadline);
  }

  private DeadlineTimer alarm(Deadline deadline) {
    return DeadlineTimer.closing(() -> connection.abort(Runnable::run), deadline.nanos());
  }

  /**
   * Ends a scrape without closing the connection, which {@link #wake} reuses.
   *
   * @return false if the deadline had passed
   */
  boolean park() {
    alarm.close();
    return !alarm.hasRung();
  }

  /** Begins another scrape on a connection that is parked. */
  void wake(Deadline deadline) {
    alarm = alarm(deadline);
  }

  /**
   * Connects and logs in.
   *
   * @throws SQLException if it cannot; the message holds no password
   * @throws IllegalArgumentException if an option is invalid
   */
  static PostgresConnection open(PostgresDsn dsn, Deadline deadline)
      throws SQLException, IOException {
    Properties p = new Properties();
    String seconds = Integer.toString(Math.max(1, (deadline.millisLeft() + 999) / 1000));
    if (!dsn.user().isEmpty()) {
      p.setProperty("user", dsn.user());
    }
    if (!dsn.password().isEmpty()) {
      p.setProperty("password", dsn.password().value());
    }
    String name = dsn.options().getOrDefault("fallback_application_name", "");
    p.setProperty("ApplicationName", dsn.options().getOrDefault("application_name", name));
    p.setProperty("assumeMinServerVersion", "9.0");
    p.setProperty("connectTimeout", seconds);
    p.setProperty("loginTimeout", seconds);
    p.setProperty("gssEncMode", "disable");
    p.setProperty("preferQueryMode", "simple");
    p.setProperty("defaultRowFetchSize", "0");
    p.setProperty("maxResultBuffer", MAX_RESULT);
    p.setProperty("options", options(dsn.options()));
    String tls = secure(p, dsn);
    String host = dsn.host();
    if (host.startsWith("/")) {
      p.setProperty("socketFactory", UnixSockets.class.getName());
      p.setProperty("socketFactoryArg", host + "/.s.PGSQL." + dsn.port());
      host = "localhost";
    }
    String database = dsn.database().isEmpty() ? dsn.user() : dsn.database();
    String url =
        "jdbc:postgresql://"
            + (host.contains(":") ? "[" + host + "]" : host)
            + ":"
            + dsn.port()
            + "/"
            + URLEncoder.encode(database, StandardCharsets.UTF_8);
    try {
      Connection c = new Driver().connect(url, p);
      if (c == null) {
        throw new SQLException("not an address of PostgreSQL: " + dsn, "08001");
      }
      return new PostgresConnection(c, tls, deadline);
    } catch (SQLException e) {
      DriverTls.forget(tls);
      throw e;
    }
  }

  /** Passes all options that the client does not know as settings of the session. */
  private static String options(Map<String, String> options) {
    StringBuilder out = new StringBuilder(options.getOrDefault("options", ""));
    options.forEach(
        (k, v) -> {
          if (!OF_CLIENTS.contains(k) && !k.equals("options")) {
            out.append(" -c ").append(k).append('=');
            out.append(v.replace("\\", "\\\\").replace(" ", "\\ "));
          }
        });
    return out.toString().trim();
  }

  private static String secure(Properties p, PostgresDsn dsn) {
    Map<String, String> o = dsn.options();
    String root = o.getOrDefault("sslrootcert", "");
    String mode = o.getOrDefault("sslmode", dsn.host().startsWith("/") ? "disable" : "require");
    mode = mode.toLowerCase(Locale.ROOT);
    if (!Set.of("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
        .contains(mode)) {
      throw new IllegalArgumentException(
          "unsupported sslmode \""
              + mode
              + "\"; expected one of disable, allow, prefer, require, verify-ca, verify-full");
    }
    if (mode.equals("require") && !root.isEmpty()) {
      mode = "verify-ca"; // as libpq does
    }
    p.setProperty("sslmode", mode);
    if (mode.equals("disable")) {
      return "";
    }
    String number =
        DriverTls.register(
            new TlsConfig(
                "",
                root,
                "",
                o.getOrDefault("sslcert", ""),
                Secret.NONE,
                o.getOrDefault("sslkey", ""),
                "",
                !mode.startsWith("verify"),
                null,
                null));
    p.setProperty("sslfactory", DriverTls.class.getName());
    p.setProperty(DriverTls.NUMBER, number);
    return number;
  }

  /** Processes the rows of a query. */
  @FunctionalInterface
  interface Rows {
    void read(ResultSet rows) throws SQLException;
  }

  /**
   * Runs a query.
   *
   * @throws SQLException with the server's error, or that there are too many rows, or that it timed
   *     out
   */
  void query(String sql, Rows to) throws SQLException {
    try (Statement s = connection.createStatement()) {
      s.setMaxRows(MAX_ROWS + 1);
      try (ResultSet r = s.executeQuery(sql)) {
        to.read(r);
      }
    } catch (SQLException e) {
      throw alarm.hasRung() ? new SQLException("timed out", "57014") : e;
    }
  }

  /**
   * Runs a statement without a result. The text may come from the server: the driver does not
   * replace escapes in it.
   *
   * @throws SQLException with the server's error, or that it timed out
   */
  void execute(String sql) throws SQLException {
    try (Statement s = connection.createStatement()) {
      s.setEscapeProcessing(false);
      s.execute(sql);
    } catch (SQLException e) {
      throw alarm.hasRung() ? new SQLException("timed out", "57014") : e;
    }
  }

  /** Moves to the next row, within the limit. */
  static boolean next(ResultSet r) throws SQLException {
    boolean there = r.next();
    if (there && r.getRow() > MAX_ROWS) {
      throw new SQLException("more than " + MAX_ROWS + " rows", "54000");
    }
    return there;
  }

  /** Returns the server version in the format of {@code server_version_num}: 150020 for 15.20. */
  int version() throws SQLException {
    int[] v = new int[1];
    query(
        "show server_version_num",
        r -> {
          if (r.next()) {
            v[0] = r.getInt(1);
          }
        });
    return v[0];
  }

  @Override
  public void close() {
    alarm.close();
    try {
      connection.close();
    } catch (SQLException e) {
      // no caller needs its result
    }
    DriverTls.forget(tls);
  }
}
