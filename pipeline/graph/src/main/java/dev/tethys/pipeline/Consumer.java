package dev.tethys.pipeline;

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
}
