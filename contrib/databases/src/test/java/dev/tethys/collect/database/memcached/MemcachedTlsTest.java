package dev.tethys.collect.database.memcached;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.database.Settings;
import dev.tethys.collect.database.SideBySide;
import dev.tethys.collect.database.TlsFiles;
import dev.tethys.collect.exporter.Exporter;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.ServerProcess;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real memcached that uses TLS and asks for certificates. */
@Timeout(60)
@Tag("slow")
final class MemcachedTlsTest {
  @TempDir Path dir;

  private static double up(int port, String... tls) throws Exception {
    String[] flags = Arrays.copyOf(tls, tls.length + 2);
    flags[tls.length] = "memcached.address=localhost:" + port;
    flags[tls.length + 1] = "memcached.tls.enable=" + (tls.length > 0);
    try (Exporter e = Settings.open(new MemcachedExporterKind(), flags)) {
      return SideBySide.of(Settings.metrics(e)).samples("memcached_up").values().iterator().next();
    }
  }

  @Test
  void sendsAndVerifiesCertificates() throws Exception {
    TlsFiles tls = TlsFiles.in(dir);
    int port = Ports.free();
    String options =
        "ssl_chain_cert=%s,ssl_key=%s,ssl_ca_cert=%s,ssl_verify_mode=2"
            .formatted(tls.own().certificate("server"), tls.own().key("server"), tls.own().ca());
    try (ServerProcess server =
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
                "-Z",
                "-o",
                options))) {
      assertThat(server.port()).isEqualTo(port);
      String ca = "memcached.tls.ca-file=" + tls.own().ca();
      String certificate = "memcached.tls.cert-file=" + tls.own().certificate("client");
      String key = "memcached.tls.key-file=" + tls.own().key("client");
      String trusting = "memcached.tls.insecure-skip-verify=true";
      assertThat(up(port, ca, certificate, key)).isEqualTo(1);
      assertThat(up(port, trusting, certificate, key)).isEqualTo(1);
      assertThat(up(port, ca)).isZero();
      assertThat(up(port, certificate, key)).isZero();
      assertThat(up(port, "memcached.tls.ca-file=" + tls.strange().ca(), certificate, key))
          .isZero();
      String name = "memcached.tls.server-name=";
      assertThat(up(port, ca, certificate, key, name + "127.0.0.1")).isEqualTo(1);
      assertThat(up(port, ca, certificate, key, name + "another.example")).isZero();
      assertThat(up(port)).isZero();
    }
  }
}
