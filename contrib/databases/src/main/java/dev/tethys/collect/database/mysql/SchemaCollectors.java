package dev.tethys.collect.database.mysql;

import dev.tethys.collect.database.GoNumbers;
import dev.tethys.collect.database.MetricSet;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Collectors of information_schema, performance_schema and mysql that need more than one query. */
final class SchemaCollectors {
  private static final Set<String> SUMS =
      Set.of(
          "bytes_received",
          "bytes_sent",
          "binlog_bytes_written",
          "rows_read",
          "rows_sent",
          "rows_deleted",
          "rows_inserted",
          "rows_fetched",
          "rows_updated",
          "table_rows_read",
          "select_commands",
          "update_commands",
          "other_commands",
          "commit_transactions",
          "rollback_transactions",
          "denied_connections",
          "lost_connections",
          "access_denied",
          "empty_queries",
          "total_ssl_connections");

  private final MysqlConnection c;
  private final MetricSet out;

  SchemaCollectors(MysqlConnection c, MetricSet out) {
    this.c = c;
    this.out = out;
  }

  private static double number(@Nullable String text) {
    Double v = GoNumbers.parse(text);
    return v == null ? 0 : v;
  }

  private static String text(@Nullable String s) {
    return s == null ? "" : s;
  }

  /** Whether the server counts by users, clients and tables at all. */
  boolean countsUsers() throws IOException {
    List<List<@Nullable String>> rows =
        c.query(
                "SHOW GLOBAL VARIABLES WHERE Variable_Name='userstat' OR"
                    + " Variable_Name='userstat_running'")
            .rows();
    return !rows.isEmpty() && !"OFF".equalsIgnoreCase(rows.getFirst().get(1));
  }

  /**
   * Threads by command and state.
   *
   * @param minSeconds minimum time in the state, in seconds
   */
  void processes(long minSeconds, boolean byUser, boolean byHost) throws IOException {
    Map<String, Map<String, double[]>> states = new TreeMap<>();
    Map<String, Double> hosts = new TreeMap<>();
    Map<String, Double> users = new TreeMap<>();
    for (List<@Nullable String> row :
        c.query(
                "SELECT user, SUBSTRING_INDEX(host, ':', 1), COALESCE(command, ''), COALESCE(state,"
                    + " ''), COUNT(*), SUM(time) FROM information_schema.processlist WHERE id !="
                    + " connection_id() AND time >= "
                    + minSeconds
                    + " GROUP BY 1, 2, 3, 4")
            .rows()) {
      double count = number(row.get(4));
      double[] sum =
          states
              .computeIfAbsent(state(text(row.get(2))), k -> new TreeMap<>())
              .computeIfAbsent(state(text(row.get(3))), k -> new double[2]);
      sum[0] += count;
      sum[1] += number(row.get(5));
      String host = text(row.get(1));
      hosts.merge(host.isEmpty() ? "unknown" : host, count, Double::sum);
      users.merge(text(row.get(0)), count, Double::sum);
    }
    String p = "info_schema_processlist_";
    states.forEach(
        (command, of) ->
            of.forEach(
                (state, sum) -> {
                  String[] labels = {"command", command, "state", state};
                  out.gauge(p + "threads", "Threads by state.", sum[0], labels);
                  out.gauge(p + "seconds", "Seconds of threads by state.", sum[1], labels);
                }));
    if (byHost) {
      hosts.forEach(
          (h, n) -> out.gauge(p + "processes_by_host", "Processes by host.", n, "client_host", h));
    }
    if (byUser) {
      users.forEach(
          (u, n) -> out.gauge(p + "processes_by_user", "Processes by user.", n, "mysql_user", u));
    }
  }

  private static String state(String s) {
    return s.isEmpty()
        ? "unknown"
        : s.toLowerCase(Locale.ROOT).replaceAll("[;,:.()]", "").replaceAll("[ -]", "_");
  }

  /**
   * Collects table sizes.
   *
   * @param databases comma-separated database names, or {@code *} for all non-system databases
   */
  void tables(String databases) throws IOException {
    String where =
        databases.equals("*")
            ? "NOT IN ('mysql', 'performance_schema', 'information_schema', 'sys')"
            : "IN (" + quoted(List.of(databases.split(","))) + ")";
    for (List<@Nullable String> row :
        c.query(
                "SELECT table_schema, table_name, table_type, ifnull(engine, 'NONE'),"
                    + " ifnull(version, '0'), ifnull(row_format, 'NONE'), ifnull(table_rows, '0'),"
                    + " ifnull(data_length, '0'), ifnull(index_length, '0'), ifnull(data_free,"
                    + " '0'), ifnull(create_options, 'NONE') FROM information_schema.tables WHERE"
                    + " table_schema "
                    + where)
            .rows()) {
      String schema = text(row.get(0));
      String table = text(row.get(1));
      out.gauge(
          "info_schema_table_version",
          "Version of the table format.",
          number(row.get(4)),
          "schema",
          schema,
          "table",
          table,
          "type",
          text(row.get(2)),
          "engine",
          text(row.get(3)),
          "row_format",
          text(row.get(5)),
          "create_options",
          text(row.get(10)));
      out.gauge(
          "info_schema_table_rows",
          "Estimated rows.",
          number(row.get(6)),
          "schema",
          schema,
          "table",
          table);
      String[] components = {"data_length", "index_length", "data_free"};
      for (int i = 0; i < components.length; i++) {
        out.gauge(
            "info_schema_table_size",
            "Bytes of the table.",
            number(row.get(7 + i)),
            "schema",
            schema,
            "table",
            table,
            "component",
            components[i]);
      }
    }
  }

  private static String quoted(List<String> names) {
    return names.stream()
        .map(n -> "'" + n.trim().replace("\\", "\\\\").replace("'", "''") + "'")
        .collect(Collectors.joining(", "));
  }

  /**
   * Statistics by client or by user.
   *
   * @param who {@code client} or {@code user}
   */
  void statistics(String who) throws IOException {
    MysqlConnection.Rows r = c.query("SELECT * FROM information_schema." + who + "_statistics");
    for (Map<String, @Nullable String> row : r.maps()) {
      String of = text(row.get(who));
      for (String column : r.columns()) {
        String name = column.toLowerCase(Locale.ROOT);
        Double v = name.equals(who) ? null : GoNumbers.parse(row.get(name));
        if (v != null) {
          statistic("info_schema_" + who + "_statistics_", name, v, who, of);
        }
      }
    }
  }

  private void statistic(String p, String name, double v, String... labels) {
    String help = "Column " + name + " of the statistics.";
    switch (name) {
      case "total_connections" -> out.counter(p + name, help, v, labels);
      case "concurrent_connections" -> out.gauge(p + name, help, v, labels);
      case "connected_time" -> out.counter(p + "connected_time_seconds_total", help, v, labels);
      case "busy_time" -> out.counter(p + "busy_seconds_total", help, v, labels);
      case "cpu_time" -> out.counter(p + "cpu_time_seconds_total", help, v, labels);
      default -> {
        boolean limit = name.equals("max_statement_time_exceeded") && labels[0].equals("client");
        if (SUMS.contains(name) || limit) {
          out.counter(p + name + "_total", help, v, labels);
        } else {
          out.untyped(p + name, help, v, labels);
        }
      }
    }
  }

  /** Limits and privileges of users. */
  void users(boolean privileges) throws IOException {
    MysqlConnection.Rows r = c.query("SELECT * FROM mysql.user");
    for (Map<String, @Nullable String> row : r.maps()) {
      String[] labels = {"mysql_user", text(row.get("user")), "hostmask", text(row.get("host"))};
      for (String column : r.columns()) {
        String name = column.toLowerCase(Locale.ROOT);
        String v = text(row.get(name));
        if (privileges && name.endsWith("_priv") && (v.equals("Y") || v.equals("N"))) {
          out.gauge("mysql_" + name, "Privilege of the user.", v.equals("Y") ? 1 : 0, labels);
        }
      }
      for (String limit :
          List.of("max_questions", "max_updates", "max_connections", "max_user_connections")) {
        out.gauge("mysql_" + limit, "Limit of the user.", number(row.get(limit)), labels);
      }
    }
  }

  /**
   * Options of the statement summary.
   *
   * @param seconds maximum age of the last execution
   * @param length maximum length of a string before it is truncated
   */
  record Statements(long limit, long seconds, long length, List<String> notSchemas) {}

  /** Collects the statements with the longest total time. */
  void statements(Statements s) throws IOException {
    List<String> schemas =
        new ArrayList<>(List.of("mysql", "performance_schema", "information_schema"));
    schemas.addAll(s.notSchemas);
    MysqlConnection.Rows r =
        c.query(
            "SELECT * FROM performance_schema.events_statements_summary_by_digest"
                + " WHERE schema_name NOT IN ("
                + quoted(schemas)
                + ") AND last_seen > DATE_SUB(NOW(), INTERVAL "
                + s.seconds
                + " SECOND) ORDER BY sum_timer_wait DESC LIMIT "
                + s.limit);
    for (Map<String, @Nullable String> row : r.maps()) {
      String digest = text(row.get("digest_text"));
      String[] labels = {
        "schema", text(row.get("schema_name")),
        "digest", text(row.get("digest")),
        "digest_text", digest.substring(0, (int) Math.min(digest.length(), s.length))
      };
      statement("total", row, "count_star", 1, labels);
      statement("seconds_total", row, "sum_timer_wait", 1e12, labels);
      if (row.containsKey("quantile_95")) { // since MySQL 8.0.28
        statement("lock_time_seconds_total", row, "sum_lock_time", 1e12, labels);
        statement("cpu_time_seconds_total", row, "sum_cpu_time", 1e12, labels);
        out.add(
            "perf_schema_events_statements_latency",
            dev.tethys.model.MetricType.SUMMARY,
            "Latency of the statement in seconds.",
            new dev.tethys.model.exposition.MetricFamily.Quantiles(
                number(row.get("count_star")),
                number(row.get("sum_timer_wait")) / 1e12,
                new double[] {95, 99, 999},
                new double[] {
                  number(row.get("quantile_95")) / 1e12,
                  number(row.get("quantile_99")) / 1e12,
                  number(row.get("quantile_999")) / 1e12
                }),
            labels);
      }
      for (String name :
          List.of("errors", "warnings", "rows_affected", "rows_sent", "rows_examined")) {
        statement(name + "_total", row, "sum_" + name, 1, labels);
      }
      statement("tmp_tables_total", row, "sum_created_tmp_tables", 1, labels);
      statement("tmp_disk_tables_total", row, "sum_created_tmp_disk_tables", 1, labels);
      for (String name : List.of("sort_merge_passes", "sort_rows", "no_index_used")) {
        statement(name + "_total", row, "sum_" + name, 1, labels);
      }
    }
  }

  private void statement(
      String name,
      Map<String, @Nullable String> row,
      String column,
      double divisor,
      String... labels) {
    out.counter(
        "perf_schema_events_statements_" + name,
        "Column " + column + " of the summary of statements.",
        number(row.get(column)) / divisor,
        labels);
  }
}
