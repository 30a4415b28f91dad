package dev.tethys.store.metrics.internal.index;

/**
 * Values of one label that match an expression, as far as they were tested. Values are numbered in
 * order of arrival and never change, so that only new ones are tested. Thread-safe; of two
 * concurrent tests, the one that got further is kept.
 */
public final class ValueMatches {
  /**
   * Immutable state.
   *
   * @param tested number of tested values
   * @param met numbers of pairs whose value meets the expression, ascending
   * @param count number of elements in {@code met}
   */
  public record State(int tested, int[] met, int count) {}

  private volatile State state = new State(0, new int[0], 0);

  public State state() {
    return state;
  }

  /** Replaces a state by one with more information. */
  public synchronized void publish(State next) {
    if (next.tested > state.tested) {
      state = next;
    }
  }
}
