package dev.tethys.control.fleet;

import dev.tethys.codec.opamp.AgentToServer;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Distinguishes agents that poll with the same instance UID, such as on cloned hosts. They are
 * identified by process start time and message sequence: an agent whose process was restarted never
 * continues an earlier sequence. Not thread-safe.
 *
 * <p>Has an entry for each agent that polls.
 */
final class PollStreams {
  /**
   * Message sequence of one process.
   *
   * @param start process start time in Unix nanoseconds; 0 if unknown
   */
  private record Stream(long start, long sequence) {
    boolean continuesWith(long process, long next) {
      boolean same = process != 0 && process == start;
      boolean mayBe = process == 0 || start == 0 || same;
      return next == sequence + 1 && mayBe || same && next > sequence;
    }

    Stream next(long process, long last) {
      return new Stream(process == 0 ? start : process, last);
    }
  }

  /** Message streams seen for one UID. */
  private static final class Streams {
    private Stream present;
    private @Nullable Stream former;
    private @Nullable Stream newcomer;

    Streams(Stream present) {
      this.present = present;
    }
  }

  private final Map<UUID, Streams> all = new HashMap<>();

  /** Receives the first message with a uid. */
  void begin(UUID uid, AgentToServer m) {
    long start = m.health() == null ? 0 : m.health().startNanos();
    all.put(uid, new Streams(new Stream(start, m.sequence())));
  }

  /**
   * Records a further message.
   *
   * @return whether it is from an agent that connected with the UID of another one, which is still
   *     connected
   */
  boolean isNewcomer(UUID uid, AgentToServer m) {
    long start = m.health() == null ? 0 : m.health().startNanos();
    long next = m.sequence();
    Streams s = all.get(uid);
    if (s == null) {
      all.put(uid, new Streams(new Stream(start, next)));
      return false;
    }
    Stream newcomer = s.newcomer;
    Stream former = s.former;
    if (s.present.continuesWith(start, next)) {
      s.present = s.present.next(start, next);
    } else if (newcomer != null && newcomer.continuesWith(start, next)) {
      s.newcomer = newcomer.next(start, next);
      return true;
    } else if (former != null && former.continuesWith(start, next)) {
      s.newcomer = s.present;
      s.present = former.next(start, next);
      s.former = null;
    } else {
      s.former = s.present;
      s.present = new Stream(start, next);
    }
    return false;
  }

  void remove(UUID uid) {
    all.remove(uid);
  }
}
