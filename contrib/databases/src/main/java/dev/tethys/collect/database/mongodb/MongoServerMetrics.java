package dev.tethys.collect.database.mongodb;

import dev.tethys.collect.database.MetricSet;
import dev.tethys.collect.database.mongodb.wire.Document;
import dev.tethys.collect.database.mongodb.wire.MongoConnection;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Metrics of serverStatus and of the replica set under the names of Coroot's cluster agent. */
final class MongoServerMetrics {
  /**
   * Number of serverStatus.
   *
   * @param factor by which it is multiplied
   * @param path fields from the root, separated by slashes
   * @param label name and value with an equals sign, empty if none
   */
  private record Field(
      String metric, boolean counter, double factor, String path, String label, String help) {}

  private static final List<Field> FIELDS =
      List.of(
          gauge("connections_current", "connections/current", "Open connections."),
          gauge("connections_active", "connections/active", "Connections with an operation."),
          counter("connections_created_total", "connections/totalCreated", "Connections created."),
          counter("connections_rejected_total", "connections/rejected", "Connections rejected."),
          operation("insert"),
          operation("query"),
          operation("update"),
          operation("delete"),
          operation("getmore"),
          operation("command"),
          counter("documents_returned_total", "metrics/document/returned", "Documents returned."),
          latency("reads"),
          latencyCount("reads"),
          latency("writes"),
          latencyCount("writes"),
          latency("commands"),
          latencyCount("commands"),
          new Field(
              "queued_operations",
              false,
              1,
              "globalLock/currentQueue/readers",
              "type=read",
              "Operations that wait for a lock."),
          new Field(
              "queued_operations",
              false,
              1,
              "globalLock/currentQueue/writers",
              "type=write",
              "Operations that wait for a lock."),
          gauge(
              "prepared_transactions",
              "transactions/currentPrepared",
              "Transactions that are prepared."),
          tickets("read", "wiredTiger/concurrentTransactions/read/available"),
          tickets("write", "wiredTiger/concurrentTransactions/write/available"),
          tickets("read", "queues/execution/read/available"),
          tickets("write", "queues/execution/write/available"),
          gauge(
              "wt_cache_used_bytes",
              "wiredTiger/cache/bytes currently in the cache",
              "Used cache."),
          gauge(
              "wt_cache_dirty_bytes",
              "wiredTiger/cache/tracked dirty bytes in the cache",
              "Changed bytes in the cache."),
          gauge(
              "wt_cache_max_bytes",
              "wiredTiger/cache/maximum bytes configured",
              "Maximum size of the cache."),
          counter(
              "wt_cache_bytes_read_into_total",
              "wiredTiger/cache/bytes read into cache",
              "Bytes read into the cache."),
          counter(
              "wt_pages_evicted_by_app_threads_total",
              "wiredTiger/cache/pages evicted by application threads",
              "Pages that threads of clients evicted."),
          new Field(
              "wt_app_threads_evicting_seconds_total",
              true,
              1e-6,
              "wiredTiger/cache/application thread time evicting (usecs)",
              "",
              "Time that threads of clients spent on eviction."),
          counter(
              "wt_checkpoints_total",
              "wiredTiger/transaction/transaction checkpoints",
              "Checkpoints."),
          new Field(
              "wt_checkpoint_seconds_total",
              true,
              1e-3,
              "wiredTiger/transaction/transaction checkpoint total time (msecs)",
              "",
              "Time of checkpoints."),
          counter(
              "wt_journal_bytes_written_total",
              "wiredTiger/log/log bytes written",
              "Bytes written to the journal."),
          counter(
              "scanned_keys_total", "metrics/queryExecutor/scanned", "Keys of indexes scanned."),
          counter(
              "scanned_documents_total",
              "metrics/queryExecutor/scannedObjects",
              "Documents scanned."),
          counter(
              "collection_scans_total",
              "metrics/queryExecutor/collectionScans/total",
              "Scans of whole collections."),
          counter(
              "scan_and_order_total", "metrics/operation/scanAndOrder", "Sorts without an index."),
          counter(
              "write_conflicts_total", "metrics/operation/writeConflicts", "Conflicts of writes."),
          counter(
              "ttl_deleted_documents_total",
              "metrics/ttl/deletedDocuments",
              "Documents deleted because of their age."),
          new Field(
              "flow_control_time_acquiring_seconds_total",
              true,
              1e-6,
              "flowControl/timeAcquiringMicros",
              "",
              "Time for which writes waited for flow control."),
          gauge("cursors_open", "metrics/cursor/open/total", "Open cursors."),
          gauge(
              "cursors_open_no_timeout",
              "metrics/cursor/open/noTimeout",
              "Open cursors without timeout."),
          counter("cursors_timed_out_total", "metrics/cursor/timedOut", "Cursors that timed out."),
          counter("repl_apply_ops_total", "metrics/repl/apply/ops", "Applied operations."),
          gauge(
              "repl_buffer_operations",
              "metrics/repl/buffer/count",
              "Operations that wait to be applied."),
          gauge(
              "repl_buffer_bytes",
              "metrics/repl/buffer/sizeBytes",
              "Bytes that wait to be applied."));

  private MongoServerMetrics() {}

  private static Field gauge(String metric, String path, String help) {
    return new Field(metric, false, 1, path, "", help);
  }

  private static Field counter(String metric, String path, String help) {
    return new Field(metric, true, 1, path, "", help);
  }

  private static Field operation(String op) {
    return new Field(
        "opcounters_total", true, 1, "opcounters/" + op, "op=" + op, "Operations by kind.");
  }

  private static Field latency(String type) {
    return new Field(
        "op_latency_seconds_total",
        true,
        1e-6,
        "opLatencies/" + type + "/latency",
        "type=" + type,
        "Time of operations by kind.");
  }

  private static Field latencyCount(String type) {
    return new Field(
        "op_latency_ops_total",
        true,
        1,
        "opLatencies/" + type + "/ops",
        "type=" + type,
        "Operations with a measured time by kind.");
  }

  private static Field tickets(String type, String path) {
    return new Field(
        "wt_tickets_available", false, 1, path, "type=" + type, "Free tickets of the engine.");
  }

  /** Adds the metrics of serverStatus; fields that a version lacks are left out. */
  static void add(Document status, MetricSet out) {
    for (Field f : FIELDS) {
      Double v = status.number(f.path.split("/"));
      if (v == null) {
        continue;
      }
      String[] labels = f.label.isEmpty() ? new String[0] : f.label.split("=", 2);
      if (f.counter) {
        out.counter(f.metric, f.help, v * f.factor, labels);
      } else {
        out.gauge(f.metric, f.help, v * f.factor, labels);
      }
    }
    Double current = status.number("connections", "current");
    Double available = status.number("connections", "available");
    if (current != null && available != null) {
      out.gauge("connections_max", "Maximum number of connections.", current + available);
    }
  }

  /** Adds the state of the member. */
  static void addReplication(Document status, MetricSet out) {
    String set = status.text("set");
    for (Document m : status.documents("members")) {
      if (m.isTrue("self")) {
        out.gauge(
            "rs_status",
            "State of the member; always 1.",
            1,
            "rs",
            set,
            "role",
            m.text("stateStr"));
        if (m.at("lastAppliedWallTime") instanceof Instant applied) {
          out.gauge(
              "rs_last_applied_timestamp_ms",
              "Time of the last applied operation.",
              applied.toEpochMilli());
        }
      }
    }
  }

  /** Adds the configuration of the replica set. */
  static void addConfiguration(Document answer, MetricSet out) {
    Document config = answer.document("config");
    if (config == null) {
      return;
    }
    String set = config.text("_id");
    for (Document m : config.documents("members")) {
      Double votes = m.number("votes");
      out.gauge(
          "rs_member_config_info",
          "Configuration of a member; always 1.",
          1,
          "rs",
          set,
          "member",
          m.text("host"),
          "arbiter",
          Boolean.toString(m.isTrue("arbiterOnly")),
          "votes",
          Long.toString(votes == null ? 1 : votes.longValue()));
    }
    out.gauge(
        "rs_config_info",
        "Configuration of the replica set; always 1.",
        1,
        "rs",
        set,
        "write_concern_majority_journal_default",
        Boolean.toString(config.isTrue("writeConcernMajorityJournalDefault")));
  }

  /** Adds size and window of the oplog, if the server has one. */
  static void addOplog(MongoConnection c, MetricSet out) throws IOException {
    if (c.hello().text("setName").isEmpty() || c.hello().isTrue("arbiterOnly")) {
      return;
    }
    Document stats = c.command("local", Document.of("collStats", "oplog.rs"));
    Double size = stats.number("size");
    Double max = stats.number("maxSize");
    if (size != null) {
      out.gauge("oplog_size_bytes", "Size of the oplog.", size);
    }
    if (max != null) {
      out.gauge("oplog_max_size_bytes", "Maximum size of the oplog.", max);
    }
    Double first = entry(c, 1);
    Double last = entry(c, -1);
    if (first != null && last != null) {
      out.gauge("oplog_window_seconds", "Time that the oplog covers.", last - first);
    }
  }

  /** Time of the first or the last entry. */
  private static @Nullable Double entry(MongoConnection c, int order) throws IOException {
    for (Document d :
        c.cursor(
            "local",
            Document.of(
                "find",
                "oplog.rs",
                "sort",
                Document.of("$natural", order),
                "projection",
                Document.of("ts", 1),
                "limit",
                1,
                "singleBatch",
                true))) {
      if (d.at("ts") instanceof Document.Timestamp t) {
        return (double) t.seconds();
      }
    }
    return null;
  }
}
