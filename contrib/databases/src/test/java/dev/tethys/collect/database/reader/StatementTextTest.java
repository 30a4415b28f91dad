package dev.tethys.collect.database.reader;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Shared;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class StatementTextTest {
  private static final JsonMapper JSON = JsonMapper.shared();

  @Test
  void equalsCorootsTexts() throws Exception {
    List<String> wrong = new ArrayList<>();
    int cases = 0;
    for (String line :
        Files.readAllLines(Shared.conformance("coroot/cluster-agent/sql-obfuscation.jsonl"))) {
      JsonNode n = JSON.readTree(line);
      String in = n.path("in").asString("");
      String out =
          switch (n.path("what").asString("")) {
            case "comments and strings" -> StatementText.withoutComments(in);
            case "lists" -> StatementText.shortenLists(in);
            default -> StatementText.normalize(in);
          };
      cases++;
      if (!out.equals(n.path("want").asString(""))) {
        wrong.add(n.path("id").asString("") + ": " + out);
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(cases).isGreaterThan(50);
  }

  @Test
  void normalizesStatements() {
    assertThat(StatementText.normalize("SELECT * FROM users WHERE id IN (1, 2,3) AND n='x''y';"))
        .isEqualTo("select * from users where id in ( ? ) and n = ?");
    assertThat(StatementText.normalize("insert into t values (1,'a'),(2,'b') -- by hand"))
        .isEqualTo("insert into t values ( ? )");
    assertThat(StatementText.normalize("select NULL,null, a::int from t"))
        .isEqualTo("select ?, ?, a from t");
  }

  @Test
  void removesStringsWithTags() {
    assertThat(StatementText.normalize("select $body$it's secret$body$ as a, $1"))
        .isEqualTo("select ? as a, ?");
    assertThat(StatementText.normalize("select $q$secret without end")).isEqualTo("select ?");
  }

  @Test
  void removesLiteralsThatAreCut() {
    for (String cut : List.of("select 'secret", "select e'secret\\", "select x'5ec", "/* secret")) {
      assertThat(StatementText.normalize(cut)).as(cut).doesNotContain("sec").doesNotContain("5ec");
    }
  }

  @Test
  void givesEqualFingerprintsToEqualShapes() {
    String a = StatementText.normalize("select * from t where id in (1,2,3)");
    String b = StatementText.normalize("SELECT *\n FROM t WHERE id IN ($1)");
    assertThat(StatementText.fingerprint(a)).isEqualTo(StatementText.fingerprint(b)).hasSize(16);
    assertThat(StatementText.fingerprint("x")).isNotEqualTo(StatementText.fingerprint(a));
  }

  @Test
  void boundsHostileTexts() {
    for (String part : List.of("(", "[", "$a", "'", "(?),", "values(", "/*", "1", "::", "e'")) {
      String text = part.repeat(1_000_000 / part.length());
      assertThat(StatementText.normalize(text).length())
          .as(part)
          .isLessThanOrEqualTo(3 * StatementText.MAX_LENGTH);
    }
  }
}
