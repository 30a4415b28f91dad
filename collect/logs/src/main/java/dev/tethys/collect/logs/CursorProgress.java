package dev.tethys.collect.logs;

import dev.tethys.model.logs.LogEntry;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Delivery progress of a stream of entries with cursors: the last entry before which none is
 * unacknowledged. A reader waits while too many entries are unacknowledged.
 *
 * <p>Invariant: the first of {@link #pending} is not settled.
 *
 * @param <C> position of an entry in the stream
 */
public final class CursorProgress<C> {
  /** Maximum number of unacknowledged entries; reading waits at this limit. */
  static final int MAX_PENDING = 20_000;

  private final class Pending implements LogEntry.Origin {
    private final C cursor;
    private boolean settled; // guarded by the progress

    Pending(C cursor) {
      this.cursor = cursor;
    }

    @Override
    public void settled() {
      advance(this);
    }
  }

  private final Deque<Pending> pending = new ArrayDeque<>();
  private final Consumer<C> delivered;

  /**
   * Begins.
   *
   * @param delivered receives the cursor up to which everything is delivered
   */
  public CursorProgress(Consumer<C> delivered) {
    this.delivered = delivered;
  }

  /** The origin of an entry that follows all before; waits while too much is owed. */
  public synchronized LogEntry.Origin next(C cursor) throws InterruptedException {
    while (pending.size() >= MAX_PENDING) {
      wait();
    }
    Pending p = new Pending(cursor);
    pending.add(p);
    return p;
  }

  /** Records an entry that is not passed on: the entries after it may be delivered. */
  public void skipped(C cursor) throws InterruptedException {
    next(cursor).settled();
  }

  private synchronized void advance(Pending p) {
    p.settled = true;
    @Nullable C last = null;
    while (!pending.isEmpty() && pending.element().settled) {
      last = pending.remove().cursor;
    }
    if (last != null) {
      delivered.accept(last);
      notifyAll();
    }
  }

  /** Whether everything has been settled. */
  public synchronized boolean isQuiet() {
    return pending.isEmpty();
  }
}
