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
   * Sends what waits by another sender from now on. Requests in flight end with the old sender, or
   * are cut off after some seconds and sent by the new one, too. Does not wait: what its batching
   * holds back stays there until its time or {@link #forward()}, which waits for room in a queue
   * that blocks.
   */
  void replaceSender(Sender sender);

  /**
   * As {@link #replaceSender}, where its destination is gone and the sender looks for others:
   * acknowledged requests are tried until they are taken, regardless of the configured limit of
   * retries. Before the start, it starts so.
   */
  void leave(Sender sender);

  /**
   * Takes a request that another part of the component holds, which is not counted anew; null, or
   * why not, as {@link dev.tethys.pipeline.delivery.Outbox#transferIn} says it.
   */
  @Nullable Outcome transferIn(EncodedRequest request, AckCallback ack);

  /** How it stands; it runs. */
  OutboxStatus status();

  /**
   * Forgets it: it was stopped, nothing waits in it, and none of its dead letters is wanted. Where
   * it has a folder, that is removed.
   */
  void forget();
}
