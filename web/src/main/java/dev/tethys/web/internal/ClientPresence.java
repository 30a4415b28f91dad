package dev.tethys.web.internal;

import dev.tethys.model.log.JulLogger;
import java.lang.System.Logger.Level;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

/**
 * Checks at intervals whether the clients of long requests are still connected. Without such a
 * request nothing is scheduled.
 */
final class ClientPresence {
  private static final System.Logger LOG = JulLogger.of("dev.tethys.web");

  /** Interval between two checks. */
  private static final long CHECK_MILLIS = 20;

  private final Set<ConnectionTimeouts.Exchange> watched = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean scheduled = new AtomicBoolean();
  private final ConnectionTimeouts.Later later;
  private final LongSupplier nanos;

  ClientPresence(ConnectionTimeouts.Later later, LongSupplier nanos) {
    this.later = later;
    this.nanos = nanos;
  }

  void add(ConnectionTimeouts.Exchange e) {
    watched.add(e);
    schedule();
  }

  void remove(ConnectionTimeouts.Exchange e) {
    watched.remove(e);
  }

  private void schedule() {
    ConnectionTimeouts.schedule(later, scheduled, CHECK_MILLIS, this::check);
  }

  /** Checks all watched clients, and schedules the next check while there are any. */
  void check() {
    scheduled.set(false);
    if (watched.isEmpty()) {
      return;
    }
    schedule();
    long now = nanos.getAsLong();
    for (ConnectionTimeouts.Exchange e : watched) {
      try {
        e.checkClient(now);
      } catch (RuntimeException x) {
        LOG.log(Level.DEBUG, "the check of a client failed", x);
      }
    }
  }
}
