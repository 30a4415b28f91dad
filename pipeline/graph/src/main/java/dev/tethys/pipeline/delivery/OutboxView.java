package dev.tethys.pipeline.delivery;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** View of a queue for status pages, and operations on its dead letters. */
public interface OutboxView {
  /** Returns the outbox status. */
  OutboxStatus status();

  /**
   * Whether threads of a component wait for space, or did a moment ago.
   *
   * @param source exit of that component
   */
  default boolean isBlocking(DrainScope.Exit source) {
    return false;
  }

  /** Returns dead letters, oldest first; empty without a disk. */
  List<DeadLetter> deadLetters(int most) throws IOException;

  /** Returns the request of a dead letter; empty if the ID is unknown. */
  Optional<EncodedRequest> deadLetter(String id) throws IOException;

  /**
   * Returns a dead letter to the queue.
   *
   * @return whether the id exists
   * @throws IOException if the queue rejects it; it then stays a dead letter
   */
  boolean replay(String id) throws IOException;
}
