package dev.tethys.control.rollout;

import dev.tethys.model.GoDurationText;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Conditions for a rollout to enter its next stage; a rollout that violates one is undone.
 *
 * @param applyTimeout time within which an agent must report that it applied the version, and for
 *     which it may be disconnected
 * @param soak time for which all agents of a stage are observed after they applied the version
 * @param maxLost largest rise of the share of items that are dropped or dead-lettered, 0 to 1
 * @param query PromQL of an alert: a rollout is undone while it has a result; "" for none
 * @param minItems fewest items that the agents of a stage must have taken before it is good; 0 for
 *     any
 * @param maxWait time for which a stage waits for them; then the rollout is paused
 * @param maxOutputChange largest relative change of the items or bytes of a signal passed to
 *     exporters for each one received; 0 for any
 * @param maxMemoryGrowth maximum relative growth of an agent's resident memory, if it also exceeds
 *     {@link #MEMORY_FLOOR}; 0 for no limit
 * @param maxQueueAge largest age of the oldest request in the queue of an exporter; 0 for any
 */
public record Guard(
    Duration applyTimeout,
    Duration soak,
    double maxLost,
    String query,
    long minItems,
    Duration maxWait,
    double maxOutputChange,
    double maxMemoryGrowth,
    Duration maxQueueAge) {
  /** Minimum number of items after which the share of lost items is compared. */
  static final long MIN_COMPARED = 20;

  /** The same, with more than half of the items lost. */
  static final long MIN_MOSTLY_LOST = 5;

  private static final int MAX_QUERY = 4096;
  private static final long MOST_ITEMS = 1_000_000_000;

  private static final Duration LONGEST = Duration.ofDays(1);

  public static final Guard DEFAULT =
      new Guard(
          Duration.ofSeconds(15),
          Duration.ofSeconds(10),
          0.01,
          "",
          100,
          Duration.ofMinutes(5),
          0,
          1,
          Duration.ZERO);

  /** Memory growth that is always allowed: a small process doubles its memory by starting. */
  static final long MEMORY_FLOOR = 256L << 20;

  public Guard {
    check("applyTimeout", applyTimeout);
    check("soak", soak);
    check("maxWait", maxWait);
    check("maxQueueAge", maxQueueAge);
    if (minItems < 0 || minItems > MOST_ITEMS) {
      throw new IllegalArgumentException(
          "minItems must be a number from 0 to " + MOST_ITEMS + ", not " + minItems);
    }
    if (query.length() > MAX_QUERY) {
      throw new IllegalArgumentException(
          "query has " + query.length() + " characters; at most " + MAX_QUERY);
    }
    if (!(maxOutputChange >= 0 && maxOutputChange <= 1000)) {
      throw new IllegalArgumentException(
          "maxOutputChange must be a number from 0 to 1000, such as 0.1, not " + maxOutputChange);
    }
    if (!(maxMemoryGrowth >= 0 && maxMemoryGrowth <= 1000)) {
      throw new IllegalArgumentException(
          "maxMemoryGrowth must be a number from 0 to 1000, such as 0.5, not " + maxMemoryGrowth);
    }
    if (!(maxLost >= 0 && maxLost <= 1)) {
      throw new IllegalArgumentException("maxLost must be a number from 0 to 1, not " + maxLost);
    }
  }

  private static void check(String name, Duration d) {
    if (d.isNegative() || d.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          name
              + " must be from 0s to 1d, not "
              + GoDurationText.of(TimeUnit.NANOSECONDS.convert(d)));
    }
  }
}
