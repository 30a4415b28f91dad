package dev.tethys.query.promql.exec;

/**
 * Finds the samples that a window adds to the previous window when both start with the same sample:
 * sums in sample order are then continued instead of restarted. This also holds for windows that
 * start before the first sample.
 */
final class GrowingWindow {
  private int from = -1;
  private int to;

  /**
   * Moves to a window {@code [f, t)} that is not empty.
   *
   * @return first sample that is new in it; {@code f} if sums restart
   */
  int reach(int f, int t) {
    int begin = f == from && t >= to ? to : f;
    from = f;
    to = t;
    return begin;
  }

  /** Forgets the window: the next one starts from zero. */
  void leave() {
    from = -1;
  }
}
