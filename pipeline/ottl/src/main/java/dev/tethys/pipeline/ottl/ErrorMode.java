package dev.tethys.pipeline.ottl;

import java.util.Locale;

/** Handling of evaluation errors. */
public enum ErrorMode {
  /** Errors are logged and counted, and the next statement runs. A failing condition is false. */
  IGNORE,
  /** Same as {@link #IGNORE}, but errors are only counted. */
  SILENT,
  /** Errors are rethrown, and the entire batch fails. */
  PROPAGATE;

  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
