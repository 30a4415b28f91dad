package dev.tethys.collect.database.mongodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tethys.collect.database.mongodb.wire.Document;
import dev.tethys.collect.database.reader.DatabaseReading;
import dev.tethys.collect.database.reader.ReaderTarget;
import dev.tethys.collect.database.reader.ReadingException;
import dev.tethys.collect.database.reader.StatementText;
import dev.tethys.collect.database.wire.Deadline;
import dev.tethys.config.Secret;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class MongoReaderTest {
  private static final String STATUS =
      """
      {"ok": 1, "connections": {"current": 7, "available": 93, "active": 2, "totalCreated": 50},
       "opcounters": {"insert": 1, "query": 2, "update": 3, "delete": 4, "getmore": 5,
         "command": 6},
       "opLatencies": {"reads": {"latency": {"$numberLong": "2500000"}, "ops": 10}},
       "globalLock": {"currentQueue": {"readers": 1, "writers": 2}},
       "wiredTiger": {"cache": {"bytes currently in the cache": 100,
           "maximum bytes configured": 1000},
         "concurrentTransactions": {"read": {"available": 120}, "write": {"available": 128}},
         "transaction": {"transaction checkpoint total time (msecs)": 1500}},
       "metrics": {"queryExecutor": {"scanned": 11, "scannedObjects": 12,
           "collectionScans": {"total": 13}},
         "document": {"returned": 14}},
       "flowControl": {"timeAcquiringMicros": 3000000}}
      """;

  private static MongoReader reader(MongoDouble server, String user, String password) {
    return new MongoReader(
        new ReaderTarget(
            "127.0.0.1",
            server.port(),
            user,
            () -> new Secret(password),
            "",
            null,
            ReaderTarget.Limits.DEFAULT));
  }

  private static TreeMap<String, Double> values(DatabaseReading r) {
    TreeMap<String, Double> out = new TreeMap<>();
    for (MetricFamily f : r.families()) {
      for (Metric m : f.metrics()) {
        if (m.point() instanceof MetricFamily.Value v) {
          out.put(f.name() + m.labels(), v.value());
        }
      }
    }
    return out;
  }

  @Test
  void readsAMemberUnderCorootsNames() throws Exception {
    try (MongoDouble server =
            MongoDouble.start("member.json")
                .answer("serverStatus", STATUS)
                .answer("collStats oplog.rs", "{\"ok\": 1, \"size\": 500, \"maxSize\": 1000}")
                .answer(
                    "collStats",
                    "{\"ok\": 1, \"totalSize\": 300, \"storageSize\": 200, \"freeStorageSize\": 50,"
                        + " \"count\": 9}");
        MongoReader r = reader(server, "", "")) {
      for (int i = 0; i < 2; i++) {
        TreeMap<String, Double> v = values(r.read(Deadline.in(Duration.ofSeconds(20))));
        assertThat(v)
            .containsEntry("mongo_up{}", 1.0)
            .containsEntry("mongo_info{flavor=\"mongodb\", server_version=\"7.0.5\"}", 1.0)
            .containsEntry("mongo_rs_status{role=\"PRIMARY\", rs=\"rs0\"}", 1.0)
            .containsEntry("mongo_connections_current{}", 7.0)
            .containsEntry("mongo_connections_max{}", 100.0)
            .containsEntry("mongo_opcounters_total{op=\"getmore\"}", 5.0)
            .containsEntry("mongo_op_latency_seconds_total{type=\"reads\"}", 2.5)
            .containsEntry("mongo_queued_operations{type=\"write\"}", 2.0)
            .containsEntry("mongo_wt_tickets_available{type=\"read\"}", 120.0)
            .containsEntry("mongo_wt_checkpoint_seconds_total{}", 1.5)
            .containsEntry("mongo_scanned_documents_total{}", 12.0)
            .containsEntry("mongo_flow_control_time_acquiring_seconds_total{}", 3.0)
            .containsEntry("mongo_oplog_max_size_bytes{}", 1000.0);
      }
    }
  }

  private static String batch(String ns, String... documents) {
    return "{\"ok\": 1, \"cursor\": {\"id\": {\"$numberLong\": \"0\"}, \"ns\": \""
        + ns
        + "\", \"firstBatch\": ["
        + String.join(", ", documents)
        + "]}}";
  }

  private static String profiled(int second, String filter) {
    return "{\"op\": \"query\", \"ns\": \"shop.orders\", \"ts\": {\"$date\": {\"$numberLong\": \""
        + (1_700_000_000_000L + 1000L * second)
        + "\"}}, \"millis\": 500, \"nreturned\": 2, \"docsExamined\": 100, \"keysExamined\": 3,"
        + " \"command\": {\"find\": \"orders\", \"filter\": "
        + filter
        + ", \"$db\": \"shop\"}}";
  }

  @Test
  void readsOperationsAndTheProfiler() throws Exception {
    try (MongoDouble server =
            MongoDouble.start("member.json")
                .answer("serverStatus", STATUS)
                .answer("currentOp", "{\"ok\": 1, \"fsyncLock\": true, \"inprog\": []}")
                .answer("profile", "{\"ok\": 1, \"was\": 1, \"slowms\": 100}")
                .answer(
                    "aggregate admin $currentOp",
                    batch(
                        "admin.$cmd.aggregate",
                        "{\"_id\": \"shop-7c9d8f6b5a-x2x9z\", \"n\": 3}",
                        "{\"_id\": \"shop-7c9d8f6b5a-abcde\", \"n\": 2}",
                        "{\"active\": true, \"op\": \"command\", \"ns\": \"shop.orders\","
                            + " \"appName\": \"shop-0\", \"secs_running\": 12, \"waitingForLock\":"
                            + " true, \"planSummary\": \"COLLSCAN\", \"transaction\":"
                            + " {\"parameters\": {\"autocommit\": false}}, \"command\": {\"find\":"
                            + " \"orders\", \"filter\": {\"card\": \"4111 secret\"}}}"))
                .answer(
                    "find system.profile",
                    batch(
                        "shop.system.profile",
                        profiled(1, "{\"card\": \"4111 secret\", \"n\": {\"$in\": [1, 2]}}")));
        MongoReader r = reader(server, "", "")) {
      r.read(Deadline.in(Duration.ofSeconds(20)));
      DatabaseReading reading = r.read(Deadline.in(Duration.ofSeconds(20)));
      TreeMap<String, Double> v = values(reading);
      String running = StatementText.fingerprint("find filter: {card: ?}");
      String query = StatementText.fingerprint("find filter: {card: ?, n: {$in: [?]}}");
      assertThat(v)
          .containsEntry("mongo_connections_by_app{app=\"shop\"}", 5.0)
          .containsEntry("mongo_open_transactions{app=\"shop\"}", 1.0)
          .containsEntry("mongo_operations_waiting_for_lock{db=\"shop\"}", 1.0)
          .containsEntry("mongo_fsync_locked{}", 1.0)
          .containsEntry("mongo_profiling_level{db=\"shop\"}", 1.0)
          .containsEntry(
              "mongo_long_running_operations{collection=\"orders\", db=\"shop\","
                  + " plan=\"COLLSCAN\", query=\""
                  + running
                  + "\"}",
              1.0)
          .containsEntry(
              "db_statement_info{query=\""
                  + query
                  + "\", text=\"find filter: {card: ?, n: {$in: [?]}}\"}",
              1.0);
      String labels = "_per_second{collection=\"orders\", db=\"shop\", query=\"" + query + "\"}";
      double calls = v.getOrDefault("mongo_top_query_calls" + labels, 0.0);
      assertThat(calls).isPositive();
      assertThat(v.get("mongo_top_query_time" + labels)).isCloseTo(calls / 2, within(1e-9));
      assertThat(v.get("mongo_top_query_docs_examined" + labels))
          .isCloseTo(100 * calls, within(1e-6));
      assertThat(v.keySet()).noneMatch(k -> k.contains("4111"));
    }
  }

  @Test
  void reportsChangedIndexesAndParameters() throws Exception {
    ReaderTarget.Limits d = ReaderTarget.Limits.DEFAULT;
    try (MongoDouble server =
            MongoDouble.start("member.json")
                .answer("serverStatus", STATUS)
                .answer("getParameter", "{\"ok\": 1, \"cursorTimeoutMillis\": 1, \"aPassword\": 1}")
                .answer("listIndexes", batch("shop.orders", "{\"name\": \"_id_\", \"v\": 2}"));
        MongoReader r =
            new MongoReader(
                new ReaderTarget(
                    "127.0.0.1",
                    server.port(),
                    "",
                    () -> Secret.NONE,
                    "",
                    null,
                    new ReaderTarget.Limits(
                        d.excluded(), false, false, true, 1000, Duration.ofNanos(1), false)))) {
      assertThat(r.read(Deadline.in(Duration.ofSeconds(20))).changes()).isEmpty();
      server.answer("getParameter", "{\"ok\": 1, \"cursorTimeoutMillis\": 9, \"aPassword\": 2}");
      server.answer(
          "listIndexes",
          batch(
              "shop.orders",
              "{\"name\": \"_id_\", \"v\": 2}",
              "{\"name\": \"at_1\", \"v\": 2, \"key\": {\"at\": 1}}"));
      assertThat(r.read(Deadline.in(Duration.ofSeconds(20))).changes())
          .extracting(c -> c.database() + "/" + c.object())
          .contains("/getParameter", "shop/orders");
      assertThat(r.read(Deadline.in(Duration.ofSeconds(20))).changes()).isEmpty();
    }
  }

  @Test
  void writesShapesWithBounds() {
    Document deep = Document.of("leaf", "secret");
    for (int i = 0; i < 100; i++) {
      deep = Document.of("a", List.of(deep, deep));
    }
    String shape = CommandShape.of("query", Document.of("find", "c", "filter", deep));
    assertThat(shape).startsWith("find filter: {a: [{a: [").doesNotContain("secret");
    assertThat(CommandShape.of("update", Document.of("q", Document.of("x", 1), "u", List.of(1, 2))))
        .isEqualTo("update q: {x: ?} u: [?]");
    assertThat(CommandShape.of("getmore", null)).isEqualTo("getmore");
    assertThat(MongoOperations.application("web-12")).isEqualTo("web");
    assertThat(MongoOperations.application("pay-0f8fad5b-d9cb-469f-a165-70867728950e"))
        .isEqualTo("pay");
  }

  @Test
  void reportsARefusedLogin() throws Exception {
    try (MongoDouble server =
            MongoDouble.start("member.json")
                .only(new MongoDouble.User("monitor", "right", "SCRAM-SHA-256"));
        MongoReader r = reader(server, "monitor", "wrong")) {
      assertThatThrownBy(() -> r.read(Deadline.in(Duration.ofSeconds(20))))
          .isInstanceOfSatisfying(
              ReadingException.class,
              e -> assertThat(e.failure()).isEqualTo(ReadingException.Failure.LOGIN));
    }
  }
}
