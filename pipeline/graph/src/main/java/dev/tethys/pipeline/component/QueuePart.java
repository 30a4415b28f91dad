package dev.tethys.pipeline.component;

import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.OutboxStatus;
import dev.tethys.pipeline.delivery.Sender;
import org.jspecify.annotations.Nullable;

/** One of several queues of a component. Started and stopped by its component. */
public interface QueuePart extends Exporter {
  /**
   * Sends waiting requests with another sender from now on. Requests in flight end with the old
   * sender, or are interrupted after some seconds and sent again with the new one. Does not wait:
   * batches that are being collected stay until their time or {@link #forward()}, which waits for
   * space in a blocking queue.
   */
  void replaceSender(Sender sender);

  /**
   * Replaces the sender of a removed destination, like {@link #replaceSender}, with one that looks
   * for other destinations: acknowledged requests are retried until accepted, regardless of the
   * retry limit. Before the start, it starts this way.
   */
  void leave(Sender sender);

  /**
   * Takes over a request from another part of the component without counting it again; returns
   * null, or the reason as {@link dev.tethys.pipeline.delivery.Outbox#transferIn} does.
   */
  @Nullable Outcome transferIn(EncodedRequest request, AckCallback ack);

  /** Returns the status of the running queue. */
  OutboxStatus status();

  /**
   * Removes the queue: it was stopped and is empty, and its dead letters are not needed. Its
   * folder, if any, is deleted.
   */
  void forget();
}
