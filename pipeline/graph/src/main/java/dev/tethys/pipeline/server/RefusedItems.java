package dev.tethys.pipeline.server;

import dev.tethys.codec.points.RejectedItems;

/** Counter of items that a receiver could not read, by reason. Thread-safe. */
public interface RefusedItems {
  /** Counts nothing. */
  RefusedItems NONE =
      new RefusedItems() {
        @Override
        public void refused(String transport, RejectedItems r) {}

        @Override
        public void refused(String transport, long items, String reason) {}
      };

  /** Counts the rejected items of one message. */
  void refused(String transport, RejectedItems r);

  /** Counts items that were rejected for one reason. */
  void refused(String transport, long items, String reason);
}
