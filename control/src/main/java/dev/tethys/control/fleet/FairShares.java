package dev.tethys.control.fleet;

import java.util.HashMap;
import java.util.Map;

/**
 * Divides an amount among agent tokens. Half of it is reserved in equal parts for the tokens; the
 * other half goes to whichever requests it first. Not thread-safe.
 *
 * <p>Invariant: {@code used} is the sum over tokens, and with the reserve for tokens that use less
 * than their part at most the limit.
 */
final class FairShares {
  private final long limit;
  private final long part;
  private final Map<String, Long> byToken = new HashMap<>();
  private long used;

  /** Reserved parts not yet used by their tokens. */
  private long unused;

  /**
   * Divides a limit among tokens.
   *
   * @param tokens number of tokens, at least 1; without a part each if there are more than the
   *     limit
   */
  FairShares(long limit, int tokens) {
    this.limit = limit;
    this.part = tokens > limit ? 0 : Math.max(1, limit / (2L * tokens));
    this.unused = part * tokens;
  }

  /** Whether a token may take more, with some left to all. */
  boolean fits(String token, long more, long left) {
    long own = byToken.getOrDefault(token, 0L);
    return more <= 0 || used + more + unused - unusedOf(own) <= limit - left;
  }

  private long unusedOf(long own) {
    return Math.max(0, part - own);
  }

  /** Adds to the usage of a token, or subtracts from it. */
  void add(String token, long more) {
    long own = byToken.getOrDefault(token, 0L);
    long now = own + more;
    unused += unusedOf(now) - unusedOf(own);
    used += more;
    if (now == 0) {
      byToken.remove(token);
    } else {
      byToken.put(token, now);
    }
  }

  long used() {
    return used;
  }

  long limit() {
    return limit;
  }

  /** Whether a token uses more than its part. */
  boolean isAbovePart(String token) {
    return byToken.getOrDefault(token, 0L) > part;
  }
}
