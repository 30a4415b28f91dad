package dev.tethys.collect.database.mongodb;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Translates paths through documents to names of metrics. */
final class MetricNames {
  /** Path prefixes and their abbreviations; the first match wins. */
  private static final List<Map.Entry<String, String>> SHORT =
      List.of(
          Map.entry("serverStatus.wiredTiger.transaction", "ss_wt_txn"),
          Map.entry("serverStatus.wiredTiger", "ss_wt"),
          Map.entry("serverStatus.queues.execution", "ss_wt_concurrentTransactions"),
          Map.entry("serverStatus", "ss"),
          Map.entry("replSetGetStatus", "rs"),
          Map.entry("systemMetrics", "sys"),
          Map.entry("local.oplog.rs.stats.wiredTiger", "oplog_stats_wt"),
          Map.entry("local.oplog.rs.stats.storageStats.wiredTiger", "oplog_stats_wt"),
          Map.entry("local.oplog.rs.stats", "oplog_stats"));

  /** Paths whose last element becomes a label instead of part of the name. */
  private static final Map<String, String> LAST_AS_LABEL =
      Map.ofEntries(
          Map.entry("collStats.storageStats.indexDetails.", "index_name"),
          Map.entry("globalLock.activeQueue.", "count_type"),
          Map.entry("globalLock.locks.", "lock_type"),
          Map.entry("serverStatus.asserts.", "assert_type"),
          Map.entry("serverStatus.connections.", "conn_type"),
          Map.entry("serverStatus.globalLock.currentQueue.", "count_type"),
          Map.entry("serverStatus.metrics.commands.", "cmd_name"),
          Map.entry("serverStatus.metrics.cursor.open.", "csr_type"),
          Map.entry("serverStatus.metrics.document.", "doc_op_type"),
          Map.entry("serverStatus.opLatencies.", "op_type"),
          Map.entry("serverStatus.opReadConcernCounters.", "concern_type"),
          Map.entry("serverStatus.opcounters.", "legacy_op_type"),
          Map.entry("serverStatus.opcountersRepl.", "legacy_op_type"),
          Map.entry("serverStatus.transactions.commitTypes.", "commit_type"),
          Map.entry("serverStatus.wiredTiger.concurrentTransactions.", "txn_rw_type"),
          Map.entry("serverStatus.queues.execution.", "txn_rw_type"),
          Map.entry("serverStatus.wiredTiger.perf.", "perf_bucket"),
          Map.entry("systemMetrics.disks.", "device_name"),
          Map.entry("collstats.storageStats.indexSizes.", "index_name"),
          Map.entry("config.transactions.stats.storageStats.indexSizes.", "index_name"),
          Map.entry("config.image_collection.stats.storageStats.indexSizes.", "index_name"));

  /** Paths whose next part becomes a label, followed by the rest of the name. */
  private static final Map<String, String> NEXT_AS_LABEL =
      Map.of(
          "storageStats.indexDetails.", "index_name",
          "config.image_collection.stats.storageStats.indexDetails.", "index_name",
          "config.transactions.stats.storageStats.indexDetails.", "index_name",
          "collstats.storageStats.indexDetails.", "index_name");

  private MetricNames() {}

  /**
   * Returns the label that replaces the last part of a path.
   *
   * @param path path without its last part, ending with a dot
   */
  static @Nullable String lastAsLabel(String path) {
    return LAST_AS_LABEL.get(path);
  }

  /** Returns the label that replaces the next part of a path. */
  static @Nullable String nextAsLabel(String path) {
    return NEXT_AS_LABEL.get(path);
  }

  /** Returns the metric name for a path. */
  static String of(String path) {
    String p = path;
    for (Map.Entry<String, String> e : SHORT) {
      String begin = e.getKey();
      if (p.startsWith(begin) && p.length() > begin.length() && p.charAt(begin.length()) == '.') {
        p = e.getValue() + p.substring(begin.length());
        break;
      }
    }
    StringBuilder out = new StringBuilder("mongodb_");
    for (int i = 0; i < p.length(); i++) {
      char c = p.charAt(i);
      boolean plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (plain) {
        out.append(c);
      } else if (out.charAt(out.length() - 1) != '_') {
        out.append('_');
      }
    }
    int end = out.length() - 1;
    return out.charAt(end) == '_' ? out.substring(0, end) : out.toString();
  }
}
