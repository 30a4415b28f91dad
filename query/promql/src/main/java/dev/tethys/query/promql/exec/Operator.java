package dev.tethys.query.promql.exec;

import org.jspecify.annotations.Nullable;

/**
 * A step of a plan: returns series over the steps of a grid. An operator implements {@link
 * #compute}, or {@link #open} when its series can be computed one at a time.
 *
 * <p>Immutable once planned, so that a plan can be run again.
 */
public abstract class Operator implements PlanStep {
  private @Nullable Origin origin;

  @Override
  public final @Nullable Origin origin() {
    return origin;
  }

  /** Sets its place in the query, if it has none; must be called before it runs. */
  public final void origin(@Nullable Origin o) {
    if (origin == null) {
      origin = o;
    }
  }

  /** Evaluates the operator; the result is never null and contains no empty series. */
  public Block evaluate(Execution x, Grid grid) {
    x.check();
    if (grid.steps() == 0) {
      return Block.EMPTY;
    }
    x.check(grid);
    Profile p = x.profile();
    long before = x.holders().unfinished(x.heldBytes());
    try {
      Block b = p == null ? compute(x, grid) : p.evaluate(this, x, grid);
      x.holders().recordBlock(this, b);
      return b;
    } catch (MemoryLimitException e) {
      if (!e.isBlamed()) {
        x.holders().blame(e, this, x.holders().unfinished(x.heldBytes()) - before);
      }
      throw e;
    }
  }

  Block compute(Execution x, Grid grid) {
    SeriesStream s = open(x, grid);
    if (s == null) {
      throw new IllegalStateException(getClass() + " gives neither a block nor a stream");
    }
    try (s) {
      return Streams.collect(x, grid, s);
    }
  }

  /**
   * Opens a stream that computes the series one at a time, or returns null if that is not possible.
   */
  @Nullable SeriesStream open(Execution x, Grid grid) {
    return null;
  }

  /** Streams the series one at a time, from a finished block if necessary. */
  final SeriesStream stream(Execution x, Grid grid) {
    x.check();
    x.check(grid);
    Profile p = x.profile();
    SeriesStream s = grid.steps() == 0 ? null : p == null ? open(x, grid) : p.open(this, x, grid);
    return s != null ? s : Streams.of(x, evaluate(x, grid));
  }

  /**
   * Whether computing a series may add annotations, so that unused series must also be computed.
   */
  boolean remarks() {
    return true;
  }

  /** Whether the result is a scalar: one series without labels, a float at every step. */
  public boolean isScalar() {
    return false;
  }

  /** Variant of this operator whose result is only written as a response. */
  public Operator forAnswer() {
    return this;
  }

  /** Returns the values of a scalar by step. */
  final double[] scalar(Execution x, Grid grid) {
    Block b = evaluate(x, grid);
    double[] v = b.column(0).values();
    x.release(b);
    return v;
  }
}
