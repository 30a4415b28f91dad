package dev.tethys.collect.database.reader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class StatementPlanTest {
  private static String plan(String condition, double cost, String index) {
    return "[{\"Plan\": {\"Node Type\": \"Index Scan\", \"Parallel Aware\": false, \"Index Name\":"
        + " \""
        + index
        + "\", \"Relation Name\": \"orders 2024\", \"Total Cost\": "
        + cost
        + ", \"Index Cond\": \""
        + condition
        + "\"}}]";
  }

  @Test
  void removesLiteralsAndKeepsNames() {
    StatementPlan p =
        StatementPlan.of(plan("((name = 'O''Brien'::text) AND (id > 42) AND (x = $1))", 8.3, "i1"));
    assertThat(p.json())
        .contains("((name = ?::text) AND (id > ?) AND (x = $1))")
        .contains("\"Relation Name\" : \"orders 2024\"")
        .contains("8.3")
        .doesNotContain("Brien", "42", "Parallel Aware");
  }

  @Test
  void removesLiteralsOfMysql() {
    StatementPlan p =
        StatementPlan.of(
            "{\"query_block\": {\"cost_info\": {\"query_cost\": \"1.25\"}, \"table\":"
                + " {\"table_name\": \"t9\", \"attached_condition\": \"(`shop`.`t9`.`item` ="
                + " 'it\\\\'s secret') and (`n` > -17.5e3)\"}}}");
    assertThat(p.json())
        .contains("(`shop`.`t9`.`item` = ?) and (`n` > ?)", "\"1.25\"", "\"t9\"")
        .doesNotContain("secret", "17");
  }

  @Test
  void dropsAStringWithoutEnd() {
    assertThat(StatementPlan.withoutLiterals("a = 'cut off here")).isEqualTo("a = ?");
  }

  @Test
  void hashesTheShapeWithoutFigures() {
    StatementPlan p = StatementPlan.of(plan("(id = 1)", 8.3, "i1"));
    assertThat(StatementPlan.of(plan("(id = 222)", 99, "i1")).hash()).isEqualTo(p.hash());
    assertThat(StatementPlan.of(plan("(id = 1)", 8.3, "i2")).hash()).isNotEqualTo(p.hash());
  }

  @Test
  void rejectsWhatIsNotAPlan() {
    for (String hostile :
        new String[] {
          "",
          "no",
          "[1, 2]",
          "[".repeat(100_000),
          "{\"a\":".repeat(5000),
          " ".repeat(StatementPlan.MAX_ANSWER + 1)
        }) {
      assertThatThrownBy(() -> StatementPlan.of(hostile))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("plan");
    }
  }

  @Test
  void cutsALargePlan() {
    StatementPlan p = StatementPlan.of("{\"a\": [" + "\"Seq Scan\", ".repeat(20_000) + "\"x\"]}");
    assertThat(p.json()).hasSizeLessThan(StatementPlan.MAX_LENGTH + 100).contains("… cut at");
  }
}
