package dev.tethys.codec.sql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.sql.SqlDialect.Backslash;
import dev.tethys.codec.sql.SqlDialect.DoubleQuotes;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SqlTextTest {
  private static final Map<String, SqlDialect> DIALECTS =
      Map.ofEntries(
          Map.entry("pg", SqlDialect.POSTGRESQL),
          Map.entry("pg off", SqlDialect.postgresql(Backslash.ESCAPE)),
          Map.entry("pg ?", SqlDialect.postgresql(Backslash.UNKNOWN)),
          Map.entry("my", SqlDialect.MYSQL),
          Map.entry("my no", SqlDialect.mysql(Backslash.TEXT, DoubleQuotes.UNKNOWN)),
          Map.entry("my ansi", SqlDialect.mysql(Backslash.ESCAPE, DoubleQuotes.NAME)),
          Map.entry("my ?", SqlDialect.mysql(Backslash.UNKNOWN, DoubleQuotes.UNKNOWN)),
          Map.entry("ms", SqlDialect.SQL_SERVER),
          Map.entry("ora", SqlDialect.ORACLE),
          Map.entry("lite", SqlDialect.SQLITE),
          Map.entry("ch", SqlDialect.CLICKHOUSE),
          Map.entry("cql", SqlDialect.CASSANDRA),
          Map.entry("?", SqlDialect.UNKNOWN));

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "pg | select * from t where a = 'x' and b=12.5e-3 | select * from t where a = ? and b=?",
        "pg | select 'it''s', E'\\n', X'0f', t1.c2 from t1 | select ?, ?, ?, t1.c2 from t1",
        "pg | insert into t values (1, 'a', null), (2, 'b', $3) ; | insert into t values (?, ?, null), (?)",
        "pg | insert into t(a,b) values (1,2),(3,4), (5,6) returning id | insert into t(a,b) values (?) returning id",
        "pg | select 1 where x in (1,2,3) -- secret 5 | select ? where x in (?)",
        "pg | /* hint 1 */ select   /*+ x */ a   from \"Quoted 1\" | select a from \"Quoted 1\"",
        "pg | select $tag$ body ' $$ $tag$, $1, $$x$$ | select ?, $1, ?",
        "pg | select -5, a-5, (-5), b = -1 | select -?, a-?, (?), b = ?",
        "pg | select 'cut in the mid | select ?",
        "pg | select ARRAY[1, 2, 3], 0xff, .5 | select ARRAY[?], ?, ?",
        "pg | call p(?, ?, ?) | call p(?)",
        // a backslash stands for itself
        "pg | select 'C:\\', 'SECRET' , a from t | select ?, ? , a from t",
        "pg off | select 'a\\', SECRET' , a from t | select ? , a from t",
        "pg ? | select 'C:\\', 'SECRET', a from t | select ?",
        "pg ? | select 'C:\\\\', 'SECRET', a from t | select ?, ?, a from t",
        "pg ? | select 'C:\\x', 'SECRET', a from t | select ?, ?, a from t",
        "pg | select E'a\\', SECRET', e'\\\\', a | select ?, ?, a",
        "pg | select U&'d\\0061t' UESCAPE '!', U&\"x\", N'SECRET' | select ? UESCAPE ?, U&\"x\", ?",
        "pg | select $t1$SECRET$t1$, $_2b$ $t1$ SECRET $_2b$, a$b$c from t | select ?, ?, a$b$c from t",
        "pg | select $ä1$SECRET$ä1$, 1 | select ?, ?",
        "pg | select a /* x /* SECRET */ 'SECRET */ */ , c | select a */ , c",
        "pg | select a /* x /* SECRET */ 'SECRET | select a",
        "pg | select b'0101', 1_000, 0o17, 5e, 1.e5, date'2020-01-01' | select ?, ?, ?, ?, ?, date?",
        "pg | select \"a\"\"b\", \"never SECRET | select \"a\"\"b\", ?",
        "pg | select $cut | select ?",
        "pg | select id = 550e8400-e29b-41d4-a716-446655440000 | select id = ?",
        "pg | select a #> '{SECRET}', b->>'SECRET', 5--SECRET | select a #> ?, b->>?, ?",
        // sql_mode
        "my | select \"a\" from `t``1` where b = 'x\\'SECRET' # SECRET | select ? from `t``1` where b = ?",
        "my | select 5--3, 'a' -- 'SECRET | select ?-?, ?",
        "my | select /*!50000 'SECRET*/SECRET', */ a /* x /* y */, b | select ?, a , b",
        "my | select x'4D', X'4D', 0x4D, b'1', _utf8mb4'SECRET', n'SECRET', @'SECRET' | select ?, ?, ?, ?, _utf8mb4?, ?, @?",
        "my no | select 'C:\\', 'SECRET', \"C:\\\", \"SECRET\", a | select ?, ?, ?, ?, a",
        "my ? | select 'C:\\', 'SECRET', a | select ?",
        "my ? | select \"a\\\" SECRET\", a | select ?",
        "my ansi | select \"name\", 'a\\'SECRET' | select \"name\", ?",
        "my | select '\uFFFD\\', 'SECRET' | select ?",
        "ms | select [a 1], [b]]c], N'SECRET' /* /* SECRET */ SECRET */ , \"SECRET\", $5.00 | select [a 1], [b]]c], ? , ?, $?",
        "ms | select [it's], N'SECRET' | select [it's], ?",
        "ms | select[a's], [b, \"c] from t where b = 'SECRET' | select[a's], [b, \"c] from t where b = ?",
        "ms | select [no end 'SECRET | select ?",
        "lite | select [it's], 'SECRET' | select [it's], ?",
        "? | select [it's], 'SECRET' | select ?",
        "? | select [a], 'SECRET' | select [a], ?",
        "ora | select q'[it's SECRET]', nq'!SECRET's!', a$b from dual | select ?, ?, a$b from dual",
        "ora | select 'C:\\', 'SECRET' from \"T\" | select ?, ? from \"T\"",
        "lite | select \"SECRET\", x'ab', [a b] from t | select ?, ?, [a b] from t",
        "ch | select 'a\\'SECRET', \"b\\\"SECRET\", $h$ SECRET $h$, # SECRET | select ?, ?, ?,",
        "ch | select 1 /* /* SECRET */ SECRET */ | select ? ?",
        "cql | select a from t where k = 0xcafe and v = $$SECRET's$$ // SECRET | select a from t where k = ? and v = ?",
        "? | select 'C:\\', 'SECRET' | select ?",
        "? | select a # SECRET | select a ?",
        "? | select /* /* SECRET */ SECRET */ b | select ?",
        "? | select q'[it's SECRET]' | select ?",
      })
  void valuesAreReplaced(String dialect, String sql, String wanted) {
    SqlDialect d = Objects.requireNonNull(DIALECTS.get(dialect));
    assertThat(SqlText.normalised(sql, d)).isEqualTo(wanted);
    assertThat(SqlText.masked(sql, d)).doesNotContain("SECRET");
    assertThat(SqlText.withoutValues(sql, d)).doesNotContain("SECRET");
  }

  @Test
  void mysqlDashesNeedWhitespaceToStartAComment() {
    assertThat(SqlText.normalised("select 5--'SECRET\n SECRET', c", SqlDialect.MYSQL))
        .isEqualTo("select ?-?, c");
    assertThat(SqlText.normalised("select 5--'SECRET\n SECRET', c", SqlDialect.UNKNOWN))
        .isEqualTo("select ??");
    assertThat(SqlText.normalised("select 5-- 'SECRET\n c", SqlDialect.MYSQL))
        .isEqualTo("select ? c");
  }

  @Test
  void keepsLayout() {
    String sql = "SELECT a1,\n  \"B2\" FROM t WHERE x = 'y' AND z = true LIMIT $1 /* c */";
    assertThat(SqlText.withoutValues(sql, SqlDialect.POSTGRESQL))
        .isEqualTo("SELECT a1,\n  \"B2\" FROM t WHERE x = ? AND z = true LIMIT $1 ");
    assertThat(SqlText.masked(sql, SqlDialect.POSTGRESQL))
        .isEqualTo("SELECT a?,\n  \"B?\" FROM t WHERE x = ? AND z = ? LIMIT ?");
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
    String[] both = {
      "select",
      " ",
      "(",
      ")",
      ",",
      "=",
      "'SECRET'",
      "'SECRET''SECRET'",
      " 123456 ",
      "-",
      "'\\\\'",
      "`n`",
      "-- c\n",
      "/*SECRET*/",
      "1.5e10",
      "t.c",
      " x'5345'",
      " N'SECRET'",
      "[",
      "]",
      "'SECRET\\n'"
    };
    String[] postgresql = {
      " E'\\'SECRET'",
      "'C:\\'",
      " $$SECRET$$",
      " $q1$SECRET$ ' $q1$",
      "\"name\"",
      "--c 'SECRET\n",
      "/*SECRET/*'*/SECRET*/",
      "$1",
      " U&'\\0061SECRET'",
      "#",
      "a$b"
    };
    String[] mysql = {
      "'\\'SECRET'",
      "\"SECRET\"",
      "\"'SECRET\"",
      "# 'SECRET\n",
      "/* /* 'SECRET */",
      "/*!40101 'SECRET' */",
      "--",
      " _latin1'SECRET'",
      "@"
    };
    for (int i = 0; i < Integer.getInteger("tethys.tries", 300) * 20; i++) {
      boolean my = random.nextBoolean();
      String[] own = my ? mysql : postgresql;
      StringBuilder sql = new StringBuilder();
      for (int k = random.nextInt(20); k > 0; k--) {
        String[] from = random.nextBoolean() ? own : both;
        // Two quotes without a space between them would be one in a literal.
        sql.append(from[random.nextInt(from.length)]).append(' ');
      }
      // An open literal only at the end: after one, the rest of the text is inside out.
      sql.append(random.nextBoolean() ? " 'SECRET" : " ");
      String text = sql.toString();
      SqlDialect exact = my ? SqlDialect.MYSQL : SqlDialect.POSTGRESQL;
      SqlDialect unsure = DIALECTS.get(my ? "my ?" : "pg ?");
      for (SqlDialect d : new SqlDialect[] {exact, unsure, SqlDialect.UNKNOWN}) {
        assertThat(SqlText.normalised(text, d) + SqlText.masked(text, d))
            .as("%s %s", text, d)
            .doesNotContain("SECRET")
            .doesNotContain("123456");
      }
    }
  }
}
