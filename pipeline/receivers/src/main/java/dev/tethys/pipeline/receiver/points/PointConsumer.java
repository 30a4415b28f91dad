package dev.tethys.pipeline.receiver.points;

import dev.tethys.codec.points.PointSink;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.web.HttpRequest;
import java.time.Duration;

/** Consumer of points: a pipeline, or a store. Thread-safe. */
@FunctionalInterface
public interface PointConsumer {
  /**
   * Starts the points of one request, or those received together over a socket.
   *
   * @param lane keeps the order of one sender; see {@link dev.tethys.pipeline.Batch#lane}
   */
  Points open(long lane, Metadata metadata);

  /** Points written together. Not thread-safe. */
  interface Points extends PointSink, AutoCloseable {
    /**
     * Delivers the points and waits as long as the sender does. May be called again after a
     * failure.
     */
    Outcome deliver(HttpRequest request) throws InterruptedException;

    /** Variant for a sender that receives no response. */
    Outcome deliver(Duration timeLimit) throws InterruptedException;

    /** Discards undelivered points. */
    @Override
    void close();
  }
}
