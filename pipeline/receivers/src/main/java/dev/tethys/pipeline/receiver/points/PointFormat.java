package dev.tethys.pipeline.receiver.points;

import dev.tethys.codec.points.PointSink;
import dev.tethys.codec.points.RejectedItems;

/** A format of which whole messages come over a socket. */
@FunctionalInterface
public interface PointFormat {
  /**
   * Reads whole lines, or a datagram.
   *
   * @return what was refused of them
   */
  RejectedItems read(byte[] buf, int offset, int length, PointSink sink);
}
