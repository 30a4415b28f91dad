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
   * Takes a request. Blocks while it is full and its policy says so.
   *
   * @param ack settled once the request is on disk, and before it is sent; without a disk, once it
   *     was delivered or dropped
   */
  void put(EncodedRequest request, AckCallback ack);

  /**
   * Takes a request that another outbox holds which has the same account, where nothing of it
   * changes. It is not itself dropped when the queue is full. Blocks as {@link #put} does.
   *
   * @param ack settled as by {@link #put}, unless it is not taken
   * @return null when it was taken; otherwise the reason: its items count as returned to the
   *     caller, and the callback is not settled
   */
  @Nullable Outcome transferIn(EncodedRequest request, AckCallback ack);

  /**
   * Continues with other options and another sender, which sends everything that is not in flight:
   * at once also delayed requests, for the destination may be another. Requests in flight end with
   * the sender that they were given to.
   *
   * @param options on the disk, or in the memory, that it has
   */
  void replaceSender(OutboxOptions options, Sender sender);

  /**
   * Closes a sender from which it was turned, as soon as nothing is under way with it. Does not
   * wait for that.
   *
   * @param timeLimit after which what is under way is cut off, to be sent again
   */
  void retire(Sender former, Duration timeLimit);

  /**
   * Whether a request of a source that cannot wait would be returned, or soon will be because the
   * destination fails and there is hardly any room: sources that have other destinations had better
   * send later, to all of them.
   */
  default boolean isRefusing() {
    return false;
  }

  /**
   * From now on no caller waits for room, those that wait now included: a request without room is
   * returned to its source.
   */
  void failBlockedProducers();

  /**
   * Those who wait for room look whether they still have to. Who came through a component that has
   * to end ({@link DrainScope}) does not: what it holds may be acknowledged, so it is taken beyond
   * the size of the queue, up to a bound behind which it is returned.
   */
  void wakeBlockedProducers();

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
