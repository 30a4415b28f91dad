package dev.tethys.control.automation;

import dev.tethys.control.automation.ActionRetries.Attempt;
import dev.tethys.control.automation.ActionRetries.Retry;
import dev.tethys.control.automation.StepLog.Step;
import dev.tethys.pipeline.Scheduler;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;

/**
 * Failed attempts of actions, which are repeated, or noted as final. Guarded by {@link Automation}.
 */
record FailedAttempts(ActionRetries retries, CoolDowns coolDowns, StepLog steps, Scheduler clock) {
  /** End of the error for a rollout that waits for its version, while a state lasts. */
  static final String AWAITED = "; it is rolled out once it exists, while the event lasts";

  /** Converts a monotonic due time to Unix milliseconds. */
  long starts(long due) {
    return clock.millis() + Math.max(0, (due - clock.nanos()) / 1_000_000);
  }

  /**
   * Records a failed attempt, and keeps the next one for its time.
   *
   * @param done loses its id after the last attempt, so that a repeated message retries
   */
  Step tryLater(Attempt attempt, String word, String target, String error, Set<String> done)
      throws IOException {
    Duration pause = ActionRetries.pause(attempt.number());
    String text = error + " (attempt " + attempt.number() + " of " + ActionRetries.ATTEMPTS + ")";
    if (pause == null || !retries.hasRoom(attempt.id())) {
      return giveUp(attempt, word, target, text, done);
    }
    long due = clock.nanos() + pause.toNanos();
    retries.put(new Retry(attempt.next(), word, target, text, due));
    return steps.fail(
        attempt.rule().name(), attempt.alert(), word, target, "failed", text, starts(due));
  }

  /** Records that a version to roll out is missing, and keeps the attempt until it exists. */
  Step awaitVersion(Attempt attempt, String word, String target, String error) throws IOException {
    Attempt next = attempt.number() == 1 ? attempt.next() : attempt; // in the same cool-down
    retries.put(new Retry(next, word, target, error, clock.nanos()));
    return steps.fail(attempt.rule().name(), attempt.alert(), word, target, error);
  }

  /** Records that an action is not retried. */
  Step giveUp(Attempt attempt, String word, String target, String error, Set<String> done)
      throws IOException {
    done.remove(attempt.id());
    coolDowns.end(attempt.id());
    retries.remove(attempt);
    return steps.fail(attempt.rule().name(), attempt.alert(), word, target, error);
  }
}
