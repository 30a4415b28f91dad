package dev.tethys.web.socket;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.StampedLock;
import org.jspecify.annotations.Nullable;

/**
 * Handler of a socket's data, which can be replaced while the sockets stay open.
 *
 * <p>A thread that has read something enters, gets the handler, and leaves when the handler has
 * passed everything on. Between {@link #hold} and {@link #serve} threads wait at their entry.
 */
public final class HandlerSlot<H> {
  private final StampedLock lock = new StampedLock();
  private volatile @Nullable H handler;
  private volatile boolean held;
  private long stamp; // of the holder

  public HandlerSlot(H handler) {
    this.handler = handler;
  }

  /** Starts a use of the handler, and waits until there is one. */
  public long enter() throws InterruptedException {
    return lock.readLockInterruptibly();
  }

  /** The handler, between entry and exit; null after the last handler has ended. */
  public @Nullable H handler() {
    return handler;
  }

  /** Whether another handler is waiting, so that a use should end soon. */
  public boolean isHeld() {
    return held;
  }

  /** Ends a use. */
  public void exit(long entry) {
    lock.unlockRead(entry);
  }

  /**
   * Waits until no thread uses the handler, and keeps threads from using it.
   *
   * @return false if one uses it for longer; the handler then stays
   */
  public boolean hold(Duration timeLimit) {
    held = true;
    try {
      stamp = lock.tryWriteLock(timeLimit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    held = stamp != 0;
    return held;
  }

  /** Allows threads to use another handler after {@link #hold}. */
  public void serve(H next) {
    handler = next;
    release();
  }

  /** Closes the slot if it is held: threads then have no handler. */
  public void close() {
    if (stamp != 0) {
      handler = null;
      release();
    }
  }

  private void release() {
    held = false;
    long s = stamp;
    stamp = 0;
    lock.unlockWrite(s);
  }
}
