package dev.tethys.pipeline.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.YamlDocument;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresPlaceTest {
  @ParameterizedTest
  @CsvSource({
    "postgresql://h/d, h, d,",
    "'postgres://a:1,b:2/d-e', 'a:1,b:2', d-e,",
    "'postgresql://[::1]:5433/d', '[::1]:5433', d,",
    "postgresql:///d?host=/var/run/postgresql, localhost:5432, d, /var/run/postgresql/.s.PGSQL.5432",
    "postgresql:///d?port=5433&host=%2Frun%2Fa+b, localhost:5433, d, /run/a+b/.s.PGSQL.5433",
    "postgresql://%2Fvar%2Frun%2Fpostgresql/d, localhost:5432, d,"
        + " /var/run/postgresql/.s.PGSQL.5432",
    "postgresql://%2Frun:5433/d, localhost:5433, d, /run/.s.PGSQL.5433",
  })
  void parsesAddressesOfLibpq(String url, String hosts, String database, @Nullable String socket) {
    PostgresPlace p = Objects.requireNonNull(PostgresPlace.parse(url));
    assertThat(p.hosts()).isEqualTo(hosts);
    assertThat(p.database()).isEqualTo(database);
    Path own = p.socket();
    assertThat(own == null ? null : own.toString()).isEqualTo(socket);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "h/d",
        "http://h/d",
        "postgresql://h",
        "postgresql://h/",
        "postgresql:///d",
        "postgresql://h/d?host=/run",
        "postgresql:///d?host=run",
        "postgresql:///d?host=/run&sslmode=require",
        "postgresql:///d?host=/run&host=/b",
        "postgresql:///?host=/run",
        "postgresql://%2Frun:x/d",
        "postgresql://%2frun/d",
      })
  void rejectsOtherAddresses(String url) {
    assertThat(PostgresPlace.parse(url)).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "tls: {ca_file: a}|tls cannot be used with a Unix socket",
        "username: u, kerberos: {username: u}|tickets are not used on a Unix socket",
        "username: u, auth: {authenticator: a}|requires TLS that verifies the server",
      })
  void rejectsTlsForASocket(String keys, String reason) {
    String yaml = "{endpoint: 'postgresql:///d?host=/run', " + keys + "}";
    assertThatThrownBy(
            () -> PostgresSettings.TYPE.read(YamlDocument.parse("c.yaml", null, yaml).root()))
        .hasMessageContaining(reason)
        .hasMessageContaining("c.yaml:1:");
  }
}
