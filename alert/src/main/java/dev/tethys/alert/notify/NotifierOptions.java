package dev.tethys.alert.notify;

/**
 * Options of notification queues; the defaults are Prometheus's.
 *
 * @param queueCapacity maximum number of alerts that wait for one Alertmanager; the oldest are
 *     dropped beyond
 * @param batchSize maximum number in one request
 * @param drain whether waiting alerts are sent at shutdown
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
