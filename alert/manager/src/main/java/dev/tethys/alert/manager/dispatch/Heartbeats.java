package dev.tethys.alert.manager.dispatch;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.alert.manager.config.HeartbeatConfig;
import dev.tethys.alert.manager.state.Alert;
import dev.tethys.alert.manager.state.AlertStore;
import dev.tethys.alert.manager.state.LabelSet;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.log.JulLogger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Checks that certain alerts arrive regularly, and raises an alert about missing ones: a dead man's
 * switch.
 *
 * <p>Invariants: guarded by this object. A heartbeat that keeps its name over a change of the
 * configuration keeps the time of its last alert; a new one counts from its configuration.
 */
public final class Heartbeats {
  private static final System.Logger LOG = JulLogger.of(Heartbeats.class.getName());

  /** Lifetime of a heartbeat alert unless it is raised again. */
  private static final Duration HOLDS = Duration.ofMinutes(5);

  private static final class Watched {
    HeartbeatConfig config;
    Instant lastReceived;
    @Nullable Instant missingSince;

    Watched(HeartbeatConfig config, Instant lastReceived) {
      this.config = config;
      this.lastReceived = lastReceived;
    }
  }

  /**
   * Heartbeat state.
   *
   * @param missingSince null while it is received
   */
  public record Pulse(
      HeartbeatConfig config, Instant lastReceived, @Nullable Instant missingSince) {}

  private final AlertStore alerts;
  private final InstantSource clock;

  @GuardedBy("this")
  private Map<String, Watched> watched = new LinkedHashMap<>();

  public Heartbeats(AlertStore alerts, InstantSource clock, Registry registry) {
    this.alerts = alerts;
    this.clock = clock;
    registry.register(to -> to.accept(family()));
  }

  private MetricFamily family() {
    return new MetricFamily(
        "tethys_alertmanager_heartbeat_missing",
        MetricType.GAUGE,
        "1 if the expected alert is missing, 0 otherwise.",
        "",
        pulses().stream()
            .map(
                p ->
                    new MetricFamily.Metric(
                        dev.tethys.model.Labels.of("heartbeat", p.config.name()),
                        p.missingSince == null ? 0 : 1))
            .toList());
  }

  /** Obeys a configuration from now on. */
  public void apply(List<HeartbeatConfig> configs) {
    List<Alert> over = new ArrayList<>();
    synchronized (this) {
      Instant now = clock.instant();
      Map<String, Watched> former = watched;
      watched = new LinkedHashMap<>();
      for (HeartbeatConfig c : configs) {
        Watched w = former.get(c.name());
        if (w == null || !w.config.matchers().equals(c.matchers())) {
          watched.put(c.name(), new Watched(c, now));
        } else {
          Watched next = new Watched(c, w.lastReceived);
          if (w.config.labels().equals(c.labels())) {
            next.missingSince = w.missingSince;
            former.remove(c.name());
          }
          watched.put(c.name(), next);
        }
      }
      former.values().stream()
          .filter(w -> w.missingSince != null)
          .forEach(w -> over.add(alert(w, now, now)));
    }
    alerts.put(over);
  }

  /** Records received alerts. */
  public synchronized void recordAlerts(List<Alert> notified) {
    if (watched.isEmpty()) {
      return;
    }
    Instant now = clock.instant();
    for (Watched w : watched.values()) {
      for (Alert a : notified) {
        if (!a.isResolvedAt(now) && w.config.matchers().matches(a.labels().map())) {
          w.lastReceived = now;
          break;
        }
      }
    }
  }

  /** Checks all of them; to be called several times in the shortest time that is allowed. */
  public void tick() {
    List<Alert> raised = new ArrayList<>();
    synchronized (this) {
      Instant now = clock.instant();
      for (Watched w : watched.values()) {
        Instant due = w.lastReceived.plus(w.config.within());
        if (now.isBefore(due)) {
          if (w.missingSince != null) {
            LOG.log(Level.INFO, "heartbeat {0} is back", w.config.name());
            raised.add(alert(w, now, now));
            w.missingSince = null;
          }
          continue;
        }
        if (w.missingSince == null) {
          w.missingSince = due;
          LOG.log(
              Level.WARNING,
              "heartbeat {0} is missing: no alert {1} since {2}",
              w.config.name(),
              w.config.matchers(),
              w.lastReceived);
        }
        raised.add(alert(w, now, now.plus(HOLDS)));
      }
    }
    if (!raised.isEmpty()) {
      alerts.put(raised);
    }
  }

  private static Alert alert(Watched w, Instant now, Instant end) {
    Instant since = w.missingSince;
    return new Alert(
        LabelSet.of(w.config.labels()),
        LabelSet.of(w.config.annotations()),
        since == null ? now : since,
        end,
        "",
        now,
        end.isAfter(now));
  }

  /** Returns the current status of the heartbeats. */
  public synchronized List<Pulse> pulses() {
    return watched.values().stream()
        .map(w -> new Pulse(w.config, w.lastReceived, w.missingSince))
        .toList();
  }
}
