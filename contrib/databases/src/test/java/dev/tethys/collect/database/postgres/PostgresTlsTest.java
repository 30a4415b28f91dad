package dev.tethys.collect.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.database.Settings;
import dev.tethys.collect.database.SideBySide;
import dev.tethys.collect.database.TlsFiles;
import dev.tethys.collect.database.wire.Deadline;
import dev.tethys.collect.exporter.Exporter;
import dev.tethys.testkit.PostgresProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real PostgreSQL that lets a user in over TLS alone, with a certificate. */
@Timeout(120)
@Tag("slow")
final class PostgresTlsTest {
  @TempDir Path dir;

  private static double up(int port, String options) throws Exception {
    String dsn = "postgresql://secured:secret@127.0.0.1:%d/postgres?%s".formatted(port, options);
    try (Exporter e = Settings.open(new PostgresExporterKind(), Map.of("DATA_SOURCE_NAME", dsn))) {
      return SideBySide.of(Settings.metrics(e)).samples("pg_up").values().iterator().next();
    }
  }

  /** Turns TLS on in a server that runs: the settings and the file are read again. */
  private void secure(PostgresProcess server, TlsFiles tls, String name) throws Exception {
    Path data = dir.resolve("postgres/data");
    Path key = data.resolve("tls.key");
    Files.copy(tls.own().key(name), key);
    Files.setOwner(key, Files.getOwner(data));
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
    Path hba = data.resolve("pg_hba.conf");
    Files.writeString(
        hba,
        "hostssl all secured all scram-sha-256 clientcert=verify-ca\n"
            + "host all secured all reject\n"
            + Files.readString(hba));
    String dsn =
        "host=127.0.0.1 port=%d user=tethys password=pw sslmode=disable dbname=postgres"
            .formatted(server.port());
    Deadline deadline = Deadline.in(Duration.ofSeconds(60));
    try (PostgresConnection c = PostgresConnection.open(PostgresDsn.parse(dsn), deadline)) {
      for (String sql :
          List.of(
              "create role secured login superuser password 'secret'",
              "alter system set ssl_cert_file = '" + tls.own().certificate(name) + "'",
              "alter system set ssl_key_file = '" + key + "'",
              "alter system set ssl_ca_file = '" + tls.own().ca() + "'",
              "alter system set ssl = on")) {
        PostgresBesideTest.execute(c, sql);
      }
      c.query("select pg_reload_conf()", r -> {});
      boolean[] on = new boolean[1];
      while (!on[0]) { // the server notices it at its next read
        c.query(
            "select current_setting('ssl')", r -> on[0] = r.next() && r.getString(1).equals("on"));
      }
    }
  }

  @Test
  void sendsAndVerifiesCertificates() throws Exception {
    TlsFiles tls = TlsFiles.in(dir);
    try (PostgresProcess server = new PostgresProcess(dir, "pw")) {
      secure(server, tls, "server");
      int port = server.port();
      String own =
          "&sslcert=%s&sslkey=%s"
              .formatted(tls.own().certificate("client"), tls.own().key("client"));
      String ca = "&sslrootcert=" + tls.own().ca();
      assertThat(up(port, "sslmode=verify-full" + ca + own)).isEqualTo(1);
      assertThat(up(port, "sslmode=verify-ca" + ca + own)).isEqualTo(1);
      assertThat(up(port, "sslmode=require" + own)).isEqualTo(1);
      assertThat(up(port, "sslmode=verify-full" + ca)).isZero();
      assertThat(up(port, "sslmode=verify-full" + own)).isZero();
      String strange = "&sslrootcert=" + tls.strange().ca();
      assertThat(up(port, "sslmode=verify-full" + strange + own)).isZero();
      assertThat(up(port, "sslmode=disable")).isZero();
    }
  }

  @Test
  void verifiesServerName() throws Exception {
    TlsFiles tls = TlsFiles.in(dir);
    try (PostgresProcess server = new PostgresProcess(dir, "pw")) {
      secure(server, tls, "misnamed");
      String files =
          "&sslrootcert=%s&sslcert=%s&sslkey=%s"
              .formatted(tls.own().ca(), tls.own().certificate("client"), tls.own().key("client"));
      assertThat(up(server.port(), "sslmode=verify-ca" + files)).isEqualTo(1);
      assertThat(up(server.port(), "sslmode=verify-full" + files)).isZero();
    }
  }
}
