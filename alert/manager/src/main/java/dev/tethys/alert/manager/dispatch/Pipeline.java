package dev.tethys.alert.manager.dispatch;

import dev.tethys.alert.manager.config.TimeInterval;
import dev.tethys.alert.manager.dispatch.NotifyMetrics.Suppression;
import dev.tethys.alert.manager.receiver.Notification;
import dev.tethys.alert.manager.receiver.NotifyException;
import dev.tethys.alert.manager.state.Alert;
import dev.tethys.alert.manager.state.LabelSet;
import dev.tethys.alert.manager.state.NotificationLog;
import dev.tethys.alert.manager.state.Silences;
import dev.tethys.alert.manager.template.TemplateData;
import dev.tethys.alert.manager.template.Templates;
import dev.tethys.codec.template.TemplateException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The steps from a look at a group to its notifications: inhibition, times, silences, then for each
 * integration what was sent last, sending with repeated attempts, and noting what was sent. Holds
 * no state of its own.
 */
public final class Pipeline {
  /** How long sending may take at least, however short the group's interval. */
  static final Duration MIN_TIME = Duration.ofSeconds(10);

  private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(60);
  private static final System.Logger LOG = System.getLogger(Pipeline.class.getName());

  /** What the steps ask and change. */
  public record Surroundings(
      Inhibitor inhibitor,
      Silences silences,
      NotificationLog log,
      Templates templates,
      NotifyMetrics metrics,
      ManagerClock clock,
      Turns turns) {}

  private final Map<String, List<Integration>> receivers;
  private final Map<String, List<TimeInterval>> intervals;
  private final Surroundings s;

  public Pipeline(
      Map<String, List<Integration>> receivers,
      Map<String, List<TimeInterval>> intervals,
      Surroundings surroundings) {
    this.receivers = receivers;
    this.intervals = intervals;
    this.s = surroundings;
    receivers.values().forEach(all -> all.forEach(surroundings.metrics()::add));
  }

  /**
   * Notifies about a group as far as that is due.
   *
   * @param muted hears of the time intervals that keep the group quiet
   * @return whether everybody who is to know does
   */
  boolean run(Flush f, Consumer<List<String>> muted) throws InterruptedException {
    Instant deadline = s.clock.instant().plus(time(f)).plus(s.turns.turn());
    if (!s.turns.awaitSettled(deadline)) {
      LOG.log(
          Level.WARNING,
          "{0}: not notified while the cluster settles; the group is looked at again",
          f.groupKey());
      return false;
    }
    List<Alert> alerts =
        without(f.alerts(), l -> s.inhibitor.inhibiting(l) != null, Suppression.INHIBITION);
    if (alerts.isEmpty()) {
      return true;
    }
    List<String> quiet = quietTimes(f, alerts.size());
    muted.accept(quiet);
    if (!quiet.isEmpty()) {
      return true;
    }
    alerts = without(alerts, l -> !s.silences.silencing(l).isEmpty(), Suppression.SILENCE);
    if (alerts.isEmpty()) {
      return true;
    }
    return notifyAll(f, alerts);
  }

  /** How long sending may take. */
  private static Duration time(Flush f) {
    Duration interval = f.route().groupInterval();
    return interval.compareTo(MIN_TIME) < 0 ? MIN_TIME : interval;
  }

  private interface Muter {
    boolean mutes(LabelSet labels);
  }

  private List<Alert> without(List<Alert> alerts, Muter m, Suppression why) {
    List<Alert> kept = alerts.stream().filter(a -> !m.mutes(a.labels())).toList();
    if (kept.size() < alerts.size()) {
      s.metrics.suppressed(why, alerts.size() - kept.size());
    }
    return kept;
  }

  /** The names of the time intervals because of which nobody is told now. */
  private List<String> quietTimes(Flush f, int alerts) {
    List<String> active = f.route().activeTimeIntervals();
    if (!active.isEmpty() && active.stream().noneMatch(n -> holds(n, f.at()))) {
      s.metrics.suppressed(Suppression.ACTIVE_TIME, alerts);
      return active;
    }
    List<String> mute =
        f.route().muteTimeIntervals().stream().filter(n -> holds(n, f.at())).toList();
    if (!mute.isEmpty()) {
      s.metrics.suppressed(Suppression.MUTE_TIME, alerts);
    }
    return mute;
  }

  private boolean holds(String interval, Instant at) {
    return intervals.getOrDefault(interval, List.of()).stream().anyMatch(i -> i.contains(at));
  }

  private boolean notifyAll(Flush f, List<Alert> alerts) throws InterruptedException {
    LabelSet routeLabels = routeLabels(f.route(), f.group(), f.alerts(), f.at());
    AtomicBoolean ok = new AtomicBoolean(true);
    List<Runnable> tasks = new ArrayList<>();
    for (Integration i : receivers.getOrDefault(f.route().receiver(), List.of())) {
      tasks.add(
          () -> {
            try {
              if (!one(i, f, alerts, routeLabels)) {
                ok.set(false);
              }
            } catch (InterruptedException e) {
              ok.set(false);
              Thread.currentThread().interrupt();
            } catch (RuntimeException e) {
              ok.set(false);
              LOG.log(Level.ERROR, i + ": " + f.groupKey() + ": unexpected failure", e);
            }
          });
    }
    s.clock.all(tasks);
    return ok.get();
  }

  /** The labels of a route, expanded for a group. */
  LabelSet routeLabels(Route route, LabelSet group, List<Alert> alerts, Instant at) {
    if (route.labels().isEmpty() || alerts.isEmpty()) {
      return LabelSet.EMPTY;
    }
    TemplateData data =
        s.templates.data(
            route.receiver(), group, LabelSet.of(route.labels()), "unknown", alerts, at);
    return s.templates.routeLabels(
        route.labels(),
        data,
        (name, problem) ->
            LOG.log(Level.ERROR, "label {0} of route {1}: {2}", name, route.key(), problem));
  }

  private boolean one(Integration i, Flush f, List<Alert> alerts, LabelSet routeLabels)
      throws InterruptedException {
    Set<Long> firing = new HashSet<>();
    Set<Long> resolved = new HashSet<>();
    for (Alert a : alerts) {
      (a.isResolvedAt(f.at()) ? resolved : firing).add(a.labels().notifiedHash());
    }
    NotificationLog.Key key =
        new NotificationLog.Key(f.groupKey(), i.receiver(), i.kind(), i.index());
    Duration turn = s.turns.turn();
    if (turn.isPositive()) {
      s.clock.pause(turn); // others, before us, may tell meanwhile that they have sent
    }
    NotificationLog.Entry last = s.log.find(key);
    Duration repeat = f.route().repeatInterval();
    NotifyReason reason = NotifyReason.of(last, firing, resolved, i.sendResolved(), repeat, f.at());
    if (reason == NotifyReason.NONE) {
      return true;
    }
    Map<String, String> memo = new HashMap<>();
    if (last != null && reason != NotifyReason.FIRST) {
      memo.putAll(last.memo());
    }
    List<Alert> told =
        i.sendResolved() ? alerts : alerts.stream().filter(a -> !a.isResolvedAt(f.at())).toList();
    s.metrics.begun(i);
    if (!told.isEmpty()) {
      TemplateData data =
          s.templates.data(i.receiver(), f.group(), routeLabels, reason.text(), told, f.at());
      if (!send(i, f, new Notification(f.groupKey(), told, data, f.at(), memo))) {
        return false;
      }
    }
    try {
      s.log.note(key, firing, resolved, memo, repeat.multipliedBy(2));
    } catch (IOException e) {
      LOG.log(
          Level.ERROR,
          "{0}: what was sent about {1} could not be written to disk, and may be sent again after a"
              + " restart: {2}",
          i,
          f.groupKey(),
          e.getMessage());
    }
    return true;
  }

  /** Sends, again and again until it is taken, refused for good, or there is no time left. */
  private boolean send(Integration i, Flush f, Notification n) throws InterruptedException {
    Instant deadline = s.clock.instant().plus(time(f));
    Duration pause = FIRST_PAUSE;
    String said = "";
    for (int attempt = 1; ; attempt++) {
      NotifyException failure = attempt(i, n, Duration.between(s.clock.instant(), deadline));
      if (failure == null) {
        if (attempt > 1) {
          LOG.log(Level.INFO, "{0}: notified after {1} attempts", i, attempt);
        }
        return true;
      }
      Duration next = jittered(pause);
      boolean late = !s.clock.instant().plus(next).isBefore(deadline);
      if (!failure.again() || late) {
        s.metrics.failed(i, failure.reason());
        LOG.log(
            Level.ERROR,
            "{0}: {1}: not notified after {2} attempts{3}: {4}",
            i,
            f.groupKey(),
            attempt,
            failure.again() ? "; it is tried again when the group is looked at next" : "",
            failure.problem());
        return false;
      }
      if (!failure.problem().equals(said)) {
        said = failure.problem();
        LOG.log(Level.WARNING, "{0}: attempt {1} failed, will be repeated: {2}", i, attempt, said);
      }
      s.clock.pause(next);
      pause = pause.multipliedBy(3).dividedBy(2);
      pause = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
    }
  }

  private @Nullable NotifyException attempt(Integration i, Notification n, Duration left)
      throws InterruptedException {
    long start = System.nanoTime();
    NotifyException failure = null;
    try {
      i.notifier().send(n, left.isNegative() || left.isZero() ? Duration.ofMillis(1) : left);
    } catch (NotifyException e) {
      failure = e;
    } catch (TemplateException e) {
      failure = new NotifyException(false, NotifyException.Reason.OTHER, e.reason());
    }
    s.metrics.request(i, (System.nanoTime() - start) / 1e9, failure == null);
    return failure;
  }

  private static Duration jittered(Duration d) {
    return Duration.ofNanos(
        (long) (d.toNanos() * ThreadLocalRandom.current().nextDouble(0.5, 1.5)));
  }
}
