package dev.tethys.pipeline.delivery;

import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Outcome;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Sending queue of one exporter: in memory or on disk, bounded in bytes, with adaptive concurrency,
 * retries and dead letters.
 *
 * <p>Items put = delivered + queued + dead-lettered + dropped(reason) + returned to their source,
 * at every moment. Requests of one lane are sent in order; a retried request delays only its own
 * lane.
 */
public interface Outbox extends OutboxView, AutoCloseable {
  /**
   * Adds a request. Blocks while the queue is full if configured.
   *
   * @param ack settled once the request is on disk, before it is sent; without a disk, once it was
   *     delivered or dropped
   */
  void put(EncodedRequest request, AckCallback ack);

  /**
   * Takes over a request from another outbox with the same account, in which nothing changes. It is
   * not dropped if the queue is full. Blocks like {@link #put}.
   *
   * @param ack settled as by {@link #put}, unless the request is rejected
   * @return null if accepted; otherwise the reason: its items count as returned to the caller, and
   *     the callback is not settled
   */
  @Nullable Outcome transferIn(EncodedRequest request, AckCallback ack);

  /**
   * Continues with other options and another sender, which sends everything not in flight,
   * including delayed requests immediately, because the destination may be different. Requests in
   * flight end with their sender.
   *
   * @param options options with the same disk or memory
   */
  void replaceSender(OutboxOptions options, Sender sender);

  /**
   * Closes a previous sender as soon as nothing is in flight on it. Does not wait for that.
   *
   * @param timeLimit time limit after which requests are interrupted, to be sent again
   */
  void retire(Sender former, Duration timeLimit);

  /**
   * Whether a request of a source that cannot wait would be returned, or soon will be, because the
   * destination fails and there is hardly any space: sources with other destinations should then
   * send later, to all of them.
   */
  default boolean isRefusing() {
    return false;
  }

  /**
   * Stops callers from waiting for space, including those waiting now: a request without space is
   * returned to its source.
   */
  void failBlockedProducers();

  /**
   * Makes blocked producers check again. Those that came through a stopping component ({@link
   * DrainScope}) stop waiting: their data may be acknowledged, so it is accepted beyond the queue's
   * size, up to a limit.
   */
  void wakeBlockedProducers();

  /**
   * Accepts nothing more and sends as much as possible within the time; the rest stays on disk, or
   * is returned.
   */
  void close(Duration drain);

  @Override
  default void close() {
    close(Duration.ZERO);
  }
}
