package dev.tethys.pipeline;

import java.util.function.BinaryOperator;

/** Waits for several outcomes and reports their combination. */
final class JoinedAckCallback implements AckCallback {
  private final AckCallback to;
  private final BinaryOperator<Outcome> join;
  private int open; // guarded by this
  private Outcome all = Outcome.ACCEPTED; // guarded by this

  JoinedAckCallback(AckCallback to, int ways, BinaryOperator<Outcome> join) {
    if (ways < 1) {
      throw new IllegalArgumentException("a batch goes at least one way, not " + ways);
    }
    this.to = to;
    this.join = join;
    this.open = ways;
  }

  @Override
  public void complete(Outcome outcome) {
    Outcome result;
    synchronized (this) {
      if (open == 0) {
        throw new IllegalStateException("settled more often than the batch went ways");
      }
      all = join.apply(all, outcome);
      if (--open > 0) {
        return;
      }
      result = all;
    }
    to.complete(result);
  }
}
