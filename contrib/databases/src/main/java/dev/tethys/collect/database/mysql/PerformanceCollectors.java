package dev.tethys.collect.database.mysql;

import dev.tethys.collect.database.GoNumbers;
import dev.tethys.collect.database.MetricSet;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tables of performance_schema whose rows become several metrics each. */
final class PerformanceCollectors {
  private static final String PREFIX = "perf_schema_";
  private static final double PICOSECONDS = 1e12;
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSSSSS");

  private static final List<String> LOCKS =
      List.of(
          "read_normal",
          "read_with_shared_locks",
          "read_high_priority",
          "read_no_insert",
          "write_allow_write",
          "write_concurrent_insert",
          "write_low_priority",
          "write_normal");

  /** Columns of a group member, with the metric for each and whether it is a counter. */
  private record MemberColumn(String column, String metric, boolean counter) {}

  private static final List<MemberColumn> MEMBER =
      List.of(
          new MemberColumn("count_transactions_in_queue", "transactions_in_queue", false),
          new MemberColumn("count_transactions_checked", "transactions_checked_total", true),
          new MemberColumn("count_conflicts_detected", "conflicts_detected_total", true),
          new MemberColumn(
              "count_transactions_rows_validating", "transactions_rows_validating_total", true),
          new MemberColumn(
              "count_transactions_remote_in_applier_queue",
              "transactions_remote_in_applier_queue",
              false),
          new MemberColumn(
              "count_transactions_remote_applied", "transactions_remote_applied_total", true),
          new MemberColumn(
              "count_transactions_local_proposed", "transactions_local_proposed_total", true),
          new MemberColumn(
              "count_transactions_local_rollback", "transactions_local_rollback_total", true));

  private static final List<String> APPLIED =
      List.of(
          "last_applied_transaction_original_commit_timestamp",
          "last_applied_transaction_immediate_commit_timestamp",
          "last_applied_transaction_start_apply_timestamp",
          "last_applied_transaction_end_apply_timestamp",
          "applying_transaction_original_commit_timestamp",
          "applying_transaction_immediate_commit_timestamp",
          "applying_transaction_start_apply_timestamp");

  /**
   * Selection and names of files and memory events.
   *
   * @param files expression of the server for names of files
   * @param filePrefix removed from their names
   * @param memoryPrefix removed from names of memory events
   */
  record Names(String files, String filePrefix, String memoryPrefix) {}

  private final MysqlConnection c;
  private final MetricSet out;

  PerformanceCollectors(MysqlConnection c, MetricSet out) {
    this.c = c;
    this.out = out;
  }

  private static String text(@Nullable String s) {
    return s == null ? "" : s;
  }

  private static double number(Map<String, @Nullable String> row, String column) {
    Double v = GoNumbers.parse(row.get(column));
    if (v == null) {
      throw new IllegalArgumentException(column + " is not a number: " + row.get(column));
    }
    return v;
  }

  private static String without(String prefix, String text) {
    return text.startsWith(prefix) ? text.substring(prefix.length()) : text;
  }

  private List<Map<String, @Nullable String>> rows(String columns, String table)
      throws IOException {
    return c.query("SELECT " + columns + " FROM performance_schema." + table).maps();
  }

  /** Reads and writes of each file. */
  void files(Names names) throws IOException {
    // As hexadecimal digits it is the same regardless of the meaning of backslashes in the server.
    String pattern = HexFormat.of().formatHex(names.files.getBytes(StandardCharsets.UTF_8));
    for (Map<String, @Nullable String> row :
        rows(
            "FILE_NAME, EVENT_NAME, COUNT_READ, COUNT_WRITE, SUM_NUMBER_OF_BYTES_READ,"
                + " SUM_NUMBER_OF_BYTES_WRITE",
            "file_summary_by_instance WHERE FILE_NAME REGEXP _utf8mb4 X'" + pattern + "'")) {
      String file = without(names.filePrefix, text(row.get("file_name")));
      for (String mode : List.of("read", "write")) {
        String[] labels = {
          "file_name", file, "event_name", text(row.get("event_name")), "mode", mode
        };
        out.counter(
            PREFIX + "file_instances_total",
            "Reads and writes of the file.",
            number(row, "count_" + mode),
            labels);
        out.counter(
            PREFIX + "file_instances_bytes",
            "Bytes read from the file and written to it.",
            number(row, "sum_number_of_bytes_" + mode),
            labels);
      }
    }
  }

  /** Collects memory by purpose. */
  void memory(Names names) throws IOException {
    for (Map<String, @Nullable String> row :
        rows(
            "EVENT_NAME, SUM_NUMBER_OF_BYTES_ALLOC, SUM_NUMBER_OF_BYTES_FREE,"
                + " CURRENT_NUMBER_OF_BYTES_USED",
            "memory_summary_global_by_event_name WHERE COUNT_ALLOC > 0")) {
      String[] labels = {"event_name", without(names.memoryPrefix, text(row.get("event_name")))};
      String p = PREFIX + "memory_events_";
      double taken = number(row, "sum_number_of_bytes_alloc");
      double freed = number(row, "sum_number_of_bytes_free");
      out.counter(p + "alloc_bytes_total", "Bytes allocated.", taken, labels);
      out.counter(p + "free_bytes_total", "Bytes freed.", freed, labels);
      out.gauge(
          p + "used_bytes",
          "Bytes currently allocated.",
          number(row, "current_number_of_bytes_used"),
          labels);
    }
  }

  /** Waits for locks of tables. */
  void tableLocks() throws IOException {
    for (Map<String, @Nullable String> row :
        rows(
            "*",
            "table_lock_waits_summary_by_table WHERE OBJECT_SCHEMA NOT IN ('mysql',"
                + " 'performance_schema', 'information_schema')")) {
      for (String operation : LOCKS) {
        locks(row, "sql", operation, operation);
      }
      locks(row, "external", "read_external", "read");
      locks(row, "external", "write_external", "write");
    }
  }

  private void locks(
      Map<String, @Nullable String> row, String kind, String column, String operation) {
    String[] labels = {
      "schema",
      text(row.get("object_schema")),
      "name",
      text(row.get("object_name")),
      "operation",
      operation
    };
    String p = PREFIX + kind + "_lock_waits_";
    out.counter(
        p + "total", "Waits for locks of the table.", number(row, "count_" + column), labels);
    out.counter(
        p + "seconds_total",
        "Seconds of waiting for locks of the table.",
        number(row, "sum_timer_" + column) / PICOSECONDS,
        labels);
  }

  /**
   * Collects when replication workers applied their last transaction and started the current one.
   */
  void appliers() throws IOException {
    for (Map<String, @Nullable String> row :
        rows(
            "CHANNEL_NAME, WORKER_ID, " + String.join(", ", APPLIED).toUpperCase(Locale.ROOT),
            "replication_applier_status_by_worker")) {
      for (String column : APPLIED) {
        out.gauge(
            PREFIX + column + "_seconds",
            "Column " + column + ", Unix seconds; 0 for none.",
            seconds(text(row.get(column))),
            "channel_name",
            text(row.get("channel_name")),
            "member_id",
            text(row.get("worker_id")));
      }
    }
  }

  private static double seconds(String time) {
    try {
      LocalDateTime t = LocalDateTime.parse(time, TIME);
      return t.toEpochSecond(ZoneOffset.UTC) + t.getNano() / 1e9;
    } catch (DateTimeException e) {
      return 0; // 0000-00-00 for never
    }
  }

  /** Statistics of the server as a member of a replication group. */
  void groupMember() throws IOException {
    for (Map<String, @Nullable String> row :
        rows("*", "replication_group_member_stats WHERE MEMBER_ID=@@server_uuid")) {
      for (MemberColumn m : MEMBER) {
        if (row.containsKey(m.column)) { // MySQL 5.7 has the first four
          String help = "Column " + m.column + " of this member.";
          if (m.counter) {
            out.counter(PREFIX + m.metric, help, number(row, m.column));
          } else {
            out.gauge(PREFIX + m.metric, help, number(row, m.column));
          }
        }
      }
    }
  }

  /** Collects the members of a replication group. */
  void groupMembers() throws IOException {
    MysqlConnection.Rows r = c.query("SELECT * FROM performance_schema.replication_group_members");
    for (List<@Nullable String> row : r.rows()) {
      String[] labels = new String[2 * r.columns().size()];
      for (int i = 0; i < r.columns().size(); i++) {
        labels[2 * i] = r.columns().get(i).toLowerCase(Locale.ROOT);
        labels[2 * i + 1] = text(row.get(i));
      }
      out.gauge(PREFIX + "replication_group_member_info", "A member of the group.", 1, labels);
    }
  }
}
