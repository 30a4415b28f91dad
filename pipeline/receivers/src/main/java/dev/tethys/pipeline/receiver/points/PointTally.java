package dev.tethys.pipeline.receiver.points;

import dev.tethys.codec.points.Refusals;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.exposition.Registry.Counter;
import dev.tethys.model.exposition.Registry.Vector;
import dev.tethys.model.guard.LimitedLog;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Counts what a receiver refuses itself, of what it is told by senders that hear no answer, and
 * says so in the log, at most once in ten seconds.
 */
public final class PointTally {
  private static final LimitedLog PEER_LOG = new LimitedLog(System.getLogger("dev.tethys.pipeline.receiver"));
  private static final long QUIET_NANOS = 10_000_000_000L;

  private final String component;
  private final LongSupplier nanos;
  private final Vector<Counter> refused;
  private final AtomicLong told;

  /**
   * Counters of a receiver.
   *
   * @param component its name, also in logs
   * @param nanos a clock that never goes back
   */
  public PointTally(String component, Registry registry, LongSupplier nanos) {
    this.component = component;
    this.nanos = nanos;
    this.told = new AtomicLong(nanos.getAsLong() - QUIET_NANOS);
    this.refused =
        registry.counters(
            "tethys_receiver_refused_items_total",
            "Lines and elements that a receiver could not read or that were rejected behind it.",
            "receiver",
            "transport");
  }

  /** Notes what a message was refused. */
  public void refused(String transport, Refusals r) {
    if (!r.isEmpty()) {
      refused(transport, r.count(), r.kept().getFirst().why() + ": " + r.kept().getFirst().item());
    }
  }

  /** Notes items that were refused. */
  public void refused(String transport, long items, String why) {
    refused.with(component, transport).add(items);
    long now = nanos.getAsLong();
    long before = told.get();
    if (now - before >= QUIET_NANOS && told.compareAndSet(before, now)) {
      PEER_LOG.log(
          Level.WARNING,
          "Items refused receiver={0} items={1} transport={2} problem={3}",
          component,
          items,
          transport,
          why);
    }
  }
}
