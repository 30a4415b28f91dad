package dev.tethys.collect.database.mysql;

import dev.tethys.collect.database.GoNumbers;
import dev.tethys.collect.database.MetricSet;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Connections, traffic and replication of a server under the names of Coroot's cluster agent. */
final class MysqlServerMetrics {
  private static final int SYNTAX_ERROR = 1064;

  private record Status(String variable, String metric, boolean counter, String help) {}

  private static final List<Status> STATUS =
      List.of(
          new Status("threads_connected", "connections_current", false, "Open connections."),
          new Status("connections", "connections_total", true, "Attempts to connect."),
          new Status(
              "aborted_connects", "connections_aborted_total", true, "Failed attempts to connect."),
          new Status("bytes_received", "traffic_received_bytes_total", true, "Received bytes."),
          new Status("bytes_sent", "traffic_sent_bytes_total", true, "Sent bytes."),
          new Status("questions", "queries_total", true, "Statements of clients."),
          new Status("slow_queries", "slow_queries_total", true, "Slow statements."));

  private final MysqlSession s;
  private final MetricSet out;

  MysqlServerMetrics(MysqlSession session) {
    this.s = session;
    this.out = session.out();
  }

  /** Reads all of them. */
  void read(Map<String, String> variables) throws IOException {
    Double max = GoNumbers.parse(variables.get("max_connections"));
    if (max != null) {
      out.gauge("connections_max", "Maximum number of connections.", max);
    }
    s.part(
        "status",
        "PROCESS ON *.*",
        () -> {
          Map<String, String> status = s.pairs("SHOW GLOBAL STATUS");
          for (Status st : STATUS) {
            Double v = GoNumbers.parse(status.get(st.variable));
            if (v != null && st.counter) {
              out.counter(st.metric, st.help, v);
            } else if (v != null) {
              out.gauge(st.metric, st.help, v);
            }
          }
        });
    s.part("replication", "REPLICATION CLIENT ON *.*", this::replication);
  }

  private void replication() throws IOException {
    List<Map<String, @Nullable String>> rows;
    try {
      rows = s.maps(s.isMariadb() ? "SHOW ALL SLAVES STATUS" : "SHOW REPLICA STATUS");
    } catch (MysqlException e) {
      if (e.code() != SYNTAX_ERROR) {
        throw e;
      }
      rows = s.maps("SHOW SLAVE STATUS"); // before MySQL 8.0.22
    }
    for (Map<String, @Nullable String> row : rows) {
      Map<String, String> source = new HashMap<>();
      String id = first(row, "source_server_id", "master_server_id");
      String uuid = first(row, "source_uuid", "master_uuid");
      String[] from = {"source_server_id", id, "source_server_uuid", uuid};
      source.put("io", first(row, "replica_io_running", "slave_io_running"));
      source.put("sql", first(row, "replica_sql_running", "slave_sql_running"));
      String[] states = {
        first(row, "replica_io_state", "slave_io_state"),
        first(row, "replica_sql_running_state", "slave_sql_running_state")
      };
      String[] errors = {first(row, "last_io_error"), first(row, "last_sql_error")};
      int i = 0;
      for (String thread : new String[] {"io", "sql"}) {
        String running = source.getOrDefault(thread, "");
        if (!running.isEmpty()) {
          out.gauge(
              "replication_" + thread + "_status",
              "1 if the replication thread runs, 0 otherwise.",
              running.equals("Yes") ? 1 : 0,
              "source_server_id",
              id,
              "source_server_uuid",
              uuid,
              "state",
              cut(states[i]),
              "last_error",
              cut(errors[i]));
        }
        i++;
      }
      Double lag = GoNumbers.parse(first(row, "seconds_behind_source", "seconds_behind_master"));
      if (lag != null) {
        out.gauge("replication_lag_seconds", "Delay of the replica.", lag, from);
      }
    }
  }

  /** Start of a text that becomes a label: positions at its end would make new series. */
  private static String cut(String text) {
    int end = text.indexOf(';');
    String s = end < 0 ? text : text.substring(0, end);
    return s.substring(0, Math.min(100, s.length()));
  }

  private static String first(Map<String, @Nullable String> row, String... names) {
    for (String name : names) {
      String v = row.get(name);
      if (v != null) {
        return v;
      }
    }
    return "";
  }
}
