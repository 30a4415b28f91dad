package dev.tethys.collect.database.postgres;

import dev.tethys.collect.database.GoNumbers;
import dev.tethys.collect.database.MetricSet;
import dev.tethys.collect.exporter.StatementLabel;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.log.JulLogger;
import java.lang.System.Logger.Level;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The collectors that are more than queries: settings, statements, idle processes. */
final class SpecialCollectors {
  private static final System.Logger LOG = JulLogger.of(SpecialCollectors.class.getName());

  /** Settings with a type that is not what their text has, of Azure and of Google Cloud. */
  private static final Set<String> ODD =
      Set.of("sync_commit_cancel_wait", "google_dataplex.max_messages");

  private static final Map<String, Double> SECONDS =
      Map.of("ms", 1e-3, "s", 1.0, "min", 60.0, "h", 3600.0, "d", 86400.0);
  private static final Map<String, Double> BYTES = new HashMap<>();

  static {
    BYTES.put("B", 1.0);
    String[] units = {"kB", "MB", "GB", "TB"};
    for (int i = 0; i < units.length; i++) {
      BYTES.put(units[i], Math.pow(1024, i + 1));
      for (int n = 1; n <= 64; n *= 2) {
        BYTES.put(n + units[i], n * Math.pow(1024, i + 1));
      }
    }
  }

  private SpecialCollectors() {}

  /** Collects numeric and boolean settings, in seconds and bytes if they have a unit. */
  static void settings(PostgresConnection c, MetricSet out) throws SQLException {
    c.query(
        "select name, setting, unit, vartype from pg_settings"
            + " where vartype in ('bool', 'integer', 'real')",
        r -> {
          while (PostgresConnection.next(r)) {
            String name = r.getString(1);
            if (!ODD.contains(name)) {
              setting(out, name, r.getString(2), r.getString(3), r.getString(4));
            }
          }
        });
  }

  private static void setting(
      MetricSet out, String name, @Nullable String text, @Nullable String unit, String type) {
    String metric = "pg_settings_" + name.replace('.', '_').replace('-', '_');
    String help = "Setting " + name + ".";
    if (type.equals("bool")) {
      out.gauge(metric, help, "on".equals(text) ? 1 : 0);
      return;
    }
    Double v = GoNumbers.parse(text);
    if (v == null) {
      LOG.log(Level.WARNING, "postgres: setting {0} is not a number: {1}", name, text);
      return;
    }
    if (unit == null || unit.isEmpty()) {
      out.gauge(metric, help, v);
      return;
    }
    boolean time = SECONDS.containsKey(unit);
    Double factor = time ? SECONDS.get(unit) : BYTES.get(unit);
    if (factor == null) {
      LOG.log(
          Level.WARNING, "postgres: setting {0} has the unit {1}, which is unknown", name, unit);
      return;
    }
    // -1 has a special meaning.
    double value = v == -1 ? v : unit.equals("ms") ? v / 1000 : v * factor;
    String suffix = time ? "seconds" : "bytes";
    out.gauge(metric + "_" + suffix, help + " In " + suffix + ".", value);
  }

  /** Collects idle times of server processes as histograms. */
  static void processIdle(PostgresConnection c, MetricSet out) throws SQLException {
    int[] bounds = {1, 2, 5, 15, 30, 60, 90, 120, 300};
    StringBuilder sql =
        new StringBuilder(
            "select state, application_name, count(*), sum(floor(extract(epoch from now() -"
                + " state_change)))");
    for (int b : bounds) {
      sql.append(", count(case when now() - state_change <= interval '").append(b);
      sql.append(" seconds' then 1 end)");
    }
    sql.append(" from pg_stat_activity where state like 'idle%' and pid <> pg_backend_pid()");
    sql.append(" group by 1, 2");
    c.query(
        sql.toString(),
        r -> {
          while (PostgresConnection.next(r)) {
            double[] upper = new double[bounds.length + 1];
            double[] counts = new double[bounds.length + 1];
            for (int i = 0; i < bounds.length; i++) {
              upper[i] = bounds[i];
              counts[i] = r.getDouble(5 + i);
            }
            upper[bounds.length] = Double.POSITIVE_INFINITY;
            counts[bounds.length] = r.getDouble(3);
            out.add(
                "pg_process_idle_seconds",
                MetricType.HISTOGRAM,
                "Idle time of server processes.",
                new MetricFamily.Buckets(r.getDouble(3), r.getDouble(4), upper, counts, List.of()),
                "state",
                known(r.getString(1)),
                "application_name",
                known(r.getString(2)));
          }
        });
  }

  private static String known(@Nullable String s) {
    return s == null ? "unknown" : s;
  }

  /**
   * Options of pg_stat_statements.
   *
   * @param query whether statement texts are shown
   * @param length maximum length of a query before it is truncated
   * @param limit maximum number of statements
   */
  record Statements(
      boolean query, int length, int limit, List<String> notDatabases, List<String> notUsers) {}

  /** Collects the slowest statements, without the fastest tenth. */
  static void statements(PostgresConnection c, int version, Statements s, MetricSet out)
      throws SQLException {
    String time = version >= 130000 ? "total_exec_time" : "total_time";
    String block = version >= 170000 ? "shared_blk_" : "blk_";
    String from = version >= 130000 ? "pg_stat_statements(" + s.query + ")" : "pg_stat_statements";
    String fast = version >= 130000 ? "pg_stat_statements(false)" : "pg_stat_statements";
    String sql =
        "select pg_get_userbyid(s.userid), d.datname, s.queryid::text, s.calls, s."
            + time
            + " / 1000.0, s.rows, s."
            + block
            + "read_time / 1000.0, s."
            + block
            + "write_time / 1000.0"
            + (s.query ? ", left(s.query, " + s.length + ")" : "")
            + " from "
            + from
            + " s join pg_database d on d.oid = s.dbid where s."
            + time
            + " > (select percentile_cont(0.1) within group (order by "
            + time
            + ") from "
            + fast
            + " f)"
            + except("d.datname", s.notDatabases)
            + except("pg_get_userbyid(s.userid)", s.notUsers)
            + " order by 5 desc limit "
            + s.limit;
    Set<String> texts = new HashSet<>();
    c.query(
        sql,
        r -> {
          while (PostgresConnection.next(r)) {
            statement(out, r, s.query, texts);
          }
        });
  }

  private static void statement(MetricSet out, ResultSet r, boolean query, Set<String> texts)
      throws SQLException {
    String id = known(r.getString(3));
    String[] labels = {
      "user", known(r.getString(1)), "datname", known(r.getString(2)), "queryid", id
    };
    String p = "pg_stat_statements_";
    out.counter(p + "calls_total", "Executions of the statement.", r.getDouble(4), labels);
    out.counter(p + "seconds_total", "Seconds spent in it.", r.getDouble(5), labels);
    out.counter(p + "rows_total", "Rows that it returned or changed.", r.getDouble(6), labels);
    out.counter(
        p + "block_read_seconds_total", "Seconds of reading blocks.", r.getDouble(7), labels);
    out.counter(
        p + "block_write_seconds_total", "Seconds of writing blocks.", r.getDouble(8), labels);
    if (query && texts.add(id)) {
      out.counter(
          p + "query_id",
          "Text of the statement.",
          1,
          "queryid",
          id,
          "query",
          // Those of commands such as CREATE ROLE keep their literals.
          StatementLabel.postgresql(known(r.getString(9))));
    }
  }

  private static String except(String what, List<String> names) {
    return names.isEmpty()
        ? ""
        : names.stream()
            .map(n -> "'" + n.replace("'", "''") + "'")
            .collect(Collectors.joining(", ", " and " + what + " not in (", ")"));
  }
}
