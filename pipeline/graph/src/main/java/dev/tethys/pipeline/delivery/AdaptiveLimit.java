package dev.tethys.pipeline.delivery;

/**
 * Limit of concurrent requests that adapts to the remote system. It grows by one after a round of
 * successful requests, halves after an overload response, and falls by a fifth when latency rises
 * (TCP's additive increase and multiplicative decrease). Latency counts as risen when it is more
 * than twice, and at least {@link #SLACK_NANOS} above, its lowest recent value.
 *
 * <p>Not thread-safe.
 */
final class AdaptiveLimit {
  private static final double START = 4;
  private static final double OVERLOAD = 0.5;
  private static final double SLOW = 0.8;
  private static final double RECENT = 0.2;

  /** Decay of the lowest latency: lower values apply immediately, higher ones slowly. */
  private static final double FORGET = 0.01;

  /** Minimum significant difference. */
  static final long SLACK_NANOS = 20_000_000;

  private final int max;
  private final boolean adaptive;
  private double limit;
  private double recent;
  private double quick;
  private long decreasedAt = Long.MIN_VALUE;

  AdaptiveLimit(int max, boolean adaptive) {
    this.max = max;
    this.adaptive = adaptive;
    this.limit = adaptive ? Math.min(START, max) : max;
  }

  int limit() {
    return (int) limit;
  }

  /**
   * Records a successful request.
   *
   * @param inFlight concurrent requests when it ended, including itself
   */
  void success(long startedAt, long now, int inFlight) {
    if (!adaptive) {
      return;
    }
    double latency = Math.max(1, now - startedAt);
    recent = recent == 0 ? latency : recent + RECENT * (latency - recent);
    quick = quick == 0 || recent < quick ? recent : quick + FORGET * (recent - quick);
    if (recent > 2 * quick && recent - quick > SLACK_NANOS) {
      decrease(SLOW, startedAt, now);
    } else if (inFlight >= (int) limit) {
      limit = Math.min(max, limit + 1 / limit);
    }
  }

  /** Records that the destination requested a lower rate or did not respond in time. */
  void overload(long startedAt, long now) {
    if (adaptive) {
      decrease(OVERLOAD, startedAt, now);
    }
  }

  /** Decreases the limit once for all requests that were in flight together. */
  private void decrease(double by, long startedAt, long now) {
    if (decreasedAt == Long.MIN_VALUE || startedAt - decreasedAt >= 0) {
      limit = Math.max(1, limit * by);
      decreasedAt = now;
    }
  }
}
