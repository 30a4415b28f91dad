package dev.tethys.pipeline;

import org.jspecify.annotations.Nullable;

/** Accepts batches, such as a processor, a fan-out or an exporter. Thread-safe. */
@FunctionalInterface
public interface Consumer {
  /**
   * Consumes a batch. May block while there is no space, which is how a full queue slows its
   * sources down; does not wait for delivery.
   *
   * @param ack settled exactly once, during this call or later, by any thread
   */
  void consume(Batch batch, AckCallback ack);

  /**
   * Checks whether a retrying source should send later, before any destination has its items,
   * because a shared destination would reject them. If so, the items count as returned.
   *
   * @param items number of items of the source
   * @return the outcome for the source; null if the items can be consumed
   */
  default @Nullable Outcome refuse(int items) {
    return null;
  }
}
