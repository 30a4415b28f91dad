package dev.tethys.collect.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.TlsConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
  void inheritedSectionApplies() throws IOException {
    assertThat(address("client.other", false, "ssl-skip-verfication=true", "[client.other]").tls())
        .satisfies(MyCnfTest::isUnverified);
  }

  @Test
  void sectionTakesPrecedenceOverTheFlag() throws IOException {
    assertThat(address("client", true, "ssl-skip-verfication=false").tls()).isNull();
    assertThat(address("client", true).tls()).isNotNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"skip-verify", "preferred"})
  void keysOfATlsOfItsOwnAreInThePlaceOfTheMode(String mode) throws IOException {
    String tls = "tls=" + mode;
    assertThat(address("client", false, tls).tls()).satisfies(MyCnfTest::isUnverified);
    for (String key :
        List.of(
            "ssl-ca=/ca.pem",
            "tls-min-version=TLSv1.2",
            "tls-max-version=TLSv1.3",
            "tls-server-name=db")) {
      MysqlAddress a = address("client", false, tls, key);
      assertThat(Objects.requireNonNull(a.tls()).insecureSkipVerify()).as(key).isFalse();
      assertThat(a.tlsOptional()).as(key).isFalse();
      assertThat(address("client", true, tls, key).tls()).satisfies(MyCnfTest::isUnverified);
      assertThat(address("client", false, tls, key, "ssl-skip-verfication=1").tls())
          .satisfies(MyCnfTest::isUnverified);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "true", "false"})
  void aCertificateAuthorityAloneMeansTlsThatIsVerified(String mode) throws IOException {
    MysqlAddress a = address("client", false, "tls=" + mode, "ssl-ca=/ca.pem");
    assertThat(Objects.requireNonNull(a.tls()).insecureSkipVerify()).isFalse();
  }

  @Test
  void rejectsOtherWords() {
    assertThatThrownBy(() -> address("client", false, "ssl-skip-verfication=perhaps"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("section [client]: ssl-skip-verfication is \"perhaps\"");
  }
}
