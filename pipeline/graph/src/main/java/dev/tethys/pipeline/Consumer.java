package dev.tethys.pipeline;

import org.jspecify.annotations.Nullable;

/** Takes batches: a processor, a fan-out, an exporter. Safe for any number of threads. */
@FunctionalInterface
public interface Consumer {
  /**
   * Takes one batch. May block while there is no room, which is how a full queue slows its sources;
   * does not wait for delivery.
   *
   * @param ack settled exactly once, in this call or later, by any thread
   */
  void consume(Batch batch, AckCallback ack);

  /**
   * Whether a source that sends again had better do so now, before any destination has its items: a
   * destination that others share would refuse them. Where it does, the items count as returned.
   *
   * @param items number of items of the source
   * @return what to tell the source; null when the items can be consumed
   */
  default @Nullable Outcome refuse(int items) {
    return null;
  }
}
