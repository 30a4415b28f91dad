package dev.tethys.collect.database.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tethys.collect.database.Settings;
import dev.tethys.collect.database.SideBySide;
import dev.tethys.collect.database.wire.Deadline;
import dev.tethys.collect.exporter.Exporter;
import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import dev.tethys.testkit.Exposition;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.ServerProcess;
import dev.tethys.testkit.Shared;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** On the same Redis ours shows what the real redis_exporter shows. */
@Tag("slow")
@Timeout(120)
final class RedisBesideTest {
  private static final String PASSWORD = "p@ss word";

  /**
   * 1.86 has no entries added; its build is another; which events were slow depends on the
   * machine's load.
   */
  private static final Set<String> EXCEPTIONS =
      Set.of(
          "redis_exporter_build_info",
          "redis_stream_entries_added_total",
          "redis_latency_spike_last",
          "redis_latency_spike_duration_seconds");

  private static final Set<String> MOVING =
      Set.of(
          "redis_exporter_scrape_duration_seconds",
          "redis_latency_spike_last",
          "redis_latency_spike_duration_seconds",
          "redis_exporter_last_scrape_connect_time_seconds",
          "redis_exporter_last_scrape_duration_seconds",
          "redis_exporter_last_scrape_ping_time_seconds",
          "redis_last_key_groups_scrape_duration_milliseconds",
          "redis_start_time_seconds",
          "redis_uptime_in_seconds",
          "redis_allocator_active_bytes",
          "redis_allocator_allocated_bytes",
          "redis_allocator_resident_bytes",
          "redis_allocator_frag_ratio",
          "redis_allocator_frag_bytes",
          "redis_allocator_rss_ratio",
          "redis_allocator_rss_bytes",
          "redis_memory_used_bytes",
          "redis_memory_used_rss_bytes",
          "redis_memory_used_peak_bytes",
          "redis_memory_used_overhead_bytes",
          "redis_memory_used_dataset_bytes",
          "redis_mem_fragmentation_ratio",
          "redis_mem_fragmentation_bytes",
          "redis_mem_clients_normal",
          "redis_instantaneous_eventloop_cycles_per_sec",
          "redis_instantaneous_eventloop_duration_usec",
          "redis_client_recent_max_input_buffer_bytes",
          "redis_client_recent_max_output_buffer_bytes",
          "redis_rdb_changes_since_last_save",
          "redis_memory_used_scripts_bytes",
          "redis_memory_used_scripts_eval_bytes",
          "redis_memory_used_vm_eval_bytes",
          "redis_memory_used_vm_total",
          "redis_memory_used_lua_bytes",
          "redis_number_of_cached_scripts",
          "redis_db_avg_ttl_seconds",
          "redis_stream_group_consumer_idle_seconds",
          "redis_slowlog_length",
          "redis_slowlog_last_id",
          "redis_last_slow_execution_duration_seconds",
          "redis_connected_clients");

  @TempDir static Path dir;
  private static ServerProcess server;

  @BeforeAll
  static void start() throws Exception {
    int port = Ports.free();
    server =
        new ServerProcess(
            port,
            dir.resolve("redis.log"),
            Map.of(),
            List.of(
                ServerProcess.find("redis-server").toString(),
                "--port",
                "" + port,
                "--bind",
                "127.0.0.1",
                "--dir",
                dir.toString(),
                "--save",
                "",
                "--slowlog-log-slower-than",
                "0",
                "--latency-monitor-threshold",
                "1",
                "--enable-debug-command",
                "local",
                "--requirepass",
                PASSWORD));
    try (RedisConnection c = connect()) {
      c.command("SET", "number", "12.5");
      c.command("SET", "text", "hello");
      c.command("PFADD", "hll", "a", "b", "c");
      c.command("RPUSH", "list", "1", "2");
      c.command("HSET", "hash", "f", "v");
      c.command("ZADD", "zset", "1", "m");
      c.command("SADD", "set", "m", "n");
      c.command("SET", "expires", "x", "EX", "10000");
      c.command("XADD", "stream", "5-1", "k", "v");
      c.command("XADD", "stream", "6-1", "k", "v");
      c.command("XGROUP", "CREATE", "stream", "readers", "0");
      c.command("XREADGROUP", "GROUP", "readers", "one", "COUNT", "1", "STREAMS", "stream", ">");
      c.send("GET");
      c.send("LPUSH", "text", "1");
      c.command("ACL", "SETUSER", "viewer", "on", ">secret", "+@all", "~*");
      c.command("DEBUG", "SLEEP", "0.02");
      c.command("SELECT", "3");
      for (int i = 0; i < 50; i++) {
        c.command("SET", "orders:" + i % 7 + ":" + i, "x");
      }
    }
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
  }

  private static RedisConnection connect() throws Exception {
    return RedisConnection.open(
        RedisAddress.parse(
            "127.0.0.1:" + server.port(), "", new Secret(PASSWORD), TlsConfig.DEFAULT),
        Deadline.in(Duration.ofSeconds(30)));
  }

  private static ServerProcess real(List<String> flags) throws Exception {
    int port = Ports.free();
    List<String> command = new ArrayList<>();
    command.add(Shared.peer("prometheus-redis-exporter").toString());
    command.add("--web.listen-address=127.0.0.1:" + port);
    flags.forEach(f -> command.add("--" + f));
    return new ServerProcess(port, dir.resolve("exporter" + port + ".log"), Map.of(), command);
  }

  private void compare(String... flags) throws Exception {
    List<String> all = new ArrayList<>(List.of(flags));
    all.add("redis.addr=redis://127.0.0.1:" + server.port());
    all.add("redis.password=" + PASSWORD);
    try (ServerProcess real = real(all);
        Exporter ours = Settings.open(new RedisExporterKind(), all.toArray(String[]::new))) {
      real.get("/metrics"); // its commands are in the statistics of the one that counts
      Settings.metrics(ours);
      Exposition theirs = Exposition.parse(real.get("/metrics"));
      String build = theirs.samples("redis_exporter_build_info").keySet().toString();
      assumeTrue(build.contains("1.86."), "needs redis_exporter 1.86, and there is " + build);
      Exposition mine = SideBySide.of(Settings.metrics(ours));
      Map<String, String> d = SideBySide.differences("redis_", theirs, mine);
      d.keySet().removeAll(EXCEPTIONS);
      assertThat(d).isEmpty();
      assertThat(SideBySide.values("redis_", theirs, mine, MOVING)).isEmpty();
      assertThat(theirs.samples("redis_up")).containsValue(1.0);
      String spikes = "redis_latency_spike_duration_seconds";
      assertThat(String.valueOf(mine.samples(spikes).keySet())).contains("event_name=\"command\"");
    }
  }

  @Test
  void exposesSameMetricsAsReference() throws Exception {
    compare();
  }

  @Test
  void exposesSameKeysStreamsSettingsAndScripts() throws Exception {
    Path script = dir.resolve("script.lua");
    Files.writeString(script, "return {'answer', '42', 'half', '0.5'}");
    compare(
        "check-keys=*,db3=orders:1:*",
        "check-single-keys=number,nothing",
        "check-key-groups=^orders:(%d+):,^(l)ist",
        "max-distinct-key-groups=5",
        "count-keys=db3=orders:*,db0=none*",
        "check-single-streams=stream",
        "include-config-metrics=true",
        "include-system-metrics=true",
        "ping-on-connect=true",
        "include-modules-metrics=true",
        "append-instance-role-label=true",
        "namespace=redis",
        "script=" + script);
  }

  @Test
  void clientsAreShown() throws Exception {
    try (RedisConnection c = connect();
        Exporter ours =
            Settings.open(
                new RedisExporterKind(),
                Map.of(
                    "REDIS_ADDR",
                    "redis://viewer:secret@127.0.0.1:" + server.port(),
                    "REDIS_EXPORTER_EXPORT_CLIENT_LIST",
                    "true"))) {
      c.command("CLIENT", "SETNAME", "someone");
      Exposition e = SideBySide.of(Settings.metrics(ours));
      assertThat(e.samples("redis_up")).containsValue(1.0);
      assertThat(e.samples("redis_connected_client_info").keySet())
          .anySatisfy(k -> assertThat(k).contains("name=\"someone\"").contains("user=\"default\""))
          .anySatisfy(k -> assertThat(k).contains("user=\"viewer\""));
    }
  }

  @Test
  void scrapesTargetsWithPasswordsFromTheFile() throws Exception {
    Path file = dir.resolve("passwords.json");
    String address = "redis://127.0.0.1:" + server.port();
    Files.writeString(file, "{\"" + address + "\": \"" + PASSWORD + "\"}");
    try (Exporter ours =
        Settings.open(new RedisExporterKind(), "redis.addr=", "redis.password-file=" + file)) {
      Exposition e =
          SideBySide.of(
              Settings.probe(
                  ours, "/scrape", "target=127.0.0.1:" + server.port() + "&check-keys=num*"));
      assertThat(e.samples("redis_up")).containsValue(1.0);
      assertThat(e.samples("redis_key_value"))
          .containsExactly(Map.entry("db=\"db0\",key=\"number\"", 12.5));
      Files.writeString(file, "{\"" + address + "\": \"wrong\"}");
      ours.reload();
      e = SideBySide.of(Settings.probe(ours, "/scrape", "target=" + address));
      assertThat(e.samples("redis_up")).containsValue(0.0);
      assertThat(e.samples("redis_exporter_last_scrape_error").keySet().iterator().next())
          .contains("WRONGPASS")
          .doesNotContain("\"wrong\"");
    }
  }

  @Test
  void reportsDownOrSilentServer() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      for (int port : new int[] {Ports.free(), silent.getLocalPort()}) {
        try (Exporter ours =
            Settings.open(
                new RedisExporterKind(),
                "redis.addr=redis://:topsecret@127.0.0.1:" + port,
                "connection-timeout=300ms")) {
          Exposition e = SideBySide.of(Settings.metrics(ours));
          assertThat(e.samples("redis_up")).containsValue(0.0);
          assertThat(e.families.toString()).doesNotContain("topsecret");
          assertThat(e.samples("redis_exporter_last_scrape_error").keySet().toString())
              .contains(port == silent.getLocalPort() ? "timed out" : "refused");
        }
      }
    }
  }

  @Test
  void supportsProtocolVersion3() throws Exception {
    try (RedisConnection c = connect()) {
      assertThat(c.command("HELLO", "3").pairs().get("proto")).isEqualTo(new RedisReply.Whole(3));
      assertThat(c.command("HGETALL", "hash").pairs().get("f")).hasToString("v");
      assertThat(c.command("ZSCORE", "zset", "m").text()).isEqualTo("1");
      assertThat(c.command("SMEMBERS", "set").texts()).containsExactlyInAnyOrder("m", "n");
      assertThat(c.command("GET", "missing")).isInstanceOf(RedisReply.Nothing.class);
      assertThat(c.command("INFO", "server").text()).startsWith("# Server");
      assertThat(c.command("DEBUG", "PROTOCOL", "true").whole()).isEqualTo(1);
      assertThat(c.command("DEBUG", "PROTOCOL", "bignum").text()).startsWith("1234567");
      assertThat(c.command("DEBUG", "PROTOCOL", "verbatim").text()).startsWith("This is");
      assertThat(c.command("DEBUG", "PROTOCOL", "attrib").text()).startsWith("Some real");
    }
  }
}
