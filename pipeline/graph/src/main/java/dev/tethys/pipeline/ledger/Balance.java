package dev.tethys.pipeline.ledger;

import java.util.Map;

/**
 * An account at one moment, in items: {@code in + created + restored + revived = out + held +
 * deadLettered + dropped + returned + kept}.
 *
 * @param in taken from the preceding node
 * @param created made here: a metric counted out of spans, say
 * @param restored items found on disk when the component started
 * @param revived removed from the dead letters, to be sent once more
 * @param out passed on, or taken by the destination
 * @param held queued, or being worked on
 * @param deadLettered items stored as dead letters
 * @param dropped abandoned, by reason
 * @param returned returned to the source
 * @param kept left on disk when the component stopped
 */
public record Balance(
    long in,
    long created,
    long restored,
    long revived,
    long out,
    long held,
    long deadLettered,
    Map<String, Long> dropped,
    long returned,
    long kept) {
  public Balance {
    dropped = Map.copyOf(dropped);
  }

  /** Returns the number of items dropped for any reason. */
  public long allDropped() {
    return dropped.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Whether the counts add up. */
  public boolean isBalanced() {
    return held >= 0
        && in + created + restored + revived
            == out + held + deadLettered + allDropped() + returned + kept;
  }
}
