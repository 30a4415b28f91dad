package dev.tethys.control.fleet;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/**
 * Resident memory of the processes of agents in their last reports. A heap grows until it is
 * collected: the minimum of some reports is what a process requires, and their median is its usual
 * size.
 *
 * <p>Has an entry of bounded size for each agent that reported it. Not safe for concurrent use.
 */
public final class RecentMemory {
  /** Maximum number of reports kept; agents send two per second in the minute after a change. */
  private static final int KEPT = 40;

  /** Number of reports from which the usual memory is known. */
  public static final int FEWEST = 3;

  /** Number of last reports whose minimum counts. */
  public static final int LAST = 10;

  private static final class Reports {
    private final long[] bytes = new long[KEPT];
    private long count;
  }

  private final Map<UUID, Reports> agents = new HashMap<>();

  /** Adds a report; one with memory 0 is ignored. */
  void put(UUID agent, long bytes) {
    if (bytes > 0) {
      Reports r = agents.computeIfAbsent(agent, uid -> new Reports());
      r.bytes[(int) (r.count++ % KEPT)] = bytes;
    }
  }

  void remove(UUID agent) {
    agents.remove(agent);
  }

  /** Returns the median of the retained reports; 0 for fewer than {@link #FEWEST}. */
  long median(UUID agent) {
    Reports r = agents.get(agent);
    if (r == null || r.count < FEWEST) {
      return 0;
    }
    long[] sorted = Arrays.copyOf(r.bytes, (int) Math.min(r.count, KEPT));
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  /** Returns the minimum of the {@link #LAST} reports; 0 for fewer. */
  long least(UUID agent) {
    Reports r = agents.get(agent);
    if (r == null || r.count < LAST) {
      return 0;
    }
    long least = Long.MAX_VALUE;
    for (long i = r.count - LAST; i < r.count; i++) {
      least = Math.min(least, r.bytes[(int) (i % KEPT)]);
    }
    return least;
  }
}
