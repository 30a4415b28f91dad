package dev.tethys.pipeline;

/** Waits for several outcomes and hands on the worst. */
final class JoinedReceipt implements Receipt {
  private final Receipt to;
  private int open; // guarded by this
  private Outcome worst = Outcome.ACCEPTED; // guarded by this

  JoinedReceipt(Receipt to, int ways) {
    if (ways < 1) {
      throw new IllegalArgumentException("a batch goes at least one way, not " + ways);
    }
    this.to = to;
    this.open = ways;
  }

  @Override
  public void settle(Outcome outcome) {
    Outcome result;
    synchronized (this) {
      if (open == 0) {
        throw new IllegalStateException("settled more often than the batch went ways");
      }
      worst = Outcome.worse(worst, outcome);
      if (--open > 0) {
        return;
      }
      result = worst;
    }
    to.settle(result);
  }
}
