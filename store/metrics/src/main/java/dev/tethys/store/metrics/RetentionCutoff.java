package dev.tethys.store.metrics;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import java.time.Duration;
import java.util.List;

/**
 * Time back to which samples are visible, by series, for one query. Exists only with retention
 * rules: without them complete blocks are removed instead.
 */
final class RetentionCutoff {
  /** Cutoff that hides nothing. */
  static final RetentionCutoff NONE =
      new RetentionCutoff(RetentionPolicy.DEFAULT, Long.MIN_VALUE, false);

  private final List<RetentionPolicy.Rule> rules;
  private final long[] floors; // of each rule; one more: of all other series
  private final long highest;

  private RetentionCutoff(RetentionPolicy policy, long newest, boolean rulesOnly) {
    rules = policy.rules();
    floors = new long[rules.size() + 1];
    long max = Long.MIN_VALUE;
    for (int i = 0; i < floors.length; i++) {
      Duration t = i < rules.size() ? rules.get(i).time() : policy.time();
      floors[i] =
          rules.isEmpty()
                  || t.isZero()
                  || newest < Long.MIN_VALUE / 2
                  || rulesOnly && i == rules.size()
              ? Long.MIN_VALUE
              : newest - t.toMillis();
      max = Math.max(max, floors[i]);
    }
    highest = max;
  }

  /**
   * Returns the retention cutoff of a policy.
   *
   * @param newest the newest sample of the store, {@link Long#MIN_VALUE} if there is none
   */
  static RetentionCutoff of(RetentionPolicy policy, long newest) {
    return policy.rules().isEmpty() ? NONE : new RetentionCutoff(policy, newest, false);
  }

  /** Cutoff of rules only: series without a rule expire with entire blocks. */
  static RetentionCutoff ofRules(RetentionPolicy policy, long newest) {
    return policy.rules().isEmpty() ? NONE : new RetentionCutoff(policy, newest, true);
  }

  /** Whether something at or after a time is hidden. */
  boolean hidesFrom(long time) {
    return highest > time;
  }

  /** Returns the oldest millisecond of a series that is shown. */
  long floor(Labels series) {
    for (int i = 0; i < rules.size(); i++) {
      if (Matcher.matchAll(rules.get(i).matchers(), series)) {
        return floors[i];
      }
    }
    return floors[rules.size()];
  }

  /** Returns the number of kinds of series: one for each rule, and one for all other series. */
  int kinds() {
    return floors.length;
  }

  /** Returns the oldest millisecond of a kind of series that is shown. */
  long floor(int kind) {
    return floors[kind];
  }
}
