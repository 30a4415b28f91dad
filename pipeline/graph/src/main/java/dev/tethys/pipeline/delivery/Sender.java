package dev.tethys.pipeline.delivery;

import java.io.IOException;

/** Sends parcels to one destination. Blocks; called by several threads at once. */
public interface Sender extends AutoCloseable {
  /**
   * Sends a parcel, once.
   *
   * @throws IOException when it cannot be known whether the destination has it: it is sent again
   */
  Verdict send(Parcel parcel) throws IOException, InterruptedException;

  @Override
  default void close() {}
}
