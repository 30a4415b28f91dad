package dev.tethys.collect.database.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.database.Settings;
import dev.tethys.collect.database.SideBySide;
import dev.tethys.collect.database.TlsFiles;
import dev.tethys.collect.exporter.Exporter;
import dev.tethys.collect.exporter.ExporterFlag;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.ServerProcess;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real Redis that uses TLS alone and asks for certificates. */
@Timeout(60)
final class RedisTlsTest {
  @TempDir Path dir;

  private static double up(int port, String... flags) throws Exception {
    List<String> all = new ArrayList<>(Arrays.asList(flags));
    if (all.stream().noneMatch(f -> f.startsWith("redis.addr="))) {
      all.add("redis.addr=rediss://127.0.0.1:" + port);
    }
    try (Exporter e = Settings.open(new RedisExporterKind(), all.toArray(String[]::new))) {
      return SideBySide.of(Settings.metrics(e)).samples("redis_up").values().iterator().next();
    }
  }

  @Test
  void hidesAddressesAndPasswordsWithOtherFlags() {
    assertThat(new RedisExporterKind().flags())
        .filteredOn(f -> f.kind() == ExporterFlag.Kind.SECRET)
        .extracting(ExporterFlag::name)
        .containsExactlyInAnyOrder("redis.addr", "redis.password");
  }

  @Test
  void sendsAndVerifiesCertificates() throws Exception {
    TlsFiles tls = TlsFiles.in(dir);
    int port = Ports.free();
    try (ServerProcess server =
        new ServerProcess(
            port,
            dir.resolve("redis.log"),
            Map.of(),
            List.of(
                ServerProcess.find("redis-server").toString(),
                "--port",
                "0",
                "--tls-port",
                "" + port,
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--dir",
                dir.toString(),
                "--tls-cert-file",
                tls.own().certificate("server").toString(),
                "--tls-key-file",
                tls.own().key("server").toString(),
                "--tls-ca-cert-file",
                tls.own().ca().toString()))) {
      assertThat(server.port()).isEqualTo(port);
      String ca = "tls-ca-cert-file=" + tls.own().ca();
      String certificate = "tls-client-cert-file=" + tls.own().certificate("client");
      String key = "tls-client-key-file=" + tls.own().key("client");
      assertThat(up(port, ca, certificate, key)).isEqualTo(1);
      assertThat(up(port, "skip-tls-verification=true", certificate, key)).isEqualTo(1);
      assertThat(up(port, ca, certificate, key, "tls-server-name=localhost")).isEqualTo(1);
      assertThat(up(port, ca)).isZero();
      assertThat(up(port, certificate, key)).isZero();
      assertThat(up(port, "tls-ca-cert-file=" + tls.strange().ca(), certificate, key)).isZero();
      assertThat(up(port, ca, certificate, key, "tls-server-name=another.example")).isZero();
      assertThat(up(port, "redis.addr=redis://127.0.0.1:" + port)).isZero();
    }
  }
}
