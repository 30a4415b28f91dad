package dev.tethys.collect.database.mongodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.collect.database.Settings;
import dev.tethys.collect.database.SideBySide;
import dev.tethys.collect.database.mongodb.wire.MongoConnection;
import dev.tethys.collect.database.mongodb.wire.MongoTopology;
import dev.tethys.collect.database.mongodb.wire.MongoUri;
import dev.tethys.collect.database.mongodb.wire.SeedList;
import dev.tethys.collect.database.wire.Deadline;
import dev.tethys.collect.exporter.Exporter;
import dev.tethys.collect.exporter.ExporterFlag;
import dev.tethys.collect.exporter.ProbeException;
import dev.tethys.config.Secret;
import dev.tethys.testkit.Exposition;
import dev.tethys.testkit.KerberosRealm;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.TestCertificates;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.PBEParameterSpec;
import javax.security.auth.Subject;
import javax.security.auth.callback.Callback;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.Configuration;
import javax.security.auth.login.LoginContext;
import javax.security.sasl.AuthorizeCallback;
import javax.security.sasl.Sasl;
import org.bson.BsonDocument;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.SimpleResolver;
import org.xbill.DNS.Type;

/** Names, labels and values that mongodb_exporter makes of documents as MongoDB's manual has. */
@Timeout(60)
@Tag("slow")
final class MongodbExporterTest {
  private static final String CLUSTER = "cl_id=\"5f1f1f1f1f1f1f1f1f1f1f1f\",cl_role=\"shardsvr\",";
  private static final String SET = "rs_nm=\"rs0\",rs_state=\"1\"";

  @TempDir Path dir;

  private static Exposition scrape(MongoDouble server, String... flags) throws Exception {
    List<String> all = new ArrayList<>(List.of(flags));
    all.addFirst("mongodb.uri=mongodb://" + server.address());
    try (Exporter e = Settings.open(new MongodbExporterKind(), all.toArray(String[]::new))) {
      return SideBySide.of(Settings.metrics(e));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void exposesAllDiagnosticsOfAServer(boolean inParts) throws Exception {
    try (MongoDouble server = MongoDouble.start("member.json")) {
      Exposition e = scrape(inParts ? server.inParts() : server, "collector.diagnosticdata=true");
      assertThat(e.samples("mongodb_up")).containsOnly(Map.entry("cluster_role=\"mongod\"", 1.0));
      assertThat(e.samples("mongodb_ss_opcounters"))
          .containsOnly(
              Map.entry(CLUSTER + "legacy_op_type=\"command\"," + SET, 67923.0),
              Map.entry(CLUSTER + "legacy_op_type=\"insert\"," + SET, 4.0),
              Map.entry(CLUSTER + "legacy_op_type=\"query\"," + SET, 2118.0));
      assertThat(e.samples("mongodb_start")).containsValue(1.7e12);
      assertThat(e.samples("mongodb_ss_uptime")).containsEntry(CLUSTER + SET, 4321.0);
      assertThat(e.samples("mongodb_ss_opLatencies_ops"))
          .containsOnly(
              Map.entry("op_type=\"reads\"", 10.0), Map.entry("op_type=\"writes\"", 20.0));
      assertThat(e.samples("mongodb_ss_wt_concurrentTransactions_out"))
          .containsOnly(Map.entry("txn_rw=\"read\"", 2.0), Map.entry("txn_rw=\"write\"", 1.0));
      assertThat(e.samples("mongodb_ss_metrics_commands_find_total")).containsValue(99.0);
      assertThat(e.samples("mongodb_ss_metrics_cursor_open"))
          .containsEntry(CLUSTER + "csr_type=\"pinned\"," + SET, 1.0);
      assertThat(e.samples("mongodb_ss_wt_block_manager_bytes_read")).containsValue(4096.0);
      assertThat(e.samples("mongodb_ss_wt_txn_transaction_checkpoint_max_time_msecs"))
          .containsValue(25.0);
      assertThat(e.samples("mongodb_oplog_stats_storageStats_count")).containsValue(7552.0);
      assertThat(type(e, "mongodb_oplog_stats_storageStats_count")).isEqualTo("counter");
      assertThat(e.samples("mongodb_oplog_stats_wt_btree_fixed_record_size")).containsValue(0.0);
      assertThat(e.samples("mongodb_sys_disks_sda_reads")).containsValue(5.0);
      assertThat(e.samples("mongodb_ss_storageEngine_persistent")).containsValue(1.0);
      assertThat(e.samples("mongodb_ss_locks_acquireCount"))
          .containsOnly(
              Map.entry("lock_mode=\"r\",resource=\"Global\"", 300.0),
              Map.entry("lock_mode=\"w\",resource=\"Global\"", 30.0),
              Map.entry("lock_mode=\"r\",resource=\"ParallelBatchWriterMode\"", 100.0),
              Map.entry("lock_mode=\"w\",resource=\"ReplicationStateTransition\"", 200.0));
      assertThat(e.samples("mongodb_security_encryption_enabled"))
          .containsOnly(Map.entry("type=\"localKeyFile\"", 1.0));
      assertThat(e.samples("mongodb_rs_members_state"))
          .containsEntry(CLUSTER + "member_idx=\"b:27017\",member_state=\"SECONDARY\"," + SET, 2.0);
      assertThat(e.samples("mongodb_rs_optimes_lastCommittedOpTime_ts"))
          .containsValue(1_699_999_999.0);
      assertThat(e.samples("collector_scrape_time_ms"))
          .containsKeys(
              "collector=\"general\",exporter=\"mongodb\"",
              "collector=\"diagnostic_data\",exporter=\"mongodb\"");
      assertThat(e.families)
          .doesNotContainKeys(
              "mongodb_ss_metrics_histograms_waits_count",
              "mongodb_ss_host",
              "mongodb_asserts_total",
              "mongodb_ss_opLatencies_reads_ops");
    }
  }

  private static String batch(String collection, String documents) {
    return "{\"cursor\": {\"id\": {\"$numberLong\": \"0\"}, \"ns\": \"admin."
        + collection
        + "\", \"firstBatch\": ["
        + documents
        + "]}, \"ok\": 1}";
  }

  /** Documents as Percona Backup for MongoDB writes them. */
  @Test
  void mapsWebConfigToTheCommonFlag() {
    assertThat(
            new MongodbExporterKind()
                .arguments(
                    List.of("--web.config=a", "--web.config", "b", "--web.config.file=c", "-x"),
                    n -> null))
        .containsExactly(
            "--web.config.file=a", "--web.config.file", "b", "--web.config.file=c", "-x");
  }

  @Test
  void exposesBackupsAndTheirAgents() throws Exception {
    try (MongoDouble server = MongoDouble.start("member.json")) {
      String ok = "\"pbms\": {\"ok\": true}, \"nodes\": {\"ok\": true}, \"stors\": {\"ok\": true}";
      server
          .answer("aggregate pbmConfig", batch("pbmConfig", "{\"pitr\": {\"enabled\": true}}"))
          .answer(
              "aggregate pbmBackups",
              batch(
                  "pbmBackups",
                  "{\"opid\": \"o1\", \"name\": \"n1\", \"type\": \"logical\", \"status\":"
                      + " \"done\", \"size\": {\"$numberLong\": \"4096\"}, \"start_ts\":"
                      + " 1700000000, \"last_transition_ts\": 1700000060, \"replsets\": [{\"name\":"
                      + " \"rs0\", \"node\": \"a:27017\"}]}"))
          .answer(
              "aggregate pbmAgents",
              batch(
                  "pbmAgents",
                  "{\"n\": \"a:27017\", \"rs\": \"rs0\", \"s\": 1, \"hb\": {\"$timestamp\": {\"t\":"
                      + " 1700000000, \"i\": 1}}, "
                      + ok
                      + "}, {\"n\": \"x:27017\", \"rs\": \"rs1\", \"s\": 2, \"hdn\": true, "
                      + ok
                      + "}, {\"n\": \"y:27017\", \"rs\": \"rs1\", \"s\": 2, \"pbms\": {\"ok\":"
                      + " false}}"))
          .answer(
              "replSetGetConfig",
              "{\"config\": {\"_id\": \"rs0\", \"members\": [{\"host\": \"a:27017\"},"
                  + " {\"host\": \"b:27017\", \"hidden\": true}]}, \"ok\": 1}");
      Exposition e = scrape(server, "collector.pbm=true");
      assertThat(e.samples("mongodb_pbm_cluster_backup_configured")).containsValue(1.0);
      assertThat(e.samples("mongodb_pbm_cluster_pitr_backup_enabled")).containsValue(1.0);
      assertThat(e.samples("mongodb_pbm_backup_duration_seconds"))
          .containsOnly(
              Map.entry(
                  "host=\"a:27017\",name=\"n1\",opid=\"o1\",replica_set=\"rs0\",self=\"0\","
                      + "status=\"done\",type=\"logical\"",
                  60.0));
      assertThat(e.samples("mongodb_pbm_backup_size_bytes")).containsValue(4096.0);
      assertThat(e.samples("mongodb_pbm_agent_status"))
          .containsOnly(
              Map.entry("host=\"a:27017\",replica_set=\"rs0\",role=\"P\",self=\"0\"", 2.0),
              Map.entry("host=\"b:27017\",replica_set=\"rs0\",role=\"H\",self=\"0\"", 1.0),
              Map.entry("host=\"x:27017\",replica_set=\"rs1\",role=\"H\",self=\"0\"", 0.0),
              Map.entry("host=\"y:27017\",replica_set=\"rs1\",role=\"S\",self=\"0\"", 1.0));
      server.answer("aggregate pbmConfig", batch("pbmConfig", ""));
      e = scrape(server, "collector.pbm=true");
      assertThat(e.samples("mongodb_pbm_cluster_backup_configured")).containsValue(0.0);
      assertThat(e.families).doesNotContainKey("mongodb_pbm_agent_status");
    }
  }

  @Test
  void exposesBucketsIfConfigured() throws Exception {
    try (MongoDouble server = MongoDouble.start("member.json")) {
      Exposition e =
          scrape(
              server, "collector.diagnosticdata=true", "collector.diagnosticdata-histograms=true");
      assertThat(e.samples("mongodb_ss_metrics_histograms_waits_count"))
          .containsOnly(
              Map.entry(CLUSTER + "lower_bound=\"0\"," + SET, 5.0),
              Map.entry(CLUSTER + "lower_bound=\"10\"," + SET, 6.0));
    }
  }

  @Test
  void compatibleModeAddsOldNames() throws Exception {
    try (MongoDouble server = MongoDouble.start("member.json")) {
      Exposition e = scrape(server, "collector.diagnosticdata=true", "compatible-mode=true");
      assertThat(e.samples("mongodb_op_counters_total"))
          .containsEntry(CLUSTER + SET + ",type=\"query\"", 2118.0);
      assertThat(e.samples("mongodb_asserts_total"))
          .containsEntry(CLUSTER + SET + ",type=\"user\"", 12.0);
      assertThat(e.samples("mongodb_memory"))
          .containsOnly(
              Map.entry("type=\"resident\"", 130.0), Map.entry("type=\"virtual\"", 2600.0));
      assertThat(e.samples("mongodb_mongod_op_latencies_ops_total"))
          .containsOnly(Map.entry("type=\"read\"", 10.0), Map.entry("type=\"write\"", 20.0));
      assertThat(e.samples("mongodb_mongod_global_lock_current_queue"))
          .containsEntry(CLUSTER + SET + ",type=\"reader\"", 1.0);
      assertThat(e.samples("mongodb_mongod_global_lock_client"))
          .containsEntry("type=\"writer\"", 1.0);
      assertThat(e.samples("mongodb_mongod_wiredtiger_concurrent_transactions_out_tickets"))
          .containsEntry("txn_rw=\"read\"", 2.0);
      assertThat(e.samples("mongodb_mongod_wiredtiger_cache_evicted_total")).containsValue(7.0);
      assertThat(e.samples("mongodb_mongod_wiredtiger_transactions_total"))
          .containsOnly(Map.entry("type=\"committed\"", 17.0));
      assertThat(e.samples("mongodb_mongod_locks_time_acquiring_global_microseconds_total"))
          .containsValue(9.0);
      assertThat(e.samples("mongodb_mongod_storage_engine"))
          .containsOnly(Map.entry("engine=\"wiredTiger\"", 1.0));
      assertThat(e.samples("mongodb_version_info"))
          .containsOnlyKeys("edition=\"Community\",mongodb=\"7.0.5\",vendor=\"MongoDB\"");
      assertThat(e.samples("mongodb_mongod_replset_my_state"))
          .containsOnly(Map.entry("set=\"rs0\"", 1.0));
      assertThat(e.samples("mongodb_mongod_replset_number_of_members")).containsValue(2.0);
      String second = "name=\"b:27017\",self=\"0\",set=\"rs0\",state=\"SECONDARY\"";
      assertThat(e.samples("mongodb_mongod_replset_member_replication_lag"))
          .containsOnly(Map.entry(second, 10.0));
      assertThat(e.samples("mongodb_mongod_replset_member_ping_ms"))
          .containsOnly(Map.entry(second, 4.0));
      assertThat(e.samples("mongodb_mongod_replset_member_last_heartbeat"))
          .containsOnly(Map.entry(second, 1_699_999_998.0));
      assertThat(e.samples("mongodb_mongod_replset_member_election_date"))
          .containsValue(1_699_990_000.0);
      assertThat(e.samples("mongodb_mongod_replset_oplog_head_timestamp"))
          .containsValue(1_699_999_000.0);
    }
  }

  @Test
  void everyCollectorExposesItsMetrics() throws Exception {
    try (MongoDouble server = MongoDouble.start("member.json")) {
      Exposition e =
          scrape(
              server,
              "collect-all=true",
              "metrics.overridedescendingindex=true",
              "collector.collstats-enable-details=true");
      String orders = CLUSTER + "collection=\"orders\",database=\"shop\",";
      assertThat(e.samples("mongodb_collstats_storageStats_count"))
          .containsOnly(Map.entry(orders + SET, 3000.0));
      assertThat(e.samples("mongodb_collstats_latencyStats_reads_ops")).containsValue(3.0);
      assertThat(e.samples("mongodb_collstats_storageStats_indexSizes"))
          .containsEntry(orders + "index_name=\"when_count\"," + SET, 8192.0);
      assertThat(type(e, "mongodb_collstats_storageStats_indexSizes")).isNotEqualTo("counter");
      assertThat(
              e.samples(
                  "mongodb_collstats_storageStats_indexDetails_index_name_btree_maximum_tree_depth"))
          .containsOnly(Map.entry(orders + "index_name=\"_id_\"," + SET, 3.0));
      assertThat(e.samples("mongodb_indexstats_accesses_ops"))
          .containsOnly(Map.entry(orders + "key_name=\"when_DESC\"," + SET, 77.0));
      assertThat(e.samples("mongodb_dbstats_objects"))
          .containsEntry(CLUSTER + "database=\"shop\"," + SET, 3000.0);
      assertThat(e.samples("mongodb_profile_slow_query_count"))
          .containsEntry(CLUSTER + "database=\"shop\"," + SET, 6.0);
      assertThat(e.samples("mongodb_top_readLock_time"))
          .containsOnly(
              Map.entry(CLUSTER + "collection=\"orders.old\",database=\"shop\"," + SET, 40.0));
      assertThat(e.samples("mongodb_currentop_query_uptime"))
          .containsOnly(
              Map.entry(
                  orders + "desc=\"conn12\",ns=\"shop.orders\",op=\"query\",opid=\"4711\"," + SET,
                  6e8));
      assertThat(e.samples("mongodb_currentop_fsync_lock_state")).containsValue(1.0);
      assertThat(e.samples("mongodb_fcv_feature_compatibility_version"))
          .containsOnly(Map.entry("version=\"7.0\"", 7.0));
      assertThat(e.samples("mongodb_members_health"))
          .containsEntry(CLUSTER + "member_idx=\"a:27017\",member_state=\"PRIMARY\"," + SET, 1.0);
      assertThat(e.samples("mongodb_rs_cfg_members_priority"))
          .containsEntry(CLUSTER + "member_idx=\"a:27017\"," + SET, 2.0);
      assertThat(server.commands("dbStats").getFirst().getInt32("freeStorage").getValue()).isOne();
      BsonDocument slow = server.commands("currentOp").getFirst();
      assertThat(slow.getDocument("microsecs_running").getInt64("$gte").getValue())
          .isEqualTo(300_000_000L);
      assertThat(server.commands("ping").getFirst().getDocument("$readPreference").toJson())
          .contains("primaryPreferred");
      assertThat(server.commands("failed")).isEmpty();
    }
  }

  @Test
  void omitsMetricsPerCollectionAboveTheLimit() throws Exception {
    try (MongoDouble server = MongoDouble.start("member.json")) {
      Exposition few = scrape(server, "collect-all=true", "collector.collstats-limit=3");
      assertThat(few.families).containsKeys("mongodb_dbstats_objects", "mongodb_top_total_count");
      Exposition many = scrape(server, "collect-all=true", "collector.collstats-limit=2");
      assertThat(many.families)
          .containsKeys("mongodb_ss_uptime", "mongodb_fcv_feature_compatibility_version")
          .doesNotContainKeys(
              "mongodb_dbstats_objects",
              "mongodb_top_total_count",
              "mongodb_profile_slow_query_count",
              "mongodb_collstats_storageStats_count",
              "mongodb_indexstats_accesses_ops");
    }
  }

  @Test
  void selectsCollectionsByNameOrPattern() throws Exception {
    try (MongoDouble server = MongoDouble.start("member.json")) {
      scrape(
          server,
          "collector.collstats=true",
          "mongodb.collstats-colls=shop.orders, shop.none,admin.system.version");
      assertThat(server.commands("aggregate")).hasSize(1);
      assertThat(server.commands("aggregate").getFirst().getArray("pipeline")).hasSize(2);
      server.commands.clear();
      scrape(
          server,
          "collector.collstats=true",
          "discovering-mode=true",
          "mongodb.collstats-colls=shop.^THI,admin");
      assertThat(server.commands("aggregate"))
          .extracting(c -> c.getString("aggregate").getValue())
          .containsExactly("things");
    }
  }

  @Test
  void routersExposeTheirShards() throws Exception {
    try (MongoDouble server = MongoDouble.start("router.json")) {
      Exposition e = scrape(server, "collect-all=true", "compatible-mode=true");
      assertThat(e.samples("mongodb_up")).containsOnlyKeys("cluster_role=\"mongos\"");
      assertThat(e.samples("mongodb_version_info"))
          .containsOnlyKeys("edition=\"Enterprise\",mongodb=\"7.0.5-2\",vendor=\"Percona\"");
      assertThat(e.samples("mongodb_mongos_sharding_chunks_total")).containsValue(12.0);
      assertThat(e.samples("mongodb_shards_collection_chunks_count"))
          .containsOnly(
              Map.entry("collection=\"orders\",database=\"shop\",shard=\"rs0\"", 5.0),
              Map.entry("collection=\"orders\",database=\"shop\",shard=\"rs1\"", 7.0));
      assertThat(e.samples("mongodb_mongos_sharding_databases_total"))
          .containsEntry("type=\"partitioned\"", 2.0);
      assertThat(e.samples("mongodb_mongos_sharding_balancer_enabled")).containsValue(1.0);
      assertThat(e.samples("mongodb_mongos_sharding_chunks_is_balancer_running"))
          .containsValue(1.0);
      assertThat(e.samples("mongodb_mongos_sharding_changelog_10min_total"))
          .containsOnly(
              Map.entry("event=\"moveChunk.commit.success\"", 4.0),
              Map.entry("event=\"split\"", 1.0));
      assertThat(e.samples("mongodb_mongos_db_indexes_total"))
          .containsOnly(Map.entry("db=\"shop\",shard=\"rs0\"", 3.0));
      assertThat(e.samples("mongodb_dbstats_raw_rs0_a_27018_b_27018_dataSize"))
          .containsOnlyKeys(
              "cl_id=\"6a1f1f1f1f1f1f1f1f1f1f1f\",cl_role=\"mongos\",database=\"shop\"");
      assertThat(server.commands("replSetGetStatus")).hasSize(1); // for labels alone
      assertThat(server.commands("top")).isEmpty();
    }
  }

  @Test
  void doesNotLogInToArbiters() throws Exception {
    try (MongoDouble server =
        MongoDouble.start("member.json")
            .answer(
                "isMaster",
                "{'arbiterOnly': true, 'setName': 'rs0', 'hosts': ['a', 'b'], 'arbiters': ['HOST'],"
                    + " 'ok': 1}")
            .only(new MongoDouble.User("u", "p", "SCRAM-SHA-256"))) {
      Exposition e =
          scrape(
              server,
              "mongodb.user=u",
              "mongodb.password=p",
              "collect-all=true",
              "compatible-mode=true");
      assertThat(server.commands("saslStart")).isEmpty();
      assertThat(e.samples("mongodb_mongod_replset_my_state"))
          .containsOnly(Map.entry("set=\"rs0\"", 7.0));
      assertThat(e.samples("mongodb_mongod_replset_number_of_members")).containsValue(3.0);
      assertThat(e.families).doesNotContainKey("mongodb_dbstats_objects");
    }
  }

  @ParameterizedTest
  @CsvSource({"SCRAM-SHA-1,''", "SCRAM-SHA-256,''", "SCRAM-SHA-1,?authMechanism=SCRAM-SHA-1"})
  void usersLogInByPasswords(String mechanism, String options) throws Exception {
    try (MongoDouble server =
        MongoDouble.start("member.json")
            .only(new MongoDouble.User("moni,tor", "päss=wörd", mechanism))) {
      String login = "mongodb://moni,tor:p%C3%A4ss%3Dw%C3%B6rd@";
      String uri = login.replace("moni,tor", "moni%2Ctor") + server.address() + "/my" + options;
      try (Exporter good = Settings.open(new MongodbExporterKind(), Map.of("MONGODB_URI", uri));
          Exporter bad =
              Settings.open(
                  new MongodbExporterKind(),
                  "mongodb.uri=" + server.address(),
                  "mongodb.user=moni,tor",
                  "mongodb.password=wrong")) {
        assertThat(SideBySide.of(Settings.metrics(good)).samples("mongodb_up")).containsValue(1.0);
        assertThat(server.commands("saslStart").getFirst().getString("$db").getValue())
            .isEqualTo("my");
        assertThat(SideBySide.of(Settings.metrics(bad)).samples("mongodb_up")).containsValue(0.0);
      }
    }
  }

  /** A key of PKCS#8 in PEM, encrypted. */
  private static String locked(String pem, String password) throws Exception {
    byte[] der =
        Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", "").replace("\n", ""));
    String algorithm = "PBEWithSHA1AndDESede";
    Cipher c = Cipher.getInstance(algorithm);
    c.init(
        Cipher.ENCRYPT_MODE,
        SecretKeyFactory.getInstance(algorithm)
            .generateSecret(new PBEKeySpec(password.toCharArray())),
        new PBEParameterSpec(new byte[] {1, 2, 3, 4, 5, 6, 7, 8}, 2048));
    byte[] encrypted = new EncryptedPrivateKeyInfo(c.getParameters(), c.doFinal(der)).getEncoded();
    return "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
        + Base64.getMimeEncoder().encodeToString(encrypted)
        + "\n-----END ENCRYPTED PRIVATE KEY-----\n";
  }

  @Test
  void acceptsCertificateOfAnotherNameIfConfigured() throws Exception {
    TestCertificates certificates = new TestCertificates(dir);
    certificates.issue("server", "dns:elsewhere.example");
    certificates.issue("client", "dns:client");
    try (MongoDouble server = MongoDouble.secured("member.json", certificates)) {
      String uri =
          "mongodb.uri=mongodb://"
              + server.address()
              + "/?tls=true&tlsCertificateFile="
              + certificates.certificate("client")
              + "&tlsPrivateKeyFile="
              + certificates.key("client");
      String ca = "&tlsCAFile=" + certificates.ca();
      assertThat(up(uri + ca)).isZero();
      assertThat(up(uri + ca + "&tlsAllowInvalidHostnames=true")).isEqualTo(1);
      assertThat(up(uri + ca + "&tlsAllowInvalidHostnames=false")).isZero();
      assertThat(up(uri + "&tlsAllowInvalidHostnames=true"))
          .as("somebody who is trusted must vouch for it")
          .isZero();
    }
  }

  @Test
  void closesIdleConnections() throws Exception {
    AtomicLong nanos = new AtomicLong();
    try (MongoDouble gone = MongoDouble.start("member.json");
        MongoDouble there = MongoDouble.start("member.json");
        IdleConnections idle = new IdleConnections(nanos::get)) {
      MongoUri first = MongoUri.parse("mongodb://" + gone.address());
      MongoUri second = MongoUri.parse("mongodb://" + there.address());
      idle.put(first, connected(first));
      idle.put(first, connected(first));
      nanos.addAndGet(IdleConnections.TIME_LIMIT.toNanos() / 2);
      idle.put(second, connected(second));
      assertThat(idle.servers()).isEqualTo(2);
      nanos.addAndGet(IdleConnections.TIME_LIMIT.toNanos() * 3 / 4);
      idle.put(second, connected(second));
      assertThat(idle.servers()).isEqualTo(1);
      assertThat(idle.take(first)).isNull();
      MongoConnection kept = Objects.requireNonNull(idle.take(second));
      kept.close();
    }
  }

  private static MongoConnection connected(MongoUri uri) throws IOException {
    Duration time = Duration.ofSeconds(30);
    return MongoTopology.connect(uri, true, time, Deadline.in(time), name -> null);
  }

  /** Of a server here, and of a client. */
  private TestCertificates certificates(String client) throws Exception {
    TestCertificates c = new TestCertificates(dir);
    c.issue("server", "dns:localhost,ip:127.0.0.1");
    c.issue("client", "dns:" + client);
    return c;
  }

  /** The client's certificate and its key in one file, as MongoDB's drivers require. */
  private Path pem(TestCertificates certificates, String key) throws IOException {
    Path file = Files.createTempFile(dir, "client", ".pem");
    return Files.writeString(file, Files.readString(certificates.certificate("client")) + key);
  }

  @Test
  void certificatesLogInOverTls() throws Exception {
    TestCertificates certificates = certificates("client");
    Path both = pem(certificates, Files.readString(certificates.key("client")));
    try (MongoDouble server =
        MongoDouble.secured("member.json", certificates)
            .only(new MongoDouble.User("", "", "MONGODB-X509"))) {
      String uri = "mongodb.uri=mongodb://" + server.address() + "/?tls=true";
      String ca = "&tlsCAFile=" + certificates.ca();
      String key = "&tlsCertificateKeyFile=" + both;
      assertThat(up(uri + ca + key + "&authMechanism=MONGODB-X509")).isEqualTo(1);
      assertThat(server.commands("authenticate").getFirst().getString("$db").getValue())
          .isEqualTo("$external");
      Path locked =
          pem(certificates, locked(Files.readString(certificates.key("client")), "open sesame"));
      String behind = uri + ca + "&authMechanism=MONGODB-X509&tlsCertificateKeyFile=" + locked;
      assertThat(up(behind + "&tlsCertificateKeyFilePassword=open%20sesame")).isEqualTo(1);
      assertThat(up(behind + "&tlsCertificateKeyFilePassword=wrong")).isZero();
      assertThat(up(behind)).isZero();
      assertThat(up(uri + "&tlsInsecure=true" + key + "&authMechanism=MONGODB-X509")).isEqualTo(1);
      assertThat(up(uri + ca)).isZero();
      assertThat(up(uri + key)).isZero();
      server.only(new MongoDouble.User("ldap", "pw", "PLAIN"));
      String plain = uri.replace("://", "://ldap:pw@") + "&authMechanism=PLAIN";
      assertThat(up(plain + ca + key)).isEqualTo(1);
    }
  }

  @Test
  void signsLoginsWithAwsKeys() throws Exception {
    try (MongoDouble server =
        MongoDouble.start("member.json")
            .only(new MongoDouble.User("AKIDEXAMPLE", "secret/key", "MONGODB-AWS"))) {
      String end = "@" + server.address() + "/?authMechanism=MONGODB-AWS";
      String good = "mongodb.uri=mongodb://AKIDEXAMPLE:secret%2Fkey" + end;
      assertThat(up(good)).isEqualTo(1);
      assertThat(up(good + "&authMechanismProperties=AWS_SESSION_TOKEN:to:ken%3D")).isEqualTo(1);
      assertThat(server.commands("saslStart").getFirst().getString("$db").getValue())
          .isEqualTo("$external");
      assertThat(server.commands("ping")).hasSize(2);
      assertThat(up("mongodb.uri=mongodb://AKIDEXAMPLE:other" + end)).isZero();
    }
  }

  @Test
  void machineLogsInWithATokenFile() throws Exception {
    TestCertificates certificates = certificates("localhost");
    Path both = pem(certificates, Files.readString(certificates.key("client")));
    Path token = Files.writeString(dir.resolve("token"), "a.b.c\n");
    try (MongoDouble server =
        MongoDouble.secured("member.json", certificates)
            .only(new MongoDouble.User("", "a.b.c", "MONGODB-OIDC"))) {
      String uri =
          "mongodb://"
              + server.address()
              + "/?authMechanism=MONGODB-OIDC&authMechanismProperties=ENVIRONMENT:k8s";
      String tls = "&tls=true&tlsCAFile=" + certificates.ca() + "&tlsCertificateKeyFile=" + both;
      Map<String, String> variables =
          Map.of("MONGODB_URI", uri + tls, "AZURE_FEDERATED_TOKEN_FILE", token.toString());
      try (Exporter e = Settings.open(new MongodbExporterKind(), variables)) {
        assertThat(SideBySide.of(Settings.metrics(e)).samples("mongodb_up")).containsValue(1.0);
        Files.writeString(token, "x.y.z");
        assertThat(SideBySide.of(Settings.metrics(e)).samples("mongodb_up")).containsValue(0.0);
      }
    }
    try (MongoDouble plain =
        MongoDouble.start("member.json").only(new MongoDouble.User("", "a.b.c", "MONGODB-OIDC"))) {
      String uri =
          "mongodb://"
              + plain.address()
              + "/?authMechanism=MONGODB-OIDC&authMechanismProperties=ENVIRONMENT:test";
      Map<String, String> variables =
          Map.of("MONGODB_URI", uri, "OIDC_TOKEN_FILE", token.toString());
      try (Exporter e = Settings.open(new MongodbExporterKind(), variables)) {
        assertThat(SideBySide.of(Settings.metrics(e)).samples("mongodb_up")).containsValue(0.0);
      }
      assertThat(plain.commands("saslStart")).isEmpty();
    }
  }

  /** With tickets of a real KDC; the server's side is Java's. */
  @Test
  void logsInWithAKerberosTicket() throws Exception {
    try (KerberosRealm realm = new KerberosRealm(dir);
        MongoDouble server =
            MongoDouble.start("member.json").only(new MongoDouble.User("", "", "GSSAPI"))) {
      realm.add("monitor", "pass+word");
      Path own = realm.keytab("mongodb/localhost");
      System.setProperty("java.security.krb5.conf", realm.config().toString());
      Subject subject = new Subject();
      new LoginContext("server", subject, null, keytab("mongodb/localhost", own)).login();
      server.tickets =
          () ->
              Subject.callAs(
                  subject,
                  () ->
                      Sasl.createSaslServer(
                          "GSSAPI",
                          "mongodb",
                          "localhost",
                          Map.of(),
                          asked -> {
                            for (Callback c : asked) {
                              ((AuthorizeCallback) c).setAuthorized(true);
                            }
                          }));
      String end = "@localhost:" + server.port() + "/?authMechanism=GSSAPI";
      assertThat(up("mongodb.uri=mongodb://monitor:pass%2Bword" + end)).isEqualTo(1);
      assertThat(server.commands("ping")).hasSize(1);
      assertThat(up("mongodb.uri=mongodb://monitor:other" + end)).isZero();
      assertThat(
              up(
                  "mongodb.uri=mongodb://monitor:pass%2Bword"
                      + end
                      + "&authMechanismProperties=SERVICE_NAME:other"))
          .isZero();
    } finally {
      System.clearProperty("java.security.krb5.conf");
    }
  }

  private static Configuration keytab(String principal, Path file) {
    return new Configuration() {
      @Override
      public AppConfigurationEntry[] getAppConfigurationEntry(String name) {
        return new AppConfigurationEntry[] {
          new AppConfigurationEntry(
              "com.sun.security.auth.module.Krb5LoginModule",
              AppConfigurationEntry.LoginModuleControlFlag.REQUIRED,
              Map.of(
                  "principal", principal,
                  "useKeyTab", "true",
                  "keyTab", file.toString(),
                  "storeKey", "true",
                  "isInitiator", "false",
                  "refreshKrb5Config", "true"))
        };
      }
    };
  }

  @Test
  void sendsNoPasswordInPlainText() throws Exception {
    try (MongoDouble server =
        MongoDouble.start("member.json").only(new MongoDouble.User("ldap", "pw", "PLAIN"))) {
      assertThat(up("mongodb.uri=mongodb://ldap:pw@" + server.address() + "/?authMechanism=PLAIN"))
          .isZero();
      assertThat(server.commands("saslStart")).isEmpty();
    }
  }

  private static String type(Exposition e, String name) {
    return Objects.requireNonNull(e.families.get(name), name).type();
  }

  private static double up(String... flags) throws Exception {
    try (Exporter e = Settings.open(new MongodbExporterKind(), flags)) {
      return SideBySide.of(Settings.metrics(e)).samples("mongodb_up").values().iterator().next();
    }
  }

  @Test
  void findsRequiredMemberThroughOthers() throws Exception {
    try (MongoDouble first = MongoDouble.start("member.json");
        MongoDouble second = MongoDouble.start("member.json")) {
      String hosts = "'hosts': ['%s', '%s']".formatted(first.address(), second.address());
      first.answer("isMaster", "{'ismaster': true, 'setName': 'rs0', " + hosts + ", 'ok': 1}");
      second.answer(
          "isMaster",
          "{'ismaster': false, 'secondary': true, 'setName': 'rs0', 'primary': '%s', %s, 'ok': 1}"
              .formatted(first.address(), hosts));
      String from = "mongodb.uri=mongodb://" + second.address() + "/?directConnection=false";
      assertThat(up(from)).isEqualTo(1);
      assertThat(first.commands("ping")).hasSize(1);
      assertThat(second.commands("ping")).isEmpty();
      assertThat(up(from + "&readPreference=secondary")).isEqualTo(1);
      assertThat(second.commands("ping")).hasSize(1);
      assertThat(second.commands("ping").getFirst().getDocument("$readPreference").toJson())
          .contains("secondary");
      assertThat(up(from + "&replicaSet=another")).isZero();
      assertThat(up("mongodb.uri=mongodb://" + second.address())).isEqualTo(1);
      assertThat(second.commands("ping")).hasSize(2);
      first.close();
      assertThat(up(from)).isZero();
      assertThat(up(from + "&readPreference=primaryPreferred")).isEqualTo(1);
    }
  }

  @Test
  void selectsMembersByTags() throws Exception {
    try (MongoDouble first = MongoDouble.start("member.json");
        MongoDouble second = MongoDouble.start("member.json")) {
      String hosts = "'hosts': ['%s', '%s']".formatted(first.address(), second.address());
      String member = "{'ismaster': false, 'secondary': true, 'setName': 'rs0', 'ok': 1, ";
      first.answer("isMaster", member + "'tags': {'dc': 'ny', 'rack': '1'}, " + hosts + "}");
      second.answer("isMaster", member + "'tags': {'dc': 'sf', 'rack': '1'}, " + hosts + "}");
      String from =
          "mongodb.uri=mongodb://"
              + first.address()
              + "/?directConnection=false&readPreference=secondaryPreferred";
      assertThat(up(from + "&readPreferenceTags=dc:sf,rack:1&readPreferenceTags=")).isEqualTo(1);
      assertThat(first.commands("ping")).isEmpty();
      assertThat(second.commands("ping").getFirst().getDocument("$readPreference").toJson())
          .contains("\"tags\": [{\"dc\": \"sf\", \"rack\": \"1\"}, {}]");
      assertThat(up(from + "&readPreferenceTags=dc:la&readPreferenceTags=dc:ny")).isEqualTo(1);
      assertThat(first.commands("ping")).hasSize(1);
      assertThat(up(from + "&readPreferenceTags=dc:la")).isZero();
    }
  }

  /** The examples of MongoDB's specification of staleness, by what members say of their writes. */
  @Test
  void excludesLaggingMembers() throws Exception {
    try (MongoDouble first = MongoDouble.start("member.json");
        MongoDouble second = MongoDouble.start("member.json");
        MongoDouble third = MongoDouble.start("member.json")) {
      String hosts =
          "'hosts': ['%s', '%s', '%s']"
              .formatted(first.address(), second.address(), third.address());
      Instant now = Instant.now();
      primary(first, true, now, hosts);
      primary(second, false, now.minusSeconds(60), hosts);
      primary(third, false, now.minusSeconds(200), hosts);
      String from = "mongodb.uri=mongodb://" + third.address() + "/?directConnection=false";
      String fresh = from + "&readPreference=secondary&maxStalenessSeconds=";
      assertThat(up(fresh + "90")).isEqualTo(1);
      assertThat(second.commands("ping")).hasSize(1);
      assertThat(second.commands("ping").getFirst().getDocument("$readPreference").toJson())
          .contains("\"maxStalenessSeconds\": 90");
      assertThat(third.commands("ping")).isEmpty();
      primary(second, false, now.minusSeconds(81), hosts);
      assertThat(up(fresh + "90")).as("ten seconds between looks are added").isZero();
      assertThat(up(fresh + "90&heartbeatFrequencyMS=5000")).isEqualTo(1);
      assertThat(up(fresh + "90&readPreferenceTags=dc:none")).isZero();
      primary(second, false, now, hosts);
      try (Exporter e =
          Settings.open(new MongodbExporterKind(), fresh + "90", "mongodb.global-conn-pool=true")) {
        assertThat(SideBySide.of(Settings.metrics(e)).samples("mongodb_up")).containsValue(1.0);
        primary(second, false, now.minusSeconds(81), hosts);
        assertThat(SideBySide.of(Settings.metrics(e)).samples("mongodb_up"))
            .as("a connection that was kept does not keep a member that has fallen behind")
            .containsValue(0.0);
      }
      first.close();
      assertThat(up(fresh + "90")).as("the freshest, where there is no primary").isEqualTo(1);
      assertThat(third.commands("ping")).isEmpty();
      String preferred = from + "&readPreference=secondaryPreferred&maxStalenessSeconds=90";
      assertThat(up(preferred)).isEqualTo(1);
      assertThat(third.commands("ping")).isEmpty();
    }
  }

  private static void primary(MongoDouble server, boolean is, Instant written, String hosts) {
    server.answer(
        "isMaster",
        "{'ismaster': %s, 'secondary': %s, 'setName': 'rs0', 'lastWrite': {'lastWriteDate': {'$date': '%s'}}, %s, 'ok': 1}"
            .formatted(is, !is, written.truncatedTo(ChronoUnit.MILLIS), hosts));
  }

  @Test
  void keepsConnectionsIfConfigured() throws Exception {
    try (MongoDouble server = MongoDouble.start("member.json")) {
      String uri = "mongodb.uri=mongodb://" + server.address();
      try (Exporter e =
          Settings.open(new MongodbExporterKind(), uri, "mongodb.global-conn-pool=true")) {
        for (int i = 0; i < 3; i++) {
          assertThat(SideBySide.of(Settings.metrics(e)).samples("mongodb_up")).containsValue(1.0);
        }
        assertThat(server.connections()).isEqualTo(1);
        server.answer(
            "isMaster", "{'ismaster': false, 'secondary': true, 'setName': 'rs0', 'ok': 1}");
        assertThat(SideBySide.of(Settings.metrics(e)).samples("mongodb_up")).containsValue(1.0);
        assertThat(server.connections()).as("another kind of member now").isEqualTo(2);
        server.hangUp();
        assertThat(SideBySide.of(Settings.metrics(e)).samples("mongodb_up")).containsValue(1.0);
        assertThat(server.connections()).isEqualTo(3);
      }
      assertThat(up(uri)).isEqualTo(1);
      assertThat(up(uri)).isEqualTo(1);
      assertThat(server.connections()).isEqualTo(5);
    }
  }

  @Test
  void splitsDnsSeedCluster() throws Exception {
    SeedList seeds =
        new SeedList(
            new SimpleResolver("127.0.0.1") {
              @Override
              public CompletionStage<Message> sendAsync(Message query, Executor executor) {
                Message answer = new Message(query.getHeader().getID());
                answer.getHeader().setFlag(Flags.QR);
                answer.addRecord(query.getQuestion(), Section.QUESTION);
                try {
                  if (query.getQuestion().getType() == Type.SRV) {
                    for (String server : List.of("m1", "m2")) {
                      answer.addRecord(
                          Record.fromString(
                              query.getQuestion().getName(),
                              Type.SRV,
                              DClass.IN,
                              60,
                              "0 5 27018 " + server + ".example.org.",
                              Name.root),
                          Section.ANSWER);
                    }
                  }
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
                return CompletableFuture.completedFuture(answer);
              }
            });
    MongodbTargets t =
        MongodbTargets.parse(
            "mongodb+srv://db.example.org/?directConnection=false,mongodb://other:1,more:2",
            "u",
            new Secret("p"),
            seeds);
    assertThat(t.all().stream().map(MongoUri::authority))
        .containsExactly("m1.example.org:27018", "m2.example.org:27018", "other:1", "more:2");
    assertThat(t.all().getFirst().tls()).isNotNull();
    assertThat(t.find("mongodb://m2.example.org:27018")).isNotNull();
    assertThat(t.find("mongodb://db.example.org")).isNull();
  }

  @Test
  void logsInWithMachineIdentity() throws Exception {
    TestCertificates certificates = certificates("localhost");
    Path both = pem(certificates, Files.readString(certificates.key("client")));
    List<String> asked = new CopyOnWriteArrayList<>();
    HttpServer machine = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    machine.createContext(
        "/",
        x -> {
          String path = x.getRequestURI().toString();
          boolean azure = "true".equals(x.getRequestHeaders().getFirst("Metadata"));
          boolean google = "Google".equals(x.getRequestHeaders().getFirst("Metadata-Flavor"));
          asked.add(path);
          byte[] body =
              (azure
                      ? "{\"access_token\":\"a.b.c\",\"expires_in\":\"70\"}"
                      : google ? "a.b.c\n" : "")
                  .getBytes(StandardCharsets.UTF_8);
          x.sendResponseHeaders(200, body.length);
          x.getResponseBody().write(body);
          x.close();
        });
    machine.start();
    String there = "127.0.0.1:" + machine.getAddress().getPort();
    try (MongoDouble server =
        MongoDouble.secured("member.json", certificates)
            .only(new MongoDouble.User("", "a.b.c", "MONGODB-OIDC"))) {
      String tls = "&tls=true&tlsCAFile=" + certificates.ca() + "&tlsCertificateKeyFile=" + both;
      for (String where : List.of("azure", "gcp")) {
        String uri =
            "mongodb://"
                + (where.equals("azure") ? "client-1@" : "")
                + server.address()
                + "/?authMechanism=MONGODB-OIDC&authMechanismProperties=ENVIRONMENT:"
                + where
                + ",TOKEN_RESOURCE:mongodb%3A%2F%2Fdb";
        Map<String, String> variables =
            Map.of(
                "MONGODB_URI",
                uri + tls,
                "AZURE_POD_IDENTITY_AUTHORITY_HOST",
                "http://" + there,
                "GCE_METADATA_HOST",
                there);
        try (Exporter e = Settings.open(new MongodbExporterKind(), variables)) {
          assertThat(SideBySide.of(Settings.metrics(e)).samples("mongodb_up")).containsValue(1.0);
        }
      }
    } finally {
      machine.stop(0);
    }
    assertThat(asked)
        .containsExactly(
            "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=mongodb%3A%2F%2Fdb&client_id=client-1",
            "/computeMetadata/v1/instance/service-accounts/default/identity?audience=mongodb%3A%2F%2Fdb");
  }

  @Test
  void requiresServiceIdOfLoadBalancedServers() throws Exception {
    try (MongoDouble server = MongoDouble.start("router.json")) {
      String uri = "mongodb.uri=mongodb://" + server.address() + "/?loadBalanced=true";
      server.answer("hello", "{'msg': 'isdbgrid', 'ok': 1}");
      assertThat(up(uri)).isZero();
      server.answer(
          "hello",
          "{'msg': 'isdbgrid', 'serviceId': {'$oid': '5f0000000000000000000001'}, 'ok': 1}");
      assertThat(up(uri)).isEqualTo(1);
      assertThat(server.commands("hello").getLast().getBoolean("loadBalanced").getValue()).isTrue();
    }
  }

  @Test
  void usesTargetsOfTheFlag() throws Exception {
    try (MongoDouble one = MongoDouble.start("member.json");
        MongoDouble two = MongoDouble.start("router.json");
        Exporter e =
            Settings.open(
                new MongodbExporterKind(),
                "mongodb.uri=mongodb://u:p@"
                    + one.address()
                    + ","
                    + two.address()
                    + ",mongodb://127.0.0.1:"
                    + Ports.free(),
                "split-cluster=true")) {
      one.only(new MongoDouble.User("u", "p", "SCRAM-SHA-256"));
      two.only(new MongoDouble.User("u", "p", "SCRAM-SHA-256"));
      String target = "target=mongodb://" + two.address();
      assertThat(SideBySide.of(Settings.probe(e, "/scrape", target)).samples("mongodb_up"))
          .containsOnlyKeys("cluster_role=\"mongos\"");
      assertThatThrownBy(() -> Settings.probe(e, "/scrape", "target=other:27017"))
          .isInstanceOf(ProbeException.class)
          .hasMessageContaining("not a server of --mongodb.uri");
      Exposition all = SideBySide.of(Settings.probe(e, "/scrapeall", ""));
      assertThat(all.samples("mongodb_up"))
          .hasSize(3)
          .containsEntry("cluster_role=\"mongod\",instance=\"" + one.address() + "\"", 1.0)
          .containsEntry("cluster_role=\"mongos\",instance=\"" + two.address() + "\"", 1.0);
      assertThat(all.samples("mongodb_up").values()).contains(0.0);
    }
  }

  @Test
  void scrapeMaySelectCollectors() throws Exception {
    try (MongoDouble server = MongoDouble.start("member.json");
        Exporter e =
            Settings.open(
                new MongodbExporterKind(), "mongodb.uri=" + server.address(), "collect-all=true")) {
      Exposition some =
          SideBySide.of(
              Settings.probe(
                  e, "/scrape", "target=" + server.address() + "&collect[]=fcv&collect[]=top"));
      assertThat(some.families)
          .containsOnlyKeys(
              "mongodb_up",
              "collector_scrape_time_ms",
              "mongodb_fcv_feature_compatibility_version");
    }
  }

  @Test
  void hidesAddressesAndPasswordsWithOtherFlags() {
    assertThat(new MongodbExporterKind().flags())
        .filteredOn(f -> f.kind() == ExporterFlag.Kind.SECRET)
        .extracting(ExporterFlag::name)
        .containsExactlyInAnyOrder("mongodb.uri", "mongodb.password");
  }

  /** The lists of mongodb_exporter's own test. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "mongodb://s | s",
        "mongodb+srv://s1,s2,mongodb://s3,s4,s5 | s1;s2;s3,s4,s5",
        "s1,s2,s3 | s1;s2;s3",
        "mongodb.server,s2 | mongodb.server;s2",
        "a,mongodb://s1,s2,mongodb+srv://s3,s4,mongodb://s5 | a;s1,s2;s3;s4;s5"
      })
  void listsOfAddressesAreReadAsThere(String given, String meant) {
    MongodbTargets t = MongodbTargets.parse(given, "", Secret.NONE, null);
    assertThat(t.all().stream().map(u -> u.authority())).containsExactly(meant.split(";"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "mongodb.uri=                                    | no server is configured",
        "mongodb.uri=mongodb://a,b                       | --no-mongodb.direct-connect",
        "mongodb.uri=mongodb+srv://a.b.c                 | --no-mongodb.direct-connect",
        "mongodb.uri=mongodb://u:secret@a/?x=1           | unknown option x",
        "collector.currentopmetrics-slow-time=soon       | must be a duration such as 5m",
        "collector.profile-time-ts=-1                    | must be 0 to",
        "web.timeout-offset=10                           | must be 0 to 9"
      })
  void rejectsInvalidFlagsAtStart(String flag, String reason) {
    String[] flags =
        flag.startsWith("mongodb.uri")
            ? new String[] {flag}
            : new String[] {flag, "mongodb.uri=localhost"};
    assertThatThrownBy(() -> Settings.open(new MongodbExporterKind(), flags))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(reason)
        .hasMessageNotContaining("secret");
  }
}
