package dev.tethys.pipeline.ottl;

/** A compiled condition with its counters. Thread-safe. */
public final class Condition {
  private final String text;
  private final Truth test;
  private final Counts counts = new Counts();

  Condition(String text, Truth test) {
    this.text = text;
    this.test = test;
  }

  public String text() {
    return text;
  }

  /** Returns the number of items for which the condition held. */
  public long matched() {
    return counts.matched();
  }

  /** Returns the number of items for which the condition could not be evaluated. */
  public long errors() {
    return counts.errors();
  }

  /**
   * Whether it is true; false if it fails.
   *
   * @throws EvaluationException with its text if it fails and errors are propagated
   */
  public boolean holds(Cursor at, ErrorMode mode) {
    try {
      if (test.holds(at)) {
        counts.match();
        return true;
      }
    } catch (EvaluationException e) {
      counts.error(mode, text, e);
    }
    return false;
  }
}
