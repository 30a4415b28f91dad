package dev.tethys.collect.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.database.Settings;
import dev.tethys.collect.database.SideBySide;
import dev.tethys.collect.database.TlsFiles;
import dev.tethys.collect.exporter.Exporter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real MariaDB with TLS and a user who must show a certificate. */
@Timeout(120)
final class MysqldTlsTest {
  @TempDir Path dir;

  private double up(int port, String... lines) throws Exception {
    Path cnf = dir.resolve("my.cnf");
    Files.writeString(
        cnf,
        "[client]\nuser = exporter\npassword = secret\nhost = 127.0.0.1\nport = "
            + port
            + "\n"
            + String.join("\n", lines)
            + "\n");
    try (Exporter e = Settings.open(new MysqldExporterKind(), "config.my-cnf=" + cnf)) {
      return SideBySide.of(
              Settings.probe(
                  e, "/probe", "target=127.0.0.1:" + port + "&collect[]=global_variables"))
          .samples("mysql_up")
          .values()
          .iterator()
          .next();
    }
  }

  @Test
  void sendsAndVerifiesCertificates() throws Exception {
    TlsFiles tls = TlsFiles.in(dir);
    try (MariadbProcess server =
        new MariadbProcess(
            dir,
            "--ssl-cert=" + tls.own().certificate("server"),
            "--ssl-key=" + tls.own().key("server"),
            "--ssl-ca=" + tls.own().ca())) {
      try (MysqlConnection c = server.connect("root", "", null)) {
        c.query("CREATE USER 'exporter'@'%' IDENTIFIED BY 'secret' REQUIRE X509");
        c.query("GRANT ALL ON *.* TO 'exporter'@'%'");
      }
      int port = server.port();
      String ca = "ssl-ca = " + tls.own().ca();
      String certificate = "ssl-cert = " + tls.own().certificate("client");
      String key = "ssl-key = " + tls.own().key("client");
      assertThat(up(port, ca, certificate, key)).isEqualTo(1);
      assertThat(up(port, "tls = skip-verify", certificate, key)).isEqualTo(1);
      assertThat(up(port, ca)).isZero();
      assertThat(up(port, "tls = true", certificate, key)).isZero();
      assertThat(up(port, "ssl-ca = " + tls.strange().ca(), certificate, key)).isZero();
      assertThat(up(port, ca, certificate, key, "tls-server-name = another.example")).isZero();
      assertThat(up(port)).isZero();
    }
  }
}
