package dev.tethys.collect.database.mysql;

import dev.tethys.collect.database.GoNumbers;
import dev.tethys.collect.database.MetricSet;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Collectors of the server's SHOW statements: status, variables, replication, binary logs, InnoDB.
 */
final class ServerCollectors {
  private static final Pattern STATUS =
      Pattern.compile(
          "(com|handler|connection_errors|innodb_buffer_pool_pages|innodb_rows|performance_schema)_(.*)");
  private static final Pattern CACHE = Pattern.compile("gcache\\.size = (\\d+)([MG]?);");
  private static final Pattern QUERIES =
      Pattern.compile("(\\d+) queries inside InnoDB, (\\d+) queries in queue");
  private static final Pattern VIEWS = Pattern.compile("(\\d+) read views open inside InnoDB");
  private static final Pattern UUID =
      Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
  private static final int SYNTAX_ERROR = 1064;

  private final MysqlConnection c;
  private final MetricSet out;

  ServerCollectors(MysqlConnection c, MetricSet out) {
    this.c = c;
    this.out = out;
  }

  /** Collects {@code SHOW GLOBAL STATUS}. */
  void status() throws IOException {
    Map<String, String> texts = new HashMap<>();
    for (List<@Nullable String> row : c.query("SHOW GLOBAL STATUS").rows()) {
      String raw = String.valueOf(row.get(0));
      Double v = StatusValues.number(row.get(1));
      if (v == null) {
        texts.put(raw, String.valueOf(row.get(1)));
        continue;
      }
      String key = StatusValues.name(raw);
      Matcher m = STATUS.matcher(key);
      if (!m.matches()) {
        out.untyped("global_status_" + key, "From SHOW GLOBAL STATUS.", v);
        continue;
      }
      status(m.group(1), m.group(2), v);
    }
    galera(texts);
  }

  private void status(String kind, String what, double v) {
    String p = "global_status_";
    switch (kind) {
      case "com" -> out.counter(p + "commands_total", "Commands executed.", v, "command", what);
      case "handler" -> out.counter(p + "handlers_total", "Calls of handlers.", v, "handler", what);
      case "connection_errors" ->
          out.counter(p + "connection_errors_total", "Errors of connections.", v, "error", what);
      case "innodb_rows" ->
          out.counter(
              p + "innodb_row_ops_total", "Operations on rows of InnoDB.", v, "operation", what);
      case "performance_schema" ->
          out.counter(
              p + "performance_schema_lost_total",
              "Instrumentations lost because of insufficient memory.",
              v,
              "instrumentation",
              what);
      default -> {
        switch (what) {
          case "data", "free", "misc", "old" ->
              out.gauge(p + "buffer_pool_pages", "Pages of InnoDB's buffers.", v, "state", what);
          case "dirty" ->
              out.gauge(p + "buffer_pool_dirty_pages", "Dirty pages of InnoDB's buffers.", v);
          case "total" -> {} // the sum of the others
          default ->
              out.counter(
                  p + "buffer_pool_page_changes_total",
                  "Changes of pages of InnoDB's buffers.",
                  v,
                  "operation",
                  what);
        }
      }
    }
  }

  private void galera(Map<String, String> texts) {
    String local = texts.getOrDefault("wsrep_local_state_uuid", "");
    if (!local.isEmpty()) {
      out.gauge(
          "galera_status_info",
          "State of Galera.",
          1,
          "wsrep_local_state_uuid",
          local,
          "wsrep_cluster_state_uuid",
          texts.getOrDefault("wsrep_cluster_state_uuid", ""),
          "wsrep_provider_version",
          texts.getOrDefault("wsrep_provider_version", ""));
    }
    String[] names = {"min_seconds", "avg_seconds", "max_seconds", "stdev", "sample_size"};
    String[] latency = texts.getOrDefault("wsrep_evs_repl_latency", "").split("/");
    if (latency.length == names.length) {
      for (int i = 0; i < names.length; i++) {
        Double v = GoNumbers.parse(latency[i]);
        if (v != null) {
          out.gauge("galera_evs_repl_latency_" + names[i], "Latency of Galera's group.", v);
        }
      }
    }
  }

  /** Collects {@code SHOW GLOBAL VARIABLES}. */
  void variables() throws IOException {
    Map<String, String> texts = new HashMap<>();
    for (List<@Nullable String> row : c.query("SHOW GLOBAL VARIABLES").rows()) {
      String key = StatusValues.name(String.valueOf(row.get(0)));
      Double v = StatusValues.number(row.get(1));
      if (v != null) {
        out.gauge("global_variables_" + key, "From SHOW GLOBAL VARIABLES.", v);
      } else {
        texts.put(key, row.get(1) == null ? "" : String.valueOf(row.get(1)));
      }
    }
    out.gauge(
        "version_info",
        "Version of the server.",
        1,
        "innodb_version",
        texts.getOrDefault("innodb_version", ""),
        "version",
        texts.getOrDefault("version", ""),
        "version_comment",
        texts.getOrDefault("version_comment", ""));
    String cluster = texts.getOrDefault("wsrep_cluster_name", "");
    if (!cluster.isEmpty()) {
      out.gauge("galera_variables_info", "Variables of Galera.", 1, "wsrep_cluster_name", cluster);
    }
    String options = texts.getOrDefault("wsrep_provider_options", "");
    if (!options.isEmpty()) {
      Matcher m = CACHE.matcher(options);
      double size = m.find() ? Double.parseDouble(m.group(1)) : 0;
      if (size > 0 && !m.group(2).isEmpty()) {
        size *= m.group(2).equals("M") ? 1 << 20 : 1 << 30;
      }
      out.gauge("galera_gcache_size_bytes", "Size of Galera's cache.", size);
    }
    String level =
        texts.getOrDefault("transaction_isolation", texts.getOrDefault("tx_isolation", ""));
    if (!level.isEmpty()) {
      out.gauge("transaction_isolation", "Isolation of transactions.", 1, "level", level);
    }
  }

  /** Runs the first replication statement that the server supports. */
  void replication() throws IOException {
    MysqlConnection.Rows r = null;
    IOException cause = new IOException("no statement");
    for (String q :
        List.of(
            "SHOW ALL SLAVES STATUS",
            "SHOW SLAVE STATUS NONBLOCKING",
            "SHOW SLAVE STATUS NOLOCK",
            "SHOW SLAVE STATUS",
            "SHOW REPLICA STATUS")) {
      try {
        r = c.query(q);
        break;
      } catch (MysqlException e) {
        cause = e;
      }
    }
    if (r == null) {
      throw cause;
    }
    for (List<@Nullable String> row : r.rows()) {
      String uuid = r.get(row, "Master_UUID");
      String host = r.get(row, "Master_Host");
      String[] labels = {
        "master_host",
        host.isEmpty() ? r.get(row, "Source_Host") : host,
        "master_uuid",
        uuid.isEmpty() ? r.get(row, "Source_UUID") : uuid,
        "channel_name",
        r.get(row, "Channel_Name"),
        "connection_name",
        r.get(row, "Connection_name")
      };
      for (int i = 0; i < r.columns().size(); i++) {
        Double v = StatusValues.number(row.get(i));
        if (v != null) {
          out.untyped(
              "slave_status_" + r.columns().get(i).toLowerCase(Locale.ROOT),
              "From the status of replication.",
              v,
              labels);
        }
      }
      for (String column : List.of("Gtid_IO_Pos", "Gtid_Slave_Pos")) {
        gtids(column, r.get(row, column), labels);
      }
    }
  }

  /** Adds MariaDB's positions: comma-separated {@code domain-server-number}. */
  private void gtids(String column, String text, String... labels) {
    for (String gtid : text.split(",")) {
      String[] f = gtid.split("-");
      Double n = f.length == 3 ? GoNumbers.parse(f[2]) : null;
      if (n != null) {
        String[] all = java.util.Arrays.copyOf(labels, labels.length + 4);
        all[labels.length] = "domain_id";
        all[labels.length + 1] = f[0];
        all[labels.length + 2] = "server_id";
        all[labels.length + 3] = f[1];
        out.gauge(
            "slave_status_" + column.toLowerCase(Locale.ROOT),
            "Position in " + column + ".",
            n,
            all);
      }
    }
  }

  /** Collects size and number of the binary logs. */
  void binlogs() throws IOException {
    MysqlConnection.Rows on = c.query("SELECT @@log_bin");
    if (on.rows().isEmpty() || "0".equals(on.rows().getFirst().getFirst())) {
      return;
    }
    double size = 0;
    String last = "";
    List<List<@Nullable String>> rows = c.query("SHOW BINARY LOGS").rows();
    for (List<@Nullable String> row : rows) {
      Double v = GoNumbers.parse(row.get(1));
      size += v == null ? 0 : v;
      last = String.valueOf(row.get(0));
    }
    out.gauge("binlog_size_bytes", "Bytes of all binary logs.", size);
    out.gauge("binlog_files", "Binary logs.", rows.size());
    Double number = GoNumbers.parse(last.substring(last.indexOf('.') + 1));
    out.gauge("binlog_file_number", "Number of the last binary log.", number == null ? 0 : number);
  }

  /** Replicas that are connected. */
  void replicas() throws IOException {
    MysqlConnection.Rows r;
    try {
      r = c.query("SHOW SLAVE HOSTS");
    } catch (MysqlException e) {
      if (e.code() != SYNTAX_ERROR) {
        throw e;
      }
      r = c.query("SHOW REPLICAS");
    }
    for (List<@Nullable String> row : r.rows()) {
      String fourth = String.valueOf(row.get(3));
      String fifth = row.size() > 4 ? String.valueOf(row.get(4)) : "";
      boolean uuid = UUID.matcher(fifth).matches();
      out.gauge(
          "heartbeat_mysql_slave_hosts_info",
          "A replica that is connected.",
          1,
          "server_id",
          String.valueOf(row.get(0)),
          "slave_host",
          String.valueOf(row.get(1)),
          "port",
          String.valueOf(row.get(2)),
          "master_id",
          row.size() > 4 && !uuid ? fifth : fourth,
          "slave_uuid",
          uuid ? fifth : "");
    }
  }

  /** Times that pt-heartbeat wrote. */
  void heartbeat(String database, String table, boolean utc) throws IOException {
    String where = "`" + database.replace("`", "``") + "`.`" + table.replace("`", "``") + "`";
    for (List<@Nullable String> row :
        c.query(
                "SELECT UNIX_TIMESTAMP(ts), UNIX_TIMESTAMP("
                    + (utc ? "UTC_TIMESTAMP(6)" : "NOW(6)")
                    + "), server_id FROM "
                    + where)
            .rows()) {
      Double stored = GoNumbers.parse(row.get(0));
      Double now = GoNumbers.parse(row.get(1));
      if (stored == null || now == null) {
        throw new IOException("heartbeat: a timestamp is not a number");
      }
      String id = String.valueOf(row.get(2));
      out.gauge("heartbeat_now_timestamp_seconds", "The server's time.", now, "server_id", id);
      out.gauge(
          "heartbeat_stored_timestamp_seconds", "Time of the heartbeat.", stored, "server_id", id);
    }
  }

  /** Numbers in the text of {@code SHOW ENGINE INNODB STATUS}. */
  void innodb() throws IOException {
    List<List<@Nullable String>> rows = c.query("SHOW ENGINE INNODB STATUS").rows();
    String text = rows.isEmpty() ? "" : String.valueOf(rows.getFirst().get(2));
    Matcher q = QUERIES.matcher(text);
    if (q.find()) {
      out.gauge(
          "engine_innodb_queries_inside_innodb",
          "Queries inside InnoDB.",
          Double.parseDouble(q.group(1)));
      out.gauge(
          "engine_innodb_queries_in_queue",
          "Queries that wait for InnoDB.",
          Double.parseDouble(q.group(2)));
    }
    Matcher v = VIEWS.matcher(text);
    if (v.find()) {
      out.gauge(
          "engine_innodb_read_views_open_inside_innodb",
          "Read views that are open.",
          Double.parseDouble(v.group(1)));
    }
  }

  /** Collects the response time histograms of Percona and MariaDB. */
  void responseTimes() throws IOException {
    try {
      MysqlConnection.Rows on = c.query("SELECT @@query_response_time_stats");
      if (on.rows().isEmpty() || "0".equals(on.rows().getFirst().getFirst())) {
        return;
      }
    } catch (MysqlException e) {
      return; // not a server that has them
    }
    responseTimes("QUERY_RESPONSE_TIME", "query_response_time_seconds");
    for (String kind : List.of("READ", "WRITE")) {
      try {
        responseTimes(
            "QUERY_RESPONSE_TIME_" + kind,
            kind.toLowerCase(Locale.ROOT) + "_query_response_time_seconds");
      } catch (MysqlException e) {
        // only some servers tell them apart
      }
    }
  }

  private void responseTimes(String table, String name) throws IOException {
    List<List<@Nullable String>> rows =
        c.query("SELECT TIME, COUNT, TOTAL FROM INFORMATION_SCHEMA." + table).rows();
    double[] bounds = new double[rows.size() + 1];
    double[] counts = new double[rows.size() + 1];
    int n = 0;
    double count = 0;
    double sum = 0;
    for (List<@Nullable String> row : rows) {
      Double bound = GoNumbers.parse(String.valueOf(row.get(0)).trim());
      Double of = GoNumbers.parse(row.get(1));
      Double total = GoNumbers.parse(String.valueOf(row.get(2)).trim());
      count += of == null ? 0 : of;
      sum += total == null ? 0 : total;
      if (bound != null && bound > 0) { // the last row is TOO LONG
        bounds[n] = bound;
        counts[n++] = count;
      }
    }
    double[] upper = java.util.Arrays.copyOf(bounds, n + 1);
    double[] cumulative = java.util.Arrays.copyOf(counts, n + 1);
    upper[n] = Double.POSITIVE_INFINITY;
    cumulative[n] = count;
    out.add(
        "info_schema_" + name,
        MetricType.HISTOGRAM,
        "Queries by execution time.",
        new MetricFamily.Buckets(count, sum, upper, cumulative, List.of()));
  }
}
