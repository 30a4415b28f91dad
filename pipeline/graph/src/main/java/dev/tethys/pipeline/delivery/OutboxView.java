package dev.tethys.pipeline.delivery;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** View of a queue for status pages, and operations on its dead letters. */
public interface OutboxView {
  /** How it stands. */
  OutboxStatus status();

  /**
   * Whether threads of a component wait for room, or did a moment ago.
   *
   * @param source exit of that component
   */
  default boolean isBlocking(DrainScope.Exit source) {
    return false;
  }

  /** Its dead letters, oldest first; none without a disk. */
  List<DeadLetter> deadLetters(int most) throws IOException;

  /** What a dead letter carries; empty when there is none of this id. */
  Optional<EncodedRequest> deadLetter(String id) throws IOException;

  /**
   * Puts a dead letter into the queue once more.
   *
   * @return whether there was one of this id
   * @throws IOException when the queue does not take it; it is then still a dead letter
   */
  boolean replay(String id) throws IOException;
}
