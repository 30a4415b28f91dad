package dev.tethys.store.traces.block;

import dev.tethys.model.traces.SpanRelation;

/**
 * Finds spans of a block that are descendants of others, by the rows of their parents. Not
 * thread-safe.
 */
public final class RelationScan {
  private final SpanBlock block;
  private final boolean anyDepth;
  private final long[] lower;
  private final long[] upper;
  private final int[] parents;
  private final long[] start;
  private final long[] idsHigh;
  private final long[] idsLow;

  /**
   * @param lower mask of the rows that may be below
   * @param upper mask of the rows that may be above
   */
  public RelationScan(SpanBlock block, long[] lower, long[] upper, boolean anyDepth) {
    this.block = block;
    this.lower = lower;
    this.upper = upper;
    this.anyDepth = anyDepth;
    parents = block.parentRow();
    start = block.start();
    idsHigh = block.idsHigh();
    idsLow = block.idsLow();
  }

  /** Passes on the traces with rows of a mask. */
  public void pass(SpanRelation.Consumer to) {
    int[] starts = block.traceStarts();
    int[] traces = block.rowTraces();
    for (int w = 0; w < lower.length; w++) {
      for (long bits = lower[w] | upper[w]; bits != 0; ) {
        int trace = traces[(w << 6) + Long.numberOfTrailingZeros(bits)];
        int end = starts[trace + 1];
        trace(trace, starts[trace], end, to);
        if (end >= (w + 1) << 6) { // continue in the word of the next trace
          w = (end >>> 6) - 1;
          bits = 0;
          if ((end & 63) != 0) {
            w++;
            bits = (lower[w] | upper[w]) & -1L << end;
          }
        } else {
          bits &= -1L << end;
        }
      }
    }
  }

  private static boolean has(long[] mask, int row) {
    return (mask[row >>> 6] >>> row & 1) != 0;
  }

  private void trace(int trace, int from, int end, SpanRelation.Consumer to) {
    long newest = Long.MIN_VALUE;
    boolean anyLower = false;
    boolean anyUpper = false;
    boolean holds = false;
    boolean endsOutside = false; // a line of parents leads out of the block
    for (int r = from; r < end; r++) {
      boolean isLower = has(lower, r);
      boolean isUpper = has(upper, r);
      if (isLower || isUpper) {
        newest = Math.max(newest, start[r]);
      }
      anyUpper |= isUpper;
      if (isLower && !holds) {
        anyLower = true;
        int above = above(r, end - from);
        holds = above >= 0;
        endsOutside |= above == SpanBlock.OUTSIDE;
      }
    }
    if (!holds && anyLower && anyUpper) {
      holds = endsOutside && anyDepth || has(block.ambiguous(), trace);
    }
    to.accept(idsHigh[trace], idsLow[trace], newest, holds);
  }

  /** Row of the upper mask that a row is below; negative if there is none. */
  private int above(int row, int most) {
    int at = parents[row];
    for (int i = 0; at >= 0 && i < most; i++) { // fewer than in a cycle
      if (has(upper, at)) {
        return at;
      }
      if (!anyDepth) {
        return SpanBlock.ROOT;
      }
      at = parents[at];
    }
    return at < 0 ? at : SpanBlock.ROOT;
  }
}
