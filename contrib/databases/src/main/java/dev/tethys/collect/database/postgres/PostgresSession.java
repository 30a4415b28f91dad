package dev.tethys.collect.database.postgres;

import dev.tethys.collect.database.MetricSet;
import dev.tethys.collect.database.reader.ReadingParts;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One reading over one connection, whose parts fail separately. Not thread-safe. */
final class PostgresSession {
  private static final String MONITOR = "pg_monitor";

  private final PostgresConnection connection;
  private final PostgresVersion version;
  private final MetricSet out;
  private final ReadingParts parts;
  private final String user;
  private long statements;

  /**
   * @param user that is named in remedies
   */
  PostgresSession(
      PostgresConnection connection,
      PostgresVersion version,
      MetricSet out,
      ReadingParts parts,
      String user) {
    this.connection = connection;
    this.version = version;
    this.out = out;
    this.parts = parts;
    this.user = user;
  }

  /** Statements of a part. */
  @FunctionalInterface
  interface Body {
    void read() throws SQLException;
  }

  PostgresVersion version() {
    return version;
  }

  MetricSet out() {
    return out;
  }

  ReadingParts parts() {
    return parts;
  }

  /** Number of statements so far. */
  long statements() {
    return statements;
  }

  /**
   * Reads a part.
   *
   * @throws SQLException if the connection is lost; a refusal by the server is recorded instead
   */
  boolean part(String name, Body body) throws SQLException {
    try {
      body.read();
      parts.succeeded(name);
      return true;
    } catch (SQLException e) {
      if (isLost(e)) {
        throw e;
      }
      parts.failed(name, message(e), remedy(e));
      return false;
    }
  }

  /** Whether the connection cannot be used any longer. */
  static boolean isLost(SQLException e) {
    String state = Objects.requireNonNullElse(e.getSQLState(), "08000");
    return state.startsWith("08") || state.startsWith("57P") || "timed out".equals(e.getMessage());
  }

  /** First line of the server's message. */
  static String message(SQLException e) {
    String m = e.getMessage();
    return m == null ? "failed" : m.lines().findFirst().orElse("failed");
  }

  private String remedy(SQLException e) {
    return switch (Objects.requireNonNullElse(e.getSQLState(), "")) {
      case "42501" -> grant(MONITOR);
      case "55000" ->
          message(e).contains("shared_preload_libraries")
              ? "set shared_preload_libraries = 'pg_stat_statements' and restart the server"
              : "";
      case "42704" ->
          "CREATE EXTENSION pg_stat_statements; in the database of the target, with"
              + " shared_preload_libraries = 'pg_stat_statements'";
      default -> "";
    };
  }

  /** Statement that gives a role to the agent's user. */
  String grant(String role) {
    return "GRANT " + role + " TO " + identifier(user) + ";";
  }

  /** Name in double quotes. */
  static String identifier(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  /** Runs a query. */
  void query(String sql, PostgresConnection.Rows to) throws SQLException {
    statements++;
    connection.query(sql, to);
  }

  /** Runs a statement without a result. */
  void execute(String sql) throws SQLException {
    statements++;
    connection.execute(sql);
  }

  /** Runs a query and processes each row. */
  void rows(String sql, PostgresConnection.Rows row) throws SQLException {
    query(
        sql,
        r -> {
          while (PostgresConnection.next(r)) {
            row.read(r);
          }
        });
  }

  /** Number in a column, null for SQL's null. */
  static @Nullable Double number(ResultSet r, int column) throws SQLException {
    double v = r.getDouble(column);
    return r.wasNull() ? null : v;
  }

  /** Text in a column, empty for SQL's null. */
  static String text(ResultSet r, int column) throws SQLException {
    String s = r.getString(column);
    return s == null ? "" : s;
  }
}
