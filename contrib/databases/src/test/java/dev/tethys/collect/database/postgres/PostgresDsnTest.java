package dev.tethys.collect.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.Secret;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PostgresDsnTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "postgresql://me:p%40ss%2F@db.example:5433/shop?sslmode=disable&search_path=a",
        "postgres://db.example:5433/shop?user=me&password=p%40ss%2F&sslmode=disable&search_path=a",
        "host=db.example port=5433 user=me password='p@ss/' dbname=shop sslmode=disable"
            + " search_path=a",
        "host = db.example port='5433' user=me password=p\\@ss/ dbname = shop sslmode=disable"
            + " search_path=a",
        "me:p%40ss%2F@db.example:5433/shop?sslmode=disable&search_path=a",
      })
  void allFormsOfAnAddressAreRead(String text) {
    PostgresDsn d = PostgresDsn.parse(text);
    assertThat(d)
        .isEqualTo(
            new PostgresDsn(
                "db.example",
                5433,
                "me",
                new Secret("p@ss/"),
                "shop",
                Map.of("sslmode", "disable", "search_path", "a")));
    assertThat(d.toString()).doesNotContain("p@ss");
  }

  @Test
  void missingPartsHaveDefaults() {
    assertThat(PostgresDsn.parse("localhost").server()).isEqualTo("localhost:5432");
    assertThat(PostgresDsn.parse("[::1]:99/x").server()).isEqualTo("::1:99");
    assertThat(PostgresDsn.parse("user=me host=/run/postgresql").host())
        .isEqualTo("/run/postgresql");
    assertThat(PostgresDsn.parse("postgresql:///x?host=/run/postgresql").host())
        .isEqualTo("/run/postgresql");
  }

  @Test
  void rejectsInvalidDsnWithoutShowingPassword() {
    assertThatThrownBy(() -> PostgresDsn.parse("host=x password='abc"))
        .hasMessage("the quote of password is not closed");
    assertThatThrownBy(() -> PostgresDsn.parse("postgres://u:abc@h:port/x"))
        .hasMessage("\"port\" is not a port");
    assertThatThrownBy(() -> PostgresDsn.parse("host=a,b user=x"))
        .hasMessageContaining("several hosts");
  }

  @Test
  void rangesOfVersions() {
    assertThat(VersionRange.parse("").contains(150020)).isTrue();
    assertThat(VersionRange.parse(">=10.0.0 <15.0.0").contains(140001)).isTrue();
    assertThat(VersionRange.parse(">=10.0.0 <15.0.0").contains(150020)).isFalse();
    assertThat(VersionRange.parse("9.6.x || >= 15.0.0").contains(90624)).isTrue();
    assertThat(VersionRange.parse("!=9.6.x").contains(90624)).isFalse();
    assertThatThrownBy(() -> VersionRange.parse("new"))
        .hasMessageContaining("is not a version range");
  }
}
