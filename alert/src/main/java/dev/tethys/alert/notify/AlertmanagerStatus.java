package dev.tethys.alert.notify;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Delivery status of one Alertmanager at one moment. Alerts are counted since its discovery.
 *
 * @param url its URL, without a password or token
 * @param waiting alerts to be sent, including alerts of a request in flight or waiting for a retry
 * @param capacity maximum number of waiting alerts, excluding alerts of such a request
 * @param sent alerts that it accepted
 * @param dropped alerts that were never delivered
 * @param lastDelivery time of the last accepted request; null for never
 * @param failingSince time of the first failed request after the last success; null while none
 *     fails
 * @param lastFailure time of the last failed request; null for never
 * @param lastError reason of the last failure, in one line; "" for never
 */
public record AlertmanagerStatus(
    String url,
    int waiting,
    int capacity,
    long sent,
    Dropped dropped,
    @Nullable Instant lastDelivery,
    @Nullable Instant failingSince,
    @Nullable Instant lastFailure,
    String lastError) {

  /**
   * Reasons for dropped alerts.
   *
   * @param queueFull alerts dropped for newer ones because the queue was full
   * @param refused number of alerts it rejected
   * @param outOfDate alerts that ended before the response
   */
  public record Dropped(long queueFull, long refused, long outOfDate) {
    static final Dropped NONE = new Dropped(0, 0, 0);

    Dropped plus(Dropped o) {
      return new Dropped(queueFull + o.queueFull, refused + o.refused, outOfDate + o.outOfDate);
    }

    /** Returns the number of all dropped alerts. */
    public long all() {
      return queueFull + refused + outOfDate;
    }
  }
}
