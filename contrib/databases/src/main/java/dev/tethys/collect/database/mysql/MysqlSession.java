package dev.tethys.collect.database.mysql;

import dev.tethys.collect.database.MetricSet;
import dev.tethys.collect.database.reader.ReadingParts;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One reading over one connection, whose parts fail separately. Not thread-safe. */
final class MysqlSession {
  private static final Set<Integer> RIGHTS = Set.of(1142, 1143, 1227, 1044, 1370);

  private final MysqlConnection connection;
  private final MetricSet out;
  private final ReadingParts parts;
  private final String user;
  private long statements;

  MysqlSession(MysqlConnection connection, MetricSet out, ReadingParts parts, String user) {
    this.connection = connection;
    this.out = out;
    this.parts = parts;
    this.user = user;
  }

  /** Statements of a part. */
  @FunctionalInterface
  interface Body {
    void read() throws IOException;
  }

  /**
   * Reads a part.
   *
   * @param right that the part needs
   * @throws IOException if the connection is lost; a refusal by the server is recorded instead
   */
  boolean part(String name, String right, Body body) throws IOException {
    try {
      body.read();
      parts.succeeded(name);
      return true;
    } catch (MysqlException e) {
      parts.failed(
          name, String.valueOf(e.getMessage()), RIGHTS.contains(e.code()) ? grant(right) : "");
      return false;
    }
  }

  /** Statement that gives a right to the agent's user. */
  String grant(String right) {
    return "GRANT " + right + " TO '" + user.replace("'", "''") + "'@'%';";
  }

  MetricSet out() {
    return out;
  }

  ReadingParts parts() {
    return parts;
  }

  boolean isMariadb() {
    return connection.isMariadb();
  }

  long statements() {
    return statements;
  }

  MysqlConnection.Rows query(String sql) throws IOException {
    statements++;
    return connection.query(sql);
  }

  /** Rows of a query, by lower-case names of columns. */
  List<Map<String, @Nullable String>> maps(String sql) throws IOException {
    return query(sql).maps();
  }

  /** Two columns as names and values. */
  Map<String, String> pairs(String sql) throws IOException {
    Map<String, String> out = new HashMap<>();
    for (List<@Nullable String> row : query(sql).rows()) {
      String name = row.getFirst();
      String value = row.size() > 1 ? row.get(1) : null;
      if (name != null && value != null) {
        out.put(name.toLowerCase(Locale.ROOT), value);
      }
    }
    return out;
  }
}
