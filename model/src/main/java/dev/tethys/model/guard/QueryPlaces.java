package dev.tethys.model.guard;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Places for queries that compute for a long time, shared by all query languages. Each language has
 * one own place; the others go to the waiting language whose queries have the fewest. More queries
 * at a time would not be answered sooner: they would share the processors, and each would hold its
 * intermediate results meanwhile. Thread-safe.
 *
 * <p>Invariants: a language holds at most its maximum; all languages together hold at most their
 * own places and the shared ones.
 */
public final class QueryPlaces {
  private final int common;

  @GuardedBy("this")
  private final List<Language> languages = new ArrayList<>();

  private int commonUsed; // guarded by this

  /**
   * @param common places in addition to the one of each language
   */
  public QueryPlaces(int common) {
    this.common = common;
  }

  /** Places for the processors and the heap of this process. */
  public static QueryPlaces ofProcess() {
    return new QueryPlaces(
        HeapRoom.scanThreads(2 * Runtime.getRuntime().availableProcessors()) - 1);
  }

  /**
   * Adds a language.
   *
   * @param max maximum number of its concurrent queries
   */
  public synchronized Language add(int max) {
    Language l = new Language(max);
    languages.add(l);
    return l;
  }

  /** Adds a language that may use all slots. */
  public Language add() {
    return add(common + 1);
  }

  private static final class Waiting {
    final CountDownLatch entered = new CountDownLatch(1);
  }

  /** Places of the queries of one language. */
  public final class Language {
    private final int max;
    private final Deque<Waiting> queue = new ArrayDeque<>(); // guarded by the places
    private int used; // guarded by the places

    private Language(int max) {
      this.max = max;
    }

    /** Returns the number of waiting queries. */
    public int waiting() {
      synchronized (QueryPlaces.this) {
        return queue.size();
      }
    }

    /** Acquires a slot if one is free and no query is waiting for it. */
    public boolean tryAcquire() {
      synchronized (QueryPlaces.this) {
        return queue.isEmpty() && take();
      }
    }

    /**
     * Waits for a place, in the order of the callers.
     *
     * @return false if the time limit expires
     */
    public boolean tryAcquire(long time, TimeUnit unit) throws InterruptedException {
      Ticket t = queued();
      boolean isIn = false;
      try {
        isIn = t.await(time, unit);
        return isIn;
      } finally {
        if (!isIn) {
          t.leave();
        }
      }
    }

    /** Joins the queue for a place; {@link Ticket#leave} or {@link #release} must follow. */
    public Ticket queued() {
      Waiting w = new Waiting();
      synchronized (QueryPlaces.this) {
        if (queue.isEmpty() && take()) {
          w.entered.countDown();
        } else {
          queue.add(w);
        }
      }
      return new Ticket(this, w);
    }

    /** Frees a slot. */
    public void release() {
      synchronized (QueryPlaces.this) {
        if (used > 1) {
          commonUsed--;
        }
        used--;
        admit();
      }
    }

    private void leave(Waiting w) {
      synchronized (QueryPlaces.this) {
        if (!queue.remove(w)) {
          release();
        }
      }
    }

    /** Acquires a slot; the caller must hold the lock. */
    private boolean take() {
      if (used >= max || used > 0 && commonUsed >= common) {
        return false;
      }
      commonUsed += used > 0 ? 1 : 0;
      used++;
      return true;
    }
  }

  /** Position of a query in the queue of its language. Not thread-safe. */
  public static final class Ticket {
    private final Language language;
    private final Waiting waiting;

    private Ticket(Language language, Waiting waiting) {
      this.language = language;
      this.waiting = waiting;
    }

    /** Waits for the slot; false if the time limit expires, so that the caller may wait again. */
    public boolean await(long time, TimeUnit unit) throws InterruptedException {
      return waiting.entered.await(time, unit);
    }

    /** Leaves the queue, or frees the slot assigned in the meantime. */
    public void leave() {
      language.leave(waiting);
    }
  }

  /** Assigns free slots to waiting queries; the caller must hold the lock. */
  @GuardedBy("this")
  private void admit() {
    while (true) {
      Language next = next();
      if (next == null || !next.take()) {
        return;
      }
      next.queue.remove().entered.countDown();
    }
  }

  /** The language with the fewest places among those that wait and may have one more. */
  @GuardedBy("this")
  private @Nullable Language next() {
    Language best = null;
    for (Language l : languages) {
      if (!l.queue.isEmpty()
          && l.used < l.max
          && (l.used == 0 || commonUsed < common)
          && (best == null || l.used < best.used)) {
        best = l;
      }
    }
    return best;
  }
}
