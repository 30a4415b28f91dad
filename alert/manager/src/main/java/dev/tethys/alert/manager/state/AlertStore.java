package dev.tethys.alert.manager.state;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.alert.manager.recorder.EventKind;
import dev.tethys.alert.manager.recorder.EventRecorder;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Active alerts in memory; senders repeat them.
 *
 * <p>Invariants: everything is guarded by this object; a listener is called in the order in which
 * alerts were stored, under the lock, and must not block.
 */
public final class AlertStore {
  /** Maximum number of alerts. */
  public static final int MAX_ALERTS = 1_000_000;

  private static final LimitedLog PEER_LOG =
      new LimitedLog(JulLogger.of(AlertStore.class.getName()));

  private final InstantSource clock;
  private final int perNameLimit;
  private final int maxAlerts;
  private final long maxBytes;
  private final EventRecorder recorder;

  @GuardedBy("this")
  private final Map<LabelSet, Alert> alerts = new HashMap<>();

  @GuardedBy("this")
  private final Map<String, Integer> perName = new HashMap<>();

  private final List<Consumer<List<Alert>>> listeners = new CopyOnWriteArrayList<>();
  private long bytes; // of all alerts
  private final boolean byName;
  private final Registry.Vector<Registry.Counter> limited;

  /**
   * @param perNameLimit maximum number of alerts with the same name; 0 for no limit
   * @param byName whether dropped alerts are counted by name
   */
  public AlertStore(
      InstantSource clock,
      int perNameLimit,
      boolean byName,
      Registry registry,
      EventRecorder recorder) {
    this(
        clock,
        perNameLimit,
        MAX_ALERTS,
        Runtime.getRuntime().maxMemory() / 4,
        byName,
        registry,
        recorder);
  }

  AlertStore(
      InstantSource clock,
      int perNameLimit,
      int maxAlerts,
      long maxBytes,
      boolean byName,
      Registry registry,
      EventRecorder recorder) {
    this.clock = clock;
    this.perNameLimit = perNameLimit;
    this.maxAlerts = maxAlerts;
    this.maxBytes = maxBytes;
    this.byName = byName;
    this.recorder = recorder;
    registry
        .gauge(
            "alertmanager_alerts_per_alert_limit",
            "Current limit on number of alerts per alert name")
        .set(perNameLimit);
    limited =
        registry.counters(
            "alertmanager_alerts_limited_total",
            "Total number of alerts that were dropped due to per alert name limit",
            byName ? new String[] {"alertname"} : new String[0]);
    if (!byName) {
      limited.with();
    }
  }

  /** Stores alerts, each merged with its earlier version; those beyond a limit are dropped. */
  public synchronized void put(List<Alert> incoming) {
    List<Alert> stored = new ArrayList<>(incoming.size());
    for (Alert a : incoming) {
      Alert old = alerts.get(a.labels());
      if (old == null && !hasRoom(a.name())) {
        drop(a, "there are too many of them");
        continue;
      }
      Alert now = old != null && a.overlaps(old) ? old.merge(a, clock.instant()) : a;
      if (!hasMemory(now)) {
        drop(a, "alerts take more than " + maxBytes + " bytes of memory, a quarter of the heap");
        continue;
      }
      old = alerts.put(now.labels(), now);
      bytes += now.bytes() - (old == null ? 0 : old.bytes());
      if (old == null) {
        perName.merge(now.name(), 1, Integer::sum);
        Instant at = clock.instant();
        recorder.record(
            EventKind.ALERT_CREATED, f -> f.message(1, "alert", EventMessages.alert(now, at)));
      }
      stored.add(now);
    }
    if (!stored.isEmpty()) {
      listeners.forEach(l -> l.accept(stored));
    }
  }

  @GuardedBy("this")
  private void drop(Alert a, String reason) {
    boolean known = perName.containsKey(a.name()); // others would be labels without end
    (byName ? limited.with(known ? a.name() : "") : limited.with()).inc();
    PEER_LOG.log(Level.WARNING, "an alert {0} was dropped: {1}", a.name(), reason);
  }

  @GuardedBy("this")
  private boolean hasMemory(Alert a) {
    if (bytes + more(a) > maxBytes) {
      collectGarbage();
    }
    return bytes + more(a) <= maxBytes;
  }

  /** Returns the number of bytes added by an alert. */
  @GuardedBy("this")
  private long more(Alert a) {
    Alert old = alerts.get(a.labels());
    return a.bytes() - (old == null ? 0 : old.bytes());
  }

  @GuardedBy("this")
  private boolean hasRoom(String name) {
    if (alerts.size() >= maxAlerts
        || perNameLimit > 0 && perName.getOrDefault(name, 0) >= perNameLimit) {
      collectGarbage();
    }
    return alerts.size() < maxAlerts
        && (perNameLimit <= 0 || perName.getOrDefault(name, 0) < perNameLimit);
  }

  /**
   * Passes all current alerts to a listener, and afterwards stored ones, in the batches of their
   * arrival.
   *
   * @return ends the subscription
   */
  public synchronized Runnable listen(Consumer<List<Alert>> listener) {
    listener.accept(all());
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  /** Removes resolved alerts; the groups are responsible for their last notifications. */
  public synchronized void collectGarbage() {
    Instant now = clock.instant();
    Iterator<Alert> i = alerts.values().iterator();
    while (i.hasNext()) {
      Alert a = i.next();
      if (a.isResolvedAt(now)) {
        i.remove();
        bytes -= a.bytes();
        perName.computeIfPresent(a.name(), (k, n) -> n == 1 ? null : n - 1);
      }
    }
  }

  public synchronized List<Alert> all() {
    return new ArrayList<>(alerts.values());
  }

  public synchronized @Nullable Alert get(LabelSet labels) {
    return alerts.get(labels);
  }
}
