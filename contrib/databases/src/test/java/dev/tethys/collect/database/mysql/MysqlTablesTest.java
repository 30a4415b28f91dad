package dev.tethys.collect.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tethys.collect.database.Settings;
import dev.tethys.collect.database.SideBySide;
import dev.tethys.collect.exporter.Exporter;
import dev.tethys.testkit.Exposition;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.ServerProcess;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tables of Percona's engines and of replication groups, which no server here has, by a double. */
@Timeout(60)
final class MysqlTablesTest {
  private static final List<String> COLLECTORS =
      List.of(
          "engine_tokudb_status",
          "info_schema.rocksdb_perf_context",
          "info_schema.innodb_metrics",
          "perf_schema.replication_applier_status_by_worker",
          "perf_schema.replication_group_member_stats",
          "perf_schema.replication_group_members");

  @TempDir Path dir;

  private static MysqlDouble server() throws IOException {
    return new MysqlDouble()
        .table(
            "show engine tokudb status",
            """
            Type    Name                                                     Status
            TokuDB  indexer: number of calls to indexer->build() succeeded   1
            TokuDB  ft: uncompressed / compressed bytes written (overall)    12.5
            TokuDB  memory: number of bytes used (requested + overhead)      4096
            TokuDB  ft: basement nodes deserialized with fixed-keysize       7
            TokuDB  memory: mallocator version                               3.3.1-0-g9ef9
            TokuDB  filesystem: most recent disk full                        Thu Jan  1 00:00:00
            """
                .replace("Jan  1", "Jan 1"))
        .table(
            "rocksdb_perf_context",
            """
            TABLE_SCHEMA  TABLE_NAME  PARTITION_NAME  STAT_TYPE              VALUE
            shop          orders      -               BLOCK_READ_BYTE        8192
            shop          orders      p1              IO_BYTES_WRITTEN       99
            shop          orders      p1              NO_SUCH_THING          1
            """)
        .table("innodb_metrics' and column_name", "column_name\nSTATUS")
        .table("information_schema.columns", "column_name\nSTATUS")
        .table(
            "information_schema.innodb_metrics",
            """
            name                             subsystem       type            comment      count
            buffer_page_read_index_leaf      buffer_page_io  counter         leaf pages   3
            buffer_page_written_undo_log     buffer_page_io  counter         undo pages   4
            buffer_pool_pages_total          buffer          value           all pages    9
            buffer_pool_pages_dirty          buffer          value           dirty pages  2
            buffer_pool_pages_free           buffer          value           free pages   5
            buffer_pool_reads                buffer          status_counter  reads        6
            lock_deadlocks                   lock            counter         deadlocks    1
            adaptive_hash_pages_added        index           counter         odd          -1
            """)
        .table(
            "replication_applier_status_by_worker",
            """
            CHANNEL_NAME  WORKER_ID  LAST_APPLIED_TRANSACTION_ORIGINAL_COMMIT_TIMESTAMP  LAST_APPLIED_TRANSACTION_IMMEDIATE_COMMIT_TIMESTAMP  LAST_APPLIED_TRANSACTION_START_APPLY_TIMESTAMP  LAST_APPLIED_TRANSACTION_END_APPLY_TIMESTAMP  APPLYING_TRANSACTION_ORIGINAL_COMMIT_TIMESTAMP  APPLYING_TRANSACTION_IMMEDIATE_COMMIT_TIMESTAMP  APPLYING_TRANSACTION_START_APPLY_TIMESTAMP
            group  1  2026-03-14 15:09:26.535897  2026-03-14 15:09:26.600000  2026-03-14 15:09:27.000000  2026-03-14 15:09:27.000001  0000-00-00 00:00:00.000000  0000-00-00 00:00:00.000000  0000-00-00 00:00:00.000000
            """)
        .table(
            "replication_group_member_stats",
            """
            CHANNEL_NAME  MEMBER_ID  COUNT_TRANSACTIONS_IN_QUEUE  COUNT_TRANSACTIONS_CHECKED  COUNT_CONFLICTS_DETECTED  COUNT_TRANSACTIONS_ROWS_VALIDATING
            group         a-b        1                            22                          3                         4
            """)
        .table(
            "replication_group_members",
            """
            CHANNEL_NAME  MEMBER_ID  MEMBER_HOST  MEMBER_PORT  MEMBER_STATE  MEMBER_ROLE
            group         a-b        db1          3306         ONLINE        PRIMARY
            group         c-d        db2          3306         RECOVERING    SECONDARY
            """)
        .start();
  }

  private static List<String> flags(MysqlDouble server, Path cnf) throws IOException {
    Files.writeString(cnf, "[client]\nuser=u\npassword=p\n");
    List<String> f = new ArrayList<>();
    f.add("config.my-cnf=" + cnf);
    f.add("mysqld.address=127.0.0.1:" + server.port());
    COLLECTORS.forEach(c -> f.add("collect." + c + "=true"));
    for (String off :
        List.of(
            "global_status",
            "global_variables",
            "slave_status",
            "info_schema.innodb_cmp",
            "info_schema.innodb_cmpmem",
            "info_schema.query_response_time")) {
      f.add("collect." + off + "=false");
    }
    return f;
  }

  @Test
  void tablesAreShown() throws Exception {
    try (MysqlDouble server = server();
        Exporter ours =
            Settings.open(
                new MysqldExporterKind(),
                flags(server, dir.resolve("my.cnf")).toArray(String[]::new))) {
      Exposition e = SideBySide.of(Settings.metrics(ours));
      assertThat(e.samples("mysql_exporter_collector_success"))
          .hasSize(COLLECTORS.size())
          .doesNotContainValue(0.0);
      assertThat(
              e.samples("mysql_engine_tokudb_indexer_number_of_calls_to_indexer_build_succeeded"))
          .containsValue(1.0);
      assertThat(
              e.samples("mysql_engine_tokudb_ft_uncompressed_and_compressed_bytes_written_overall"))
          .containsValue(12.5);
      assertThat(e.samples("mysql_info_schema_rocksdb_perf_context_io_bytes_written"))
          .containsOnly(Map.entry("part=\"p1\",schema=\"shop\",table=\"orders\"", 99.0));
      assertThat(e.samples("mysql_info_schema_innodb_metrics_buffer_page_read_total"))
          .containsOnly(Map.entry("type=\"index_leaf\"", 3.0));
      assertThat(e.samples("mysql_info_schema_innodb_metrics_buffer_pool_pages"))
          .containsOnly(Map.entry("state=\"free\"", 5.0));
      assertThat(e.samples("mysql_info_schema_innodb_metrics_index_adaptive_hash_pages_added"))
          .containsValue(-1.0);
      assertThat(
              e.samples(
                  "mysql_perf_schema_last_applied_transaction_original_commit_timestamp_seconds"))
          .containsOnly(Map.entry("channel_name=\"group\",member_id=\"1\"", 1773500966.535897));
      assertThat(e.samples("mysql_perf_schema_applying_transaction_start_apply_timestamp_seconds"))
          .containsValue(0.0);
      assertThat(e.samples("mysql_perf_schema_transactions_checked_total")).containsValue(22.0);
      assertThat(e.families)
          .doesNotContainKey("mysql_perf_schema_transactions_remote_applied_total");
      assertThat(e.samples("mysql_perf_schema_replication_group_member_info")).hasSize(2);
    }
  }

  @Test
  void exposesSameMetricsAsReference() throws Exception {
    int port = Ports.free();
    List<String> command = new ArrayList<>();
    command.add(Shared.peer("prometheus-mysqld-exporter").toString());
    command.add("--web.listen-address=127.0.0.1:" + port);
    try (MysqlDouble server = server()) {
      List<String> flags = flags(server, dir.resolve("my.cnf"));
      flags.forEach(
          f ->
              command.add(
                  f.endsWith("=true")
                      ? "--" + f.substring(0, f.length() - 5)
                      : f.endsWith("=false")
                          ? "--no-" + f.substring(0, f.length() - 6)
                          : "--" + f));
      try (ServerProcess real =
              new ServerProcess(port, dir.resolve("exporter.log"), Map.of(), command);
          Exporter ours = Settings.open(new MysqldExporterKind(), flags.toArray(String[]::new))) {
        Exposition theirs = Exposition.parse(real.get("/metrics"));
        String build = theirs.samples("mysqld_exporter_build_info").keySet().toString();
        assumeTrue(build.contains("0.19."), "needs mysqld_exporter 0.19, and there is " + build);
        Exposition mine = SideBySide.of(Settings.metrics(ours));
        assertThat(SideBySide.differences("mysql_", theirs, mine)).isEmpty();
        theirs.families.keySet().removeIf(n -> !n.startsWith("mysql_") || n.contains("duration"));
        theirs.families.forEach(
            (name, f) -> assertThat(mine.samples(name)).as(name).isEqualTo(f.samples()));
      }
    }
  }
}
