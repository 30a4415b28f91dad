package dev.tethys.alert.notify;

/**
 * How notifications wait; the defaults are Prometheus's.
 *
 * @param queueCapacity the most that wait for one Alertmanager; the oldest are dropped beyond
 * @param batchSize the most in one request
 * @param drain whether what waits is sent at the end
 */
public record NotifierOptions(int queueCapacity, int batchSize, boolean drain) {
  /** Prometheus's defaults. */
  public static final NotifierOptions DEFAULT = new NotifierOptions(10_000, 256, true);

  public NotifierOptions {
    if (queueCapacity < 1 || batchSize < 1) {
      throw new IllegalArgumentException("queue and batch must hold at least one notification");
    }
  }
}
