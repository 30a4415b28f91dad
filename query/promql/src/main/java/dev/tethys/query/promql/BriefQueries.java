package dev.tethys.query.promql;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Remembers queries with so little processor time that they may run on the thread of the request. A
 * switch to another thread and back takes as long, and much longer on a busy host.
 *
 * <p>Of several queries that share a slot, the one measured last is remembered. Thread-safe.
 */
final class BriefQueries {
  /** A longer query gets its own thread. */
  static final long MAX_NANOS = 1_000_000;

  /** Time after which a query that was expected to be brief restarts on its own thread. */
  static final long GIVE_UP_NANOS = 20_000_000;

  /** Number of runs after which a query is measured again. */
  static final int RUNS = 64;

  private static final int PLACES = 1024;

  /** Longer texts are not cached. */
  static final int MAX_TEXT = 4096;

  private record BriefQuery(String text, int steps, long nanos, AtomicInteger left) {
    boolean is(String otherText, int otherSteps) {
      return steps == otherSteps && text.equals(otherText);
    }
  }

  private final AtomicReferenceArray<@Nullable BriefQuery> known =
      new AtomicReferenceArray<>(PLACES);

  private static int place(String text, int steps) {
    int h = (text.hashCode() * 31 + steps) * 0x9E3779B9;
    return h >>> 22;
  }

  /** Returns the expected duration of a query; -1 if it must be measured or is not brief. */
  long expected(String text, int steps) {
    BriefQuery k = known.get(place(text, steps));
    return k != null && k.is(text, steps) && k.left.getAndDecrement() > 0 ? k.nanos : -1;
  }

  /** Records the duration of a query. */
  void measured(String text, int steps, long nanos) {
    int p = place(text, steps);
    if (nanos <= MAX_NANOS && text.length() <= MAX_TEXT) {
      known.set(p, new BriefQuery(text, steps, nanos, new AtomicInteger(RUNS)));
      return;
    }
    BriefQuery k = known.get(p);
    if (k != null && k.is(text, steps)) {
      known.compareAndSet(p, k, null);
    }
  }
}
