package dev.tethys.control.rollout;

/**
 * Outcome of one check of a rollout's guard: undo the rollout, wait, or pass.
 *
 * @param reason why, as users read it; "" for a response that needs none
 * @param limited whether the guard's {@code maxWait} limits a wait: the check lacks evidence, and a
 *     user may decide in its place
 */
record CheckResult(Answer answer, String reason, boolean limited) {
  enum Answer {
    /** The agents return to the version they had before. */
    UNDO,
    /** No further agents are reached. */
    WAIT,
    PASS
  }

  static final CheckResult PASS = new CheckResult(Answer.PASS, "", false);

  static CheckResult undo(String reason) {
    return new CheckResult(Answer.UNDO, reason, false);
  }

  /** Creates a result that waits without a separate limit. */
  static CheckResult await(String reason) {
    return new CheckResult(Answer.WAIT, reason, false);
  }

  /** Creates a result that waits for evidence, limited by {@code maxWait}. */
  static CheckResult awaitEvidence(String reason) {
    return new CheckResult(Answer.WAIT, reason, true);
  }

  /** Undoes for the first reason, waits for evidence for the second, and passes without either. */
  static CheckResult of(String problem, String undecided) {
    if (!problem.isEmpty()) {
      return undo(problem);
    }
    return undecided.isEmpty() ? PASS : awaitEvidence(undecided);
  }

  boolean isUndo() {
    return answer == Answer.UNDO;
  }

  boolean isPass() {
    return answer == Answer.PASS;
  }
}
