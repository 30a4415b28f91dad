package dev.tethys.alert.notify;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How sending to one Alertmanager goes, at one moment. Alerts are counted since it was found.
 *
 * @param url where it is, without a password or token
 * @param waiting alerts that are to be sent, those of a request under way or to be repeated too
 * @param capacity the most that wait, beside those of such a request
 * @param sent alerts that it took
 * @param dropped alerts that it never heard of
 * @param lastDelivery when it took some last; null for never
 * @param failingSince when the first request failed since one that did not; null while none fails
 * @param lastFailure when a request failed last; null for never
 * @param lastError why that one failed, in one line; "" for never
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
   * Why alerts were given up.
   *
   * @param queueFull they made room for newer ones
   * @param refused it answered that it does not want them
   * @param outOfDate what they said had ended before it answered
   */
  public record Dropped(long queueFull, long refused, long outOfDate) {
    static final Dropped NONE = new Dropped(0, 0, 0);

    Dropped plus(Dropped o) {
      return new Dropped(queueFull + o.queueFull, refused + o.refused, outOfDate + o.outOfDate);
    }

    /** All of them. */
    public long all() {
      return queueFull + refused + outOfDate;
    }
  }
}
