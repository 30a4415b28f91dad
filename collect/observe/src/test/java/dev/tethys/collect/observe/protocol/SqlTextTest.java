package dev.tethys.collect.observe.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SqlTextTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "select * from t where a = 'x' and b=12.5e-3 | select * from t where a = ? and b=?",
        "select 'it''s', 'a\\'b', E'\\n', X'0f', t1.c2 from t1 | select ?, ?, ?, ?, t1.c2 from t1",
        "insert into t values (1, 'a', null), (2, 'b', $3) ; | insert into t values (?, ?, null),"
            + " (?)",
        "insert into t(a,b) values (1,2),(3,4), (5,6) returning id | insert into t(a,b) values (?)"
            + " returning id",
        "select 1 where x in (1,2,3) -- secret 5 | select ? where x in (?)",
        "/* hint 1 */ select   /*+ x */ a   from \"Quoted 1\" | select a from \"Quoted 1\"",
        "select $tag$ body ' $$ $tag$, $1, $$x$$ | select ?, $1, ?",
        "select -5, a-5, (-5), b = -1 | select -?, a-?, (?), b = ?",
        "select 'cut in the mid | select ?",
        "select ARRAY[1, 2, 3], 0xff, .5 | select ARRAY[?], ?, ?",
        "call p(?, ?, ?) | call p(?)",
      })
  void valuesAreReplaced(String sql, String wanted) {
    assertThat(SqlText.normalise(sql, false)).isEqualTo(wanted);
  }

  @Test
  void doubleQuotesAreValuesInMySql() {
    assertThat(SqlText.normalise("select \"a\" from `t 1` where b = \"x\\\"y\" # c 4", true))
        .isEqualTo("select ? from `t 1` where b = ?");
  }

  @Test
  void operationIsTheFirstWord() {
    assertThat(SqlText.operation("(select ? from t)")).isEqualTo("SELECT");
    assertThat(SqlText.operation("")).isEmpty();
  }

  /** No text of a literal survives, regardless of the text around it. */
  @Test
  void literalsNeverSurvive() {
    Random random = new Random(7);
    String[] parts = {
      "select", " ", "(", ")", ",", "=", "'SECRET'", "'SECRET''SECRET'", "E'\\'SECRET'", " 123456 ",
      "-", "$$SECRET$$", "$q$SECRET$q$", "\"name\"", "`n`", "--c\n", "/*SECRET*/", "1.5e10", "t.c",
          "$1",
      "x'", "'SECRET"
    };
    for (int i = 0; i < Integer.getInteger("tethys.tries", 300) * 10; i++) {
      StringBuilder sql = new StringBuilder();
      // An open literal only at the end: after one, the rest of the text is inside out.
      for (int k = random.nextInt(20); k > 0; k--) {
        sql.append(parts[random.nextInt(parts.length - 2)]);
      }
      sql.append(random.nextBoolean() ? " 'SECRET" : " ");
      String text = SqlText.normalise(sql.toString(), random.nextBoolean());
      assertThat(text).as(sql.toString()).doesNotContain("SECRET").doesNotContain("123456");
    }
  }
}
