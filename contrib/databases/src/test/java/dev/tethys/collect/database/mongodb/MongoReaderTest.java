package dev.tethys.collect.database.mongodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.collect.database.reader.DatabaseReading;
import dev.tethys.collect.database.reader.ReaderTarget;
import dev.tethys.collect.database.reader.ReadingException;
import dev.tethys.collect.database.wire.Deadline;
import dev.tethys.config.Secret;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import java.time.Duration;
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
