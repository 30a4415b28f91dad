package dev.tethys.query.promql.exec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.guard.MemoryBudget;
import dev.tethys.model.guard.MemoryShare;
import dev.tethys.model.guard.MemoryUse;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.QueryException.Kind;
import org.junit.jupiter.api.Test;

/** Memory that all queries share, and what of it is kept for rules. */
class QueryMemoryBudgetTest {
  private static MemoryBudget budget(long total, long ofRules, boolean hasHeap) {
    return new MemoryBudget(
        total,
        use ->
            switch (use) {
              case METRIC_QUERIES -> new MemoryBudget.Size(total - ofRules, total - ofRules);
              case RULES -> new MemoryBudget.Size(ofRules, total);
              case CACHES -> new MemoryBudget.Size(0, total);
              default -> MemoryBudget.Size.NONE;
            },
        () -> hasHeap);
  }

  private static QueryMemoryBudget queries(MemoryBudget of) {
    MemoryShare rules = of.share(MemoryUse.RULES);
    return new QueryMemoryBudget(of.share(MemoryUse.METRIC_QUERIES), rules, rules.guaranteed());
  }

  @Test
  void reservesMemoryOfRules() {
    QueryMemoryBudget b = queries(budget(100, 40, true));
    b.reserve(60, 0, false);
    assertThatThrownBy(() -> b.reserve(1, 0, false))
        .isInstanceOf(QueryException.class)
        .hasMessageContaining(
            "61 bytes, more than the 60 of query.max-memory-bytes without the 40 of"
                + " query.max-memory-bytes-rules");
    assertThat(b.used()).as("a refusal holds nothing").isEqualTo(60);
    assertThatCode(() -> b.reserve(40, 0, true)).doesNotThrowAnyException();
    assertThatThrownBy(() -> b.reserve(1, 0, true)).isInstanceOf(QueryException.class);
    b.release(60, false);
    b.release(40, true);
    assertThat(b.used()).isZero();
  }

  @Test
  void rulesBorrowFreeMemory() {
    QueryMemoryBudget b = queries(budget(100, 40, true));
    b.reserve(70, 0, true);
    assertThatCode(() -> b.reserve(30, 0, false)).doesNotThrowAnyException();
    assertThatThrownBy(() -> b.reserve(1, 70, true)).isInstanceOf(QueryException.class);
    assertThatCode(() -> b.reserve(30, 30, false))
        .as("guaranteed, although it was lent")
        .doesNotThrowAnyException();
  }

  @Test
  void largeQueryExceedsTheLimitAndSmallOneWaits() {
    QueryMemoryBudget b = queries(budget(100, 0, true));
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
  void fullHeapLeavesMemoryOnlyToRules() {
    MemoryBudget of = budget(100, 40, false);
    QueryMemoryBudget b = queries(of);
    assertThatThrownBy(() -> b.reserve(1, 0, false))
        .isInstanceOfSatisfying(
            QueryException.class, e -> assertThat(e.kind()).isEqualTo(Kind.OVERLOAD))
        .hasMessageContaining("the heap (-Xmx) is nearly full");
    assertThat(of.share(MemoryUse.CACHES).reserve(1)).isNotNull();
    b.reserve(1, 0, true);
    assertThat(b.used()).isEqualTo(1);
  }
}
