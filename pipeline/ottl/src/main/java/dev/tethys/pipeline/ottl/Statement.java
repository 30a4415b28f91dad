package dev.tethys.pipeline.ottl;

import org.jspecify.annotations.Nullable;

/** A compiled statement with its counters. Thread-safe. */
public final class Statement {
  private final String text;
  private final OttlExpr editor;
  private final @Nullable Truth where;
  private final Counts counts = new Counts();

  Statement(String text, OttlExpr editor, @Nullable Truth where) {
    this.text = text;
    this.editor = editor;
    this.where = where;
  }

  public String text() {
    return text;
  }

  /** Returns the number of items for which the condition held. */
  public long matched() {
    return counts.matched();
  }

  /** Returns the number of items for which the statement could not be evaluated. */
  public long errors() {
    return counts.errors();
  }

  /**
   * Runs it for one item; whether its condition held.
   *
   * @throws EvaluationException with its text, when it fails and errors are propagated
   */
  public boolean run(Cursor at, ErrorMode mode) {
    try {
      if (where != null && !where.holds(at)) {
        return false;
      }
      counts.match();
      editor.get(at);
      return true;
    } catch (EvaluationException e) {
      counts.error(mode, text, e);
      return false;
    }
  }
}
