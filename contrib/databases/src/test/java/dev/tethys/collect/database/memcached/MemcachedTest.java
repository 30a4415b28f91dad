package dev.tethys.collect.database.memcached;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.database.Settings;
import dev.tethys.collect.database.SideBySide;
import dev.tethys.collect.exporter.Exporter;
import dev.tethys.testkit.Exposition;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.ServerProcess;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
@Tag("slow")
final class MemcachedTest {
  @TempDir Path dir;

  private ServerProcess start() throws Exception {
    int port = Ports.free();
    ServerProcess p =
        new ServerProcess(
            port,
            dir.resolve("memcached.log"),
            Map.of(),
            List.of(
                ServerProcess.find("memcached").toString(),
                "-u",
                "nobody",
                "-l",
                "127.0.0.1",
                "-p",
                "" + port,
                "-m",
                "16",
                "-c",
                "50"));
    try (Socket s = new Socket(InetAddress.getLoopbackAddress(), port)) {
      s.getOutputStream()
          .write(
              "set a 0 0 3\r\none\r\nget a\r\nget missing\r\ndelete a\r\nset b 0 0 1\r\n1\r\nincr b 2\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      byte[] answer = s.getInputStream().readNBytes("STORED\r\n".length());
      assertThat(answer).startsWith('S');
      s.getOutputStream().write("quit\r\n".getBytes(StandardCharsets.US_ASCII));
      s.getInputStream().readAllBytes(); // the server has done all of it
    }
    return p;
  }

  @Test
  void exposesMetricsOfARealServer() throws Exception {
    try (ServerProcess server = start();
        Exporter ours =
            Settings.open(
                new MemcachedExporterKind(), "memcached.address=127.0.0.1:" + server.port())) {
      Exposition e = SideBySide.of(Settings.metrics(ours));
      assertThat(e.samples("memcached_up")).containsValue(1.0);
      assertThat(e.samples("memcached_commands_total"))
          .containsEntry("command=\"get\",status=\"hit\"", 1.0)
          .containsEntry("command=\"get\",status=\"miss\"", 1.0)
          .containsEntry("command=\"delete\",status=\"hit\"", 1.0)
          .containsEntry("command=\"incr\",status=\"hit\"", 1.0)
          .containsEntry("command=\"set\",status=\"hit\"", 2.0)
          .containsEntry("command=\"cas\",status=\"badval\"", 0.0)
          .containsEntry("command=\"flush\",status=\"hit\"", 0.0);
      assertThat(e.samples("memcached_limit_bytes")).containsValue(16.0 * (1 << 20));
      assertThat(e.samples("memcached_max_connections")).containsValue(50.0);
      assertThat(e.samples("memcached_current_items")).containsValue(1.0);
      assertThat(e.samples("memcached_slab_current_items")).containsEntry("slab=\"1\"", 1.0);
      assertThat(e.samples("memcached_slab_commands_total"))
          .containsEntry("command=\"set\",slab=\"1\",status=\"hit\"", 2.0);
      assertThat(e.families)
          .containsKeys(
              "memcached_version",
              "memcached_process_user_cpu_seconds_total",
              "memcached_malloced_bytes",
              "memcached_lru_crawler_enabled",
              "memcached_slab_chunk_size_bytes",
              "memcached_slab_mem_requested_bytes",
              "memcached_slab_lru_hits_total",
              "memcached_uptime_seconds");
      Exposition other =
          SideBySide.of(Settings.probe(ours, "/scrape", "target=localhost:" + server.port()));
      assertThat(other.samples("memcached_up")).containsValue(1.0);
    }
  }

  @Test
  void reportsDownServer() throws Exception {
    try (Exporter ours =
        Settings.open(new MemcachedExporterKind(), "memcached.address=127.0.0.1:" + Ports.free())) {
      Exposition e = SideBySide.of(Settings.metrics(ours));
      assertThat(e.families).containsOnlyKeys("memcached_up");
      assertThat(e.samples("memcached_up")).containsValue(0.0);
    }
  }
}
