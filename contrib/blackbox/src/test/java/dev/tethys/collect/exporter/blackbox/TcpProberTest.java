package dev.tethys.collect.exporter.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TcpProberTest {
  @TempDir Path dir;

  @Test
  void portsMayBeNamesOfServices() throws IOException {
    Path services =
        Files.writeString(
            dir.resolve("services"),
            """
            # of a machine
            domain\t\t53/tcp
            domain\t\t53/udp
            http\t\t80/tcp\t\twww\t\t# WorldWideWeb HTTP
            snmp\t\t161/udp
            """);
    assertThat(TcpProber.port("http", services)).isEqualTo(80);
    assertThat(TcpProber.port("www", services)).isEqualTo(80);
    assertThat(TcpProber.port("domain", services)).isEqualTo(53);
    assertThat(TcpProber.port("8080", services)).isEqualTo(8080);
    assertThat(TcpProber.port("", services)).isZero();
    for (String unknown : new String[] {"snmp", "WorldWideWeb", "of", "80/tcp ", "-1"}) {
      assertThatThrownBy(() -> TcpProber.port(unknown, services))
          .isInstanceOf(IOException.class)
          .hasMessage("lookup tcp/" + unknown + ": unknown port");
    }
    assertThatThrownBy(() -> TcpProber.port("65536", services))
        .hasMessageContaining("invalid port");
    assertThatThrownBy(() -> TcpProber.port("http", dir.resolve("none")))
        .hasMessageContaining("unknown port");
  }
}
