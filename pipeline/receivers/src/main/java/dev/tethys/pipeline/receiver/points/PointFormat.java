package dev.tethys.pipeline.receiver.points;

import dev.tethys.codec.points.PointSink;
import dev.tethys.codec.points.RejectedItems;

/** Format of complete messages over a socket. */
@FunctionalInterface
public interface PointFormat {
  /**
   * Reads complete lines, or a datagram.
   *
   * @return the rejected items
   */
  RejectedItems read(byte[] buf, int offset, int length, PointSink sink);
}
