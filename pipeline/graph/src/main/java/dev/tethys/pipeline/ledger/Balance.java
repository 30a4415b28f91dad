package dev.tethys.pipeline.ledger;

import java.util.Map;

/**
 * An account at one moment, in items: {@code in + created + restored + revived = out + held +
 * deadLettered + dropped + returned + kept}.
 *
 * @param in taken from whoever comes before
 * @param created made here: a metric counted out of spans, say
 * @param restored found on disk when the component started
 * @param revived taken out of the dead letters, to be sent once more
 * @param out handed on, or taken by the destination
 * @param held queued, or being worked on
 * @param deadLettered kept among the dead letters
 * @param dropped given up, by reason
 * @param returned given back to the source, which was told so
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

  /** Dropped for whatever reason. */
  public long allDropped() {
    return dropped.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Whether nothing is missing and nothing too much. */
  public boolean isBalanced() {
    return held >= 0
        && in + created + restored + revived
            == out + held + deadLettered + allDropped() + returned + kept;
  }
}
