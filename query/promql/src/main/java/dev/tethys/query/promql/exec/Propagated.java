package dev.tethys.query.promql.exec;

import dev.tethys.model.Matcher;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Matchers added to one side of an operation because the other side has them: series that do not
 * match them have no counterpart.
 *
 * @param left matchers added to the left side
 * @param right matchers added to the right side
 */
public record Propagated(List<Matcher> left, List<Matcher> right) {
  /** None. */
  public static final Propagated NONE = new Propagated(List.of(), List.of());

  /** Adds them to a description. */
  void describe(Description d) {
    describe(d, "propagatedLeft", left);
    describe(d, "propagatedRight", right);
  }

  private static void describe(Description d, String name, List<Matcher> matchers) {
    if (!matchers.isEmpty()) {
      d.with(name, matchers.stream().map(Matcher::toString).collect(Collectors.joining(", ")));
    }
  }

  /**
   * Thrown if the plan with propagated matchers cannot detect a possible error, so that the plan
   * without them must be run.
   */
  public static final class Undecided extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Undecided() {
      super("propagated matchers left nothing to match", null, false, false);
    }
  }
}
