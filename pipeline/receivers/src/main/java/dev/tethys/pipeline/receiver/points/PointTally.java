package dev.tethys.pipeline.receiver.points;

import dev.tethys.codec.points.BoundedReasons;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.exposition.Registry.Counter;
import dev.tethys.model.exposition.Registry.Vector;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.server.RefusedItems;
import java.lang.System.Logger.Level;
import java.util.function.LongSupplier;

/**
 * Counter of items that a receiver rejects, by transport and reason, with a line in the log at most
 * every ten seconds.
 */
public final class PointTally implements RefusedItems {
  private static final System.Logger LOG = JulLogger.of("dev.tethys.pipeline.receiver");

  private final String component;
  private final LongSupplier nanos;
  private final Vector<Counter> refused;
  private final LimitedLog
      log; // one per receiver: rejections of one receiver must not hide those of another
  private final BoundedReasons reasons;

  /**
   * Creates the counters of a receiver.
   *
   * @param component its name, also in logs
   * @param nanos monotonic clock
   */
  public PointTally(String component, Registry registry, LongSupplier nanos) {
    this(
        component,
        nanos,
        registry.counters(
            "tethys_receiver_refused_items_total",
            "Lines and elements that a receiver could not read or that a downstream consumer rejected.",
            "receiver",
            "transport",
            "reason"),
        new BoundedReasons());
  }

  private PointTally(
      String component, LongSupplier nanos, Vector<Counter> refused, BoundedReasons reasons) {
    this.component = component;
    this.nanos = nanos;
    this.log = new LimitedLog(LOG, nanos);
    this.refused = refused;
    this.reasons = reasons;
  }

  /** Returns the same metric for another receiver of the same registry. */
  public PointTally named(String other) {
    return new PointTally(other, nanos, refused, reasons);
  }

  /** Counters of the receiver that a context is of. */
  public static PointTally of(Context context) {
    return new PointTally(context.name(), context.metrics(), context.clock()::nanos);
  }

  @Override
  public void refused(String transport, RejectedItems r) {
    if (!r.isEmpty()) {
      r.reasons().forEach((reason, items) -> count(transport, reason, items));
      logLimited(
          transport, r.count(), r.kept().getFirst().why() + ": " + r.kept().getFirst().item());
    }
  }

  @Override
  public void refused(String transport, long items, String why) {
    count(transport, RejectedItems.reason(why), items);
    logLimited(transport, items, why);
  }

  private void count(String transport, String reason, long items) {
    refused.with(component, transport, reasons.bounded(reason)).add(items);
  }

  private void logLimited(String transport, long items, String why) {
    log.log(
        Level.WARNING,
        "Items refused receiver={0} items={1} transport={2} reason={3}",
        component,
        items,
        transport,
        why);
  }
}
