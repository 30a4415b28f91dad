package dev.tethys.collect.database.postgres;

import static dev.tethys.collect.database.postgres.PostgresSession.text;

import dev.tethys.collect.database.reader.StatementText;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;

/**
 * Connections of the server at one time.
 *
 * @param autovacuum number of running workers of autovacuum
 * @param seconds time of the server, Unix seconds
 */
record PostgresActivity(Map<Integer, Backend> backends, int autovacuum, double seconds) {
  private static final int MAX_BACKENDS = 10_000;
  private static final int MAX_TEXT = StatementText.MAX_LENGTH;

  /**
   * A connection.
   *
   * @param query identifier of the statement, 0 if unknown
   * @param text of the running statement or of the last one of an open transaction, else empty
   * @param start of the statement, Unix seconds, 0 if unknown
   * @param blocker process that this one waits for, 0 if none
   * @param own whether it is the agent's connection
   */
  record Backend(
      long databaseId,
      String database,
      long userId,
      String user,
      String state,
      String waitType,
      boolean client,
      long query,
      String text,
      double start,
      int blocker,
      boolean own) {
    boolean isActive() {
      return state.equals("active");
    }

    /** Time that the running statement takes within an interval before a time. */
    double within(double from, double to) {
      return start == 0 || start > to ? 0 : to - Math.max(start, from);
    }
  }

  /** Reads the connections of clients. */
  static PostgresActivity read(PostgresSession s) throws SQLException {
    // Locks of the lock manager are taken for waiting processes only.
    String sql =
        "select s.pid, s.datid, s.datname, s.usesysid, s.usename, s.state, s.wait_event_type,"
            + " s.backend_type, "
            + (s.version().isFrom(14, 0) ? "coalesce(s.query_id, 0)" : "0::bigint")
            + ", case when s.state = 'active' or s.state like 'idle in transaction%' then"
            + " left(s.query, "
            + MAX_TEXT
            + ") end, extract(epoch from s.query_start), case when s.wait_event_type = 'Lock' then"
            + " (pg_blocking_pids(s.pid))[1] end, s.pid = pg_backend_pid(),"
            + " extract(epoch from clock_timestamp())"
            + " from pg_catalog.pg_stat_activity s join pg_catalog.pg_database d"
            + " on d.oid = s.datid and not d.datistemplate limit "
            + MAX_BACKENDS;
    Map<Integer, Backend> backends = new HashMap<>();
    int[] workers = new int[1];
    double[] now = new double[1];
    s.rows(
        sql,
        r -> {
          now[0] = r.getDouble(14);
          String type = text(r, 8);
          if (type.equals("autovacuum worker")) {
            workers[0]++;
          }
          Backend b =
              new Backend(
                  r.getLong(2),
                  text(r, 3),
                  r.getLong(4),
                  text(r, 5),
                  text(r, 6),
                  text(r, 7),
                  type.isEmpty() || type.equals("client backend"),
                  r.getLong(9),
                  text(r, 10),
                  r.getDouble(11),
                  r.getInt(12),
                  r.getBoolean(13));
          if (!b.database.isEmpty() && !b.user.isEmpty() && !b.state.isEmpty()) {
            backends.put(r.getInt(1), b);
          }
        });
    return new PostgresActivity(backends, workers[0], now[0]);
  }
}
