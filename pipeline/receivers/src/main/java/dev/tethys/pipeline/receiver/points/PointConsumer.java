package dev.tethys.pipeline.receiver.points;

import dev.tethys.codec.points.PointSink;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.web.HttpRequest;
import java.time.Duration;

/** Consumer of points: a pipeline, or a store. Safe for any number of threads. */
@FunctionalInterface
public interface PointConsumer {
  /**
   * Begins the points of one request, or those that came together over a socket.
   *
   * @param lane what comes from one sender keeps its order; see {@link
   *     dev.tethys.pipeline.Batch#lane}
   */
  Points open(long lane, Metadata metadata);

  /** Points that go together. For one thread. */
  interface Points extends PointSink, AutoCloseable {
    /** Hands them on and waits for as long as who sent them. May be called again when it failed. */
    Outcome deliver(HttpRequest request) throws InterruptedException;

    /** The same for a sender that receives no answer. */
    Outcome deliver(Duration timeLimit) throws InterruptedException;

    /** Forgets what was not delivered. */
    @Override
    void close();
  }
}
