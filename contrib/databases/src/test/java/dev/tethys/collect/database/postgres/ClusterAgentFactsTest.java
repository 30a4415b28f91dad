package dev.tethys.collect.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Shared;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Addresses and versions are read as Coroot's cluster agent reads them. */
class ClusterAgentFactsTest {
  private static List<JsonNode> cases(String what) throws Exception {
    List<JsonNode> out = new ArrayList<>();
    for (String line : Files.readAllLines(Shared.conformance("coroot/cluster-agent/misc.jsonl"))) {
      JsonNode n = JsonMapper.shared().readTree(line);
      if (n.path("what").asString("").equals(what)) {
        out.add(n);
      }
    }
    assertThat(out).isNotEmpty();
    return out;
  }

  @Test
  void readsThePrimaryOfAStandby() throws Exception {
    for (JsonNode n : cases("primary_conninfo")) {
      String in = n.path("in").asString("");
      assertThat(PrimaryAddress.parse(in))
          .as(in)
          .isEqualTo(
              new PrimaryAddress(n.path("host").asString("?"), n.path("port").asString("?")));
    }
  }

  @Test
  void readsVersions() throws Exception {
    for (JsonNode n : cases("server version")) {
      PostgresVersion v = PostgresVersion.parse(n.path("in").asString(""));
      assertThat(v.text()).isEqualTo(n.path("shown").asString(""));
      assertThat(v.numbers()).isEqualTo(n.path("semver").asString(""));
    }
  }

  @Test
  void replacesTheDatabaseOfAnAddress() throws Exception {
    for (JsonNode n : cases("database replaced in a DSN")) {
      assertThat(
              PostgresDsn.parse(n.path("in").asString(""))
                  .withDatabase(n.path("database").asString("")))
          .isEqualTo(PostgresDsn.parse(n.path("want").asString("")));
    }
  }

  @Test
  void comparesVersions() {
    PostgresVersion v = PostgresVersion.parse("17.2 (Debian 17.2-1)");
    assertThat(v.isFrom(17, 0)).isTrue();
    assertThat(v.isFrom(17, 3)).isFalse();
    assertThat(v.isFrom(18, 0)).isFalse();
    assertThat(PrimaryAddress.parse("user=a password='x host=evil' host=db port=1").host())
        .isNotEmpty();
  }

  @Test
  void readsSettingsOfTables() {
    assertThat(
            PostgresTables.options(
                "autovacuum_enabled=off,autovacuum_vacuum_threshold=7,fillfactor=70"))
        .containsEntry("autovacuum_disabled", "1")
        .containsEntry("autovacuum_vacuum_threshold", "7")
        .containsEntry("autovacuum_analyze_threshold", "")
        .doesNotContainKey("fillfactor");
  }
}
