package dev.tethys.insight.deployments;

import java.util.Locale;

/** Judgement of the difference between two windows. */
public enum SignalJudgement {
  WORSE,
  BETTER,
  /** Differs, and neither direction is better. */
  CHANGED,
  SAME,
  /** Differs, but the day before it was the same at this hour. */
  USUAL,
  /** Neither window has data, or the query failed. */
  NOT_OBSERVED,
  /** Only one window has data. */
  ONE_SIDED,
  /** Was not there before. */
  NEW,
  /** Was there before and is more frequent. */
  GROWN;

  /** Name in responses. */
  public String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
