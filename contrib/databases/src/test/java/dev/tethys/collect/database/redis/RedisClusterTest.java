package dev.tethys.collect.database.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.database.Settings;
import dev.tethys.collect.database.SideBySide;
import dev.tethys.collect.database.wire.Deadline;
import dev.tethys.collect.exporter.Exporter;
import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import dev.tethys.testkit.Exposition;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.ServerProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Redis as a cluster of two, and as a Sentinel. */
@Timeout(120)
@Tag("slow")
final class RedisClusterTest {
  @TempDir Path dir;

  private static RedisConnection connect(int port) throws Exception {
    return RedisConnection.open(
        RedisAddress.parse("127.0.0.1:" + port, "", Secret.NONE, TlsConfig.DEFAULT),
        Deadline.in(Duration.ofSeconds(60)));
  }

  private ServerProcess server(int port, String... flags) throws Exception {
    Path of = Files.createDirectory(dir.resolve("redis" + port));
    List<String> command = new ArrayList<>(List.of(ServerProcess.find("redis-server").toString()));
    command.addAll(Arrays.asList(flags));
    command.addAll(List.of("--port", "" + port, "--bind", "127.0.0.1", "--dir", of.toString()));
    return new ServerProcess(port, of.resolve("log"), Map.of(), command);
  }

  @Test
  void findsKeysOnAllClusterServers() throws Exception {
    int a = Ports.free();
    int b = Ports.free();
    String[] flags = {"--cluster-enabled", "yes", "--save", ""};
    try (ServerProcess first = server(a, with(flags, Ports.free()));
        ServerProcess second = server(b, with(flags, Ports.free()))) {
      try (RedisConnection x = connect(first.port());
          RedisConnection y = connect(second.port())) {
        // Slots: a is 15495, b is 3300.
        x.command("CLUSTER", "ADDSLOTSRANGE", "0", "8191");
        y.command("CLUSTER", "ADDSLOTSRANGE", "8192", "16383");
        String bus = bus(y);
        x.command("CLUSTER", "MEET", "127.0.0.1", "" + b, bus);
        long until = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!isWhole(x) || !isWhole(y)) {
          assertThat(System.nanoTime()).isLessThan(until);
          LockSupport.parkNanos(20_000_000);
        }
        y.command("SET", "a", "1");
        x.command("SET", "b", "2");
      }
      try (Exporter ours =
          Settings.open(
              new RedisExporterKind(),
              "redis.addr=redis://127.0.0.1:" + a,
              "is-cluster=true",
              "check-keys=*",
              "count-keys=*")) {
        Exposition e = SideBySide.of(Settings.metrics(ours));
        assertThat(e.samples("redis_up")).containsValue(1.0);
        assertThat(e.samples("redis_key_value"))
            .containsEntry("db=\"db0\",key=\"a\"", 1.0)
            .containsEntry("db=\"db0\",key=\"b\"", 2.0);
        assertThat(e.samples("redis_keys_count")).containsValue(2.0);
        assertThat(e.samples("redis_cluster_state")).containsValue(1.0);
      }
    }
  }

  private static String[] with(String[] flags, int bus) {
    String[] out = Arrays.copyOf(flags, flags.length + 2);
    out[flags.length] = "--cluster-port";
    out[flags.length + 1] = "" + bus;
    return out;
  }

  /** The port of the cluster's own protocol: {@code id :port@bus …}. */
  private static String bus(RedisConnection c) throws Exception {
    String line = String.valueOf(c.command("CLUSTER", "NODES").text());
    return line.substring(line.indexOf('@') + 1).split("[ ,]")[0];
  }

  private static boolean isWhole(RedisConnection c) throws Exception {
    String info = String.valueOf(c.command("CLUSTER", "INFO").text());
    return info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:2");
  }

  @Test
  void sentinelExposesItsMasters() throws Exception {
    int master = Ports.free();
    int port = Ports.free();
    Path conf = dir.resolve("sentinel.conf");
    Files.writeString(conf, "sentinel monitor shop 127.0.0.1 " + master + " 1\n");
    try (ServerProcess redis = server(master, "--save", "");
        ServerProcess sentinel = server(port, conf.toString(), "--sentinel");
        Exporter ours =
            Settings.open(
                new RedisExporterKind(), "redis.addr=redis://127.0.0.1:" + sentinel.port())) {
      Exposition e = SideBySide.of(Settings.metrics(ours));
      String[] labels = {"master_address=\"127.0.0.1:" + redis.port() + "\",master_name=\"shop\""};
      assertThat(e.samples("redis_sentinel_masters")).containsValue(1.0);
      assertThat(e.samples("redis_sentinel_master_setting_ckquorum")).containsEntry(labels[0], 1.0);
      assertThat(e.samples("redis_sentinel_master_ok_sentinels")).containsEntry(labels[0], 1.0);
      assertThat(e.samples("redis_sentinel_master_ok_slaves")).containsEntry(labels[0], 0.0);
      assertThat(e.samples("redis_instance_info").keySet().toString())
          .contains("redis_mode=\"sentinel\"");
    }
  }
}
