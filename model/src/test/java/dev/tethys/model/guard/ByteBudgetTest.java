package dev.tethys.model.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.guard.ByteBudget.OverBudgetException;
import dev.tethys.model.guard.ByteBudget.Reservation;
import org.junit.jupiter.api.Test;

class ByteBudgetTest {
  private final ByteBudget budget = new ByteBudget(100);

  @Test
  void whatOneHoldsIsNotThereForOthersUntilItIsGivenBack() {
    try (Reservation a = budget.open();
        Reservation b = budget.open()) {
      a.accept(60);
      b.accept(30);
      assertThatThrownBy(() -> b.accept(20))
          .isInstanceOfSatisfying(
              OverBudgetException.class, e -> assertThat(e.isTooLarge()).isFalse());
      assertThat(budget.inUse()).isEqualTo(90);
      a.close();
      b.accept(20);
      assertThat(budget.inUse()).isEqualTo(50);
    }
    assertThat(budget.inUse()).isZero();
  }

  @Test
  void whatIsMoreThanAllIsNotToBeSentAgain() {
    try (Reservation a = budget.open()) {
      a.accept(90);
      assertThatThrownBy(() -> a.accept(11))
          .isInstanceOfSatisfying(
              OverBudgetException.class, e -> assertThat(e.isTooLarge()).isTrue());
    }
    assertThat(budget.inUse()).isZero();
  }
}
