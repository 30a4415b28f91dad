package dev.tethys.query.promql.exec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.query.promql.QueryException;
import org.junit.jupiter.api.Test;

/** Memory that all queries share, and what of it is kept for rules. */
class MemoryBudgetTest {
  @Test
  void whatIsKeptForRulesIsNotGivenToOthers() {
    MemoryBudget b = new MemoryBudget(100, 40);
    b.reserve(60, false);
    assertThatThrownBy(() -> b.reserve(1, false))
        .isInstanceOf(QueryException.class)
        .hasMessageContaining("61 bytes, more than the 60 of query.max-memory-bytes");
    assertThat(b.used()).as("a refusal holds nothing").isEqualTo(60);
    assertThatCode(() -> b.reserve(40, true)).doesNotThrowAnyException();
    assertThatThrownBy(() -> b.reserve(1, true)).isInstanceOf(QueryException.class);
    b.release(100);
    assertThat(b.used()).isZero();
  }

  @Test
  void atMostHalfIsKeptAndNoLimitIsNone() {
    MemoryBudget b = new MemoryBudget(100, 1000);
    b.reserve(50, false);
    assertThatThrownBy(() -> b.reserve(1, false)).isInstanceOf(QueryException.class);
    MemoryBudget none = new MemoryBudget(0, 10);
    none.reserve(Long.MAX_VALUE / 2, false);
    assertThat(none.used()).isPositive();
  }
}
