package dev.tethys.query.promql.exec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.QueryException.Kind;
import org.junit.jupiter.api.Test;

/** Memory that all queries share, and what of it is kept for rules. */
class QueryMemoryBudgetTest {
  @Test
  void whatIsKeptForRulesIsNotGivenToOthers() {
    QueryMemoryBudget b = new QueryMemoryBudget(100, 40);
    b.reserve(60, 0, false);
    assertThatThrownBy(() -> b.reserve(1, 0, false))
        .isInstanceOf(QueryException.class)
        .hasMessageContaining("61 bytes, more than the 60 of query.max-memory-bytes");
    assertThat(b.used()).as("a refusal holds nothing").isEqualTo(60);
    assertThatCode(() -> b.reserve(40, 0, true)).doesNotThrowAnyException();
    assertThatThrownBy(() -> b.reserve(1, 0, true)).isInstanceOf(QueryException.class);
    b.release(100);
    assertThat(b.used()).isZero();
  }

  @Test
  void whatOthersHoldIsNoFaultOfTheQuery() {
    QueryMemoryBudget b = new QueryMemoryBudget(100, 0);
    b.reserve(80, 0, false);
    assertThatThrownBy(() -> b.reserve(30, 10, false))
        .isInstanceOfSatisfying(
            QueryException.class, e -> assertThat(e.kind()).isEqualTo(Kind.OVERLOAD))
        .hasMessageContaining("retry later");
    assertThatThrownBy(() -> b.reserve(30, 30, false))
        .isInstanceOfSatisfying(
            QueryException.class, e -> assertThat(e.kind()).isEqualTo(Kind.LIMIT));
  }

  @Test
  void aFullHeapLeavesMemoryToRulesOnly() {
    QueryMemoryBudget b = new QueryMemoryBudget(100, 40, () -> false);
    assertThatThrownBy(() -> b.reserve(1, 0, false))
        .isInstanceOfSatisfying(
            QueryException.class, e -> assertThat(e.kind()).isEqualTo(Kind.OVERLOAD))
        .hasMessageContaining("the heap (-Xmx) is nearly full");
    assertThat(b.tryReserve(1)).isFalse();
    b.reserve(1, 0, true);
    assertThat(b.used()).isEqualTo(1);
  }

  @Test
  void atMostHalfIsKeptAndNoLimitIsNone() {
    QueryMemoryBudget b = new QueryMemoryBudget(100, 1000);
    b.reserve(50, 0, false);
    assertThatThrownBy(() -> b.reserve(1, 0, false)).isInstanceOf(QueryException.class);
    QueryMemoryBudget none = new QueryMemoryBudget(0, 10);
    none.reserve(Long.MAX_VALUE / 2, 0, false);
    assertThat(none.used()).isPositive();
  }
}
