package dev.tethys.collect.database.reader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.collect.database.reader.ExplainableStatement.NotExplainable;
import org.junit.jupiter.api.Test;

final class ExplainableStatementTest {
  @Test
  void acceptsReadsAndWrites() throws Exception {
    assertThat(ExplainableStatement.of(" select 1 ;; "))
        .isEqualTo(new ExplainableStatement("select 1", false));
    assertThat(ExplainableStatement.of("/* app */ (SELECT 1) union (select 2)").writes()).isFalse();
    assertThat(ExplainableStatement.of("-- note\nWITH a AS (select 1) select * from a").writes())
        .isFalse();
    assertThat(ExplainableStatement.of("select ';' from a").text()).isEqualTo("select ';' from a");
    for (String write :
        new String[] {
          "insert into a values ($1)",
          "UPDATE a SET b = $1",
          "delete from a",
          "merge into a using b on c when matched then do nothing",
          "with x as (delete from a returning *) select * from x",
          "select * into b from a"
        }) {
      assertThat(ExplainableStatement.of(write).writes()).as(write).isTrue();
    }
  }

  @Test
  void rejectsAllElse() {
    for (String other :
        new String[] {
          "",
          ";",
          "create table a (b int)",
          "explain analyze delete from a",
          "analyze delete from a",
          "call f()",
          "do $$ begin end $$",
          "begin",
          "execute p",
          "select 1; drop table a",
          "select 1 /* ' */; delete from a",
          "select 'a'; delete from a --'",
          "select 1\0",
          "copy a to program 'x'",
          "vacuum",
          "select " + "1,".repeat(ExplainableStatement.MAX_LENGTH) + "1"
        }) {
      assertThatThrownBy(() -> ExplainableStatement.of(other))
          .as(other.length() > 99 ? "long" : other)
          .isInstanceOf(NotExplainable.class);
    }
  }
}
