package dev.tethys.pipeline;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.function.BinaryOperator;
import org.jspecify.annotations.Nullable;

/** Waits for several outcomes and reports their combination. */
final class JoinedAckCallback implements AckCallback {
  private final AckCallback to;
  private final BinaryOperator<Outcome> join;
  private final @Nullable Runnable repeats;

  @GuardedBy("this")
  private int open;

  @GuardedBy("this")
  private boolean taken; // by one of the destinations

  @GuardedBy("this")
  private Outcome all = Outcome.ACCEPTED;

  JoinedAckCallback(AckCallback to, int ways, BinaryOperator<Outcome> join) {
    this(to, ways, join, null);
  }

  JoinedAckCallback(
      AckCallback to, int ways, BinaryOperator<Outcome> join, @Nullable Runnable repeats) {
    if (ways < 1) {
      throw new IllegalArgumentException("a batch requires at least one destination, not " + ways);
    }
    this.to = to;
    this.join = join;
    this.repeats = repeats;
    this.open = ways;
  }

  @Override
  public void complete(Outcome outcome) {
    Outcome result;
    boolean isTaken;
    synchronized (this) {
      if (open == 0) {
        throw new IllegalStateException("settled more often than the batch has branches");
      }
      all = join.apply(all, outcome);
      taken |= outcome instanceof Outcome.Accepted;
      if (--open > 0) {
        return;
      }
      result = all;
      isTaken = taken;
    }
    if (repeats != null && isTaken && result instanceof Outcome.Unavailable) {
      repeats.run();
    }
    to.complete(result);
  }
}
