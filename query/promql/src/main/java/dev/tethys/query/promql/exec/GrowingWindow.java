package dev.tethys.query.promql.exec;

/**
 * Tells which samples of a window are new since the window before it, when both begin with the same
 * sample: sums that are taken in the order of the samples then go on instead of beginning anew. So
 * do windows that reach back before the first sample there is.
 */
final class GrowingWindow {
  private int from = -1;
  private int to;

  /**
   * Goes to a window {@code [f, t)} that is not empty; the first sample that is new in it, which is
   * {@code f} when sums are to begin anew.
   */
  int reach(int f, int t) {
    int begin = f == from && t >= to ? to : f;
    from = f;
    to = t;
    return begin;
  }

  /** Forgets the window: the next begins anew. */
  void leave() {
    from = -1;
  }
}
