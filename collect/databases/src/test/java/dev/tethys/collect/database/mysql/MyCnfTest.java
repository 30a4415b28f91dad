package dev.tethys.collect.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.TlsConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a section says of TLS, as mysqld_exporter's config/config.go reads it. */
class MyCnfTest {
  @TempDir Path folder;

  private static void isUnverified(@Nullable TlsConfig tls) {
    assertThat(Objects.requireNonNull(tls).insecureSkipVerify()).isTrue();
  }

  private MysqlAddress address(String section, boolean skipVerify, String... lines)
      throws IOException {
    Path file = folder.resolve("my.cnf");
    Files.writeString(file, "[client]\nuser=monitor\n" + String.join("\n", lines) + "\n");
    return MyCnf.read(file, "localhost:3306", "", name -> null).address(section, "", skipVerify);
  }

  @ParameterizedTest
  @ValueSource(strings = {"true", "1", "YES", "on", "T"})
  void sslSkipVerficationMeansTlsThatIsNotVerified(String yes) throws IOException {
    assertThat(address("client", false, "ssl-skip-verfication=" + yes).tls())
        .satisfies(MyCnfTest::isUnverified);
    assertThat(address("client", false, "ssl-ca=/ca.pem", "ssl-skip-verfication = " + yes).tls())
        .satisfies(MyCnfTest::isUnverified);
  }

  @Test
  void aSectionBelowTakesIt() throws IOException {
    assertThat(address("client.other", false, "ssl-skip-verfication=true", "[client.other]").tls())
        .satisfies(MyCnfTest::isUnverified);
  }

  @Test
  void theSectionsWordGoesBeforeTheFlag() throws IOException {
    assertThat(address("client", true, "ssl-skip-verfication=false").tls()).isNull();
    assertThat(address("client", true).tls()).isNotNull();
  }

  @Test
  void anotherWordIsRefused() {
    assertThatThrownBy(() -> address("client", false, "ssl-skip-verfication=perhaps"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("section [client]: ssl-skip-verfication is \"perhaps\"");
  }
}
