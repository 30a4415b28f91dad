package dev.tethys.pipeline.delivery;

import dev.tethys.pipeline.Receipt;
import java.time.Duration;

/**
 * The queue of one destination with all that happens behind it: in memory or on disk, bounded in
 * bytes, sent by as many requests at once as the destination bears, tried again, given up.
 *
 * <p>Items that were put = delivered + queued + dead-lettered + dropped(reason) + returned to their
 * source, at every moment.
 */
public interface Outbox extends AutoCloseable {
  /**
   * Takes a parcel. Blocks while it is full and its policy says so.
   *
   * @param receipt settled once the parcel is on disk, or, without a disk, once it was delivered or
   *     given up
   */
  void put(Parcel parcel, Receipt receipt);

  /**
   * Takes nothing more and sends what it can within the time; what is left stays on disk, or is
   * returned.
   */
  void close(Duration drain);

  @Override
  default void close() {
    close(Duration.ZERO);
  }
}
