package dev.tethys.control.rollout;

import org.jspecify.annotations.Nullable;

/** Check of the guard's PromQL query: it must have had no result since the rollout began. */
final class QueryCheck implements GuardCheck {
  private final Rollout r;
  private final @Nullable GuardQueries queries;

  /**
   * @param queries null without a Prometheus
   */
  QueryCheck(Rollout r, @Nullable GuardQueries queries) {
    this.r = r;
    this.queries = queries;
  }

  @Override
  public CheckResult answer() {
    if (r.guard.query().isEmpty() || r.reached.isEmpty()) {
      return CheckResult.PASS;
    }
    GuardQueries.Answer answer =
        queries == null
            ? GuardQueries.Answer.error("there is no --prometheus.url", 0)
            : queries.answer(r.guard.query());
    long since = r.reached.values().iterator().next().sinceNanos;
    boolean fresh = answer.nanos() - since > 0; // or it may be of another rollout
    if (fresh && !answer.violation().isEmpty()) {
      return CheckResult.undo("the query of the guard has a result: " + answer.violation());
    }
    if (!answer.error().isEmpty()) {
      return CheckResult.await("the query of the guard has no answer: " + answer.error());
    }
    // Without a response since the last agent applied it, no further agents are reached.
    return answer.nanos() - r.lastApplied() > 0 ? CheckResult.PASS : CheckResult.await("");
  }
}
