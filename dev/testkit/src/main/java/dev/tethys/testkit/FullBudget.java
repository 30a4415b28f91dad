package dev.tethys.testkit;

import dev.tethys.model.guard.ByteBudget;
import java.util.ArrayList;
import java.util.List;

/** Uses up the memory for received requests, including the part reserved for small ones. */
public final class FullBudget implements AutoCloseable {
  private final List<ByteBudget.Reservation> all = new ArrayList<>();

  /**
   * Reserves memory of the process.
   *
   * @param remaining bytes that are left
   */
  public FullBudget(long remaining) {
    ByteBudget budget = ByteBudget.process();
    long left = budget.total() - budget.inUse() - remaining;
    while (left > 0) {
      long some = Math.min(left, budget.smallLimit());
      ByteBudget.Reservation r = budget.open();
      r.accept(some);
      all.add(r);
      left -= some;
    }
  }

  @Override
  public void close() {
    all.forEach(ByteBudget.Reservation::close);
  }
}
