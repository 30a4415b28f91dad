package dev.tethys.alert.manager.dispatch;

import dev.tethys.alert.manager.config.TimeInterval;
import dev.tethys.alert.manager.dispatch.NotifyMetrics.Suppression;
import dev.tethys.alert.manager.receiver.Notification;
import dev.tethys.alert.manager.receiver.NotifyException;
import dev.tethys.alert.manager.recorder.EventRecorder;
import dev.tethys.alert.manager.state.Alert;
import dev.tethys.alert.manager.state.AlertNotes;
import dev.tethys.alert.manager.state.LabelSet;
import dev.tethys.alert.manager.state.NotificationLog;
import dev.tethys.alert.manager.state.Silence;
import dev.tethys.alert.manager.state.Silences;
import dev.tethys.alert.manager.template.TemplateData;
import dev.tethys.alert.manager.template.Templates;
import dev.tethys.codec.template.TemplateException;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.tracing.ActiveSpan;
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
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Steps between the flush of a group and its notifications: inhibition, time intervals, silences,
 * then for each integration deduplication, sending with retries, and the entry in the notification
 * log. Stateless.
 */
public final class NotificationPipeline {
  /** Minimum time limit of a notification, even for a shorter group interval. */
  static final Duration MIN_TIME = Duration.ofSeconds(10);

  private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(60);
  private static final System.Logger LOG = JulLogger.of(NotificationPipeline.class.getName());
  private static final LimitedLog PEER_LOG = new LimitedLog(LOG);

  /** Rate-limited logs by integration. */
  private final Map<String, LimitedLog> logs = new ConcurrentHashMap<>();

  /** Dependencies shared by the pipeline steps. */
  public record Dependencies(
      Inhibitor inhibitor,
      Silences silences,
      NotificationLog log,
      AlertNotes notes,
      Templates templates,
      NotifyMetrics metrics,
      DeliveryStates deliveries,
      ManagerClock clock,
      ClusterPosition turns,
      EventRecorder recorder) {}

  private final Map<String, List<Integration>> receivers;
  private final Map<String, Map<String, String>> receiverLabels;
  private final Map<String, List<TimeInterval>> intervals;
  private final Dependencies s;
  private final GroupEvents record;

  /**
   * @param receiverLabels the labels of receivers by their names
   */
  public NotificationPipeline(
      Map<String, List<Integration>> receivers,
      Map<String, Map<String, String>> receiverLabels,
      Map<String, List<TimeInterval>> intervals,
      Dependencies dependencies) {
    this.receivers = receivers;
    this.receiverLabels = receiverLabels;
    this.intervals = intervals;
    this.s = dependencies;
    this.record = new GroupEvents(dependencies.recorder());
    receivers.values().forEach(all -> all.forEach(dependencies.metrics()::add));
    dependencies.deliveries().apply(receivers);
  }

  /**
   * Notifies about a group as far as that is due.
   *
   * @param notes receives the events of the flush
   * @return whether all receivers that are to know have been notified
   */
  boolean run(Flush f, FlushEvents notes) throws InterruptedException {
    Instant deadline = s.clock.instant().plus(time(f)).plus(s.turns.turn());
    if (!s.turns.awaitSettled(deadline)) {
      LOG.log(
          Level.WARNING,
          "{0}: not notified while the cluster settles; the group is flushed again later",
          f.groupKey());
      for (Integration i : integrations(f.route().receiver())) {
        notes.attempt(
            i,
            s.clock.instant(),
            FlushResult.Result.FAILED,
            "the members of the cluster are unknown yet");
      }
      return false;
    }
    List<Alert> alerts =
        without(
            f.alerts(),
            this::inhibiting,
            FlushResult.Cause.INHIBITED,
            Suppression.INHIBITION,
            notes);
    if (alerts.isEmpty()) {
      return true;
    }
    List<String> quiet = quietTimes(f, alerts.size());
    notes.setMutingIntervals(quiet);
    if (!quiet.isEmpty()) {
      return true;
    }
    alerts =
        without(
            alerts,
            l -> silenced(l, f.route()),
            FlushResult.Cause.SILENCED,
            Suppression.SILENCE,
            notes);
    if (alerts.isEmpty()) {
      return true;
    }
    return notifyAll(f, alerts, notes);
  }

  private List<String> inhibiting(LabelSet labels) {
    Inhibitor.Inhibition by = s.inhibitor.inhibition(labels);
    if (by == null) {
      return List.of();
    }
    record.inhibited(labels, by.config(), by.source().labels());
    return List.of(by.source().labels().fingerprintText());
  }

  private List<String> silenced(LabelSet labels, RoutingNode route) {
    List<String> ids = silencing(labels, route);
    for (String id : ids) {
      Silence silence = s.silences.get(id);
      if (silence != null) {
        record.silenced(labels, silence);
      }
    }
    return ids;
  }

  /** Returns the silences that match these labels on a route. */
  List<String> silencing(LabelSet labels, RoutingNode route) {
    return s.silences.silencing(
        labels, receiverLabels.getOrDefault(route.receiver(), Map.of("name", route.receiver())));
  }

  /** Returns the integrations of a receiver. */
  List<Integration> integrations(String receiver) {
    return receivers.getOrDefault(receiver, List.of());
  }

  /** Returns the timeout of a notification. */
  private static Duration time(Flush f) {
    Duration interval = f.route().groupInterval();
    return interval.compareTo(MIN_TIME) < 0 ? MIN_TIME : interval;
  }

  private interface Muter {
    List<String> muting(LabelSet labels);
  }

  private List<Alert> without(
      List<Alert> alerts, Muter m, FlushResult.Cause cause, Suppression why, FlushEvents notes) {
    List<Alert> kept = new ArrayList<>(alerts.size());
    try (ActiveSpan span = ActiveSpan.current().child("notify.MuteStage.Exec")) {
      for (Alert a : alerts) {
        List<String> by = m.muting(a.labels());
        if (by.isEmpty()) {
          kept.add(a);
        } else {
          notes.held(a, cause, by);
        }
      }
      span.set("alerting.alerts.count", alerts.size())
          .set("alerting.alerts.muted.count", alerts.size() - kept.size())
          .set("alerting.alerts.filtered.count", kept.size())
          .set("alerting.suppressed.reason", why.text);
    }
    if (kept.size() < alerts.size()) {
      s.metrics.suppressed(why, alerts.size() - kept.size());
    }
    return kept;
  }

  /** Returns the names of the time intervals that mute the group now. */
  private List<String> quietTimes(Flush f, int alerts) {
    try (ActiveSpan span = ActiveSpan.current().child("notify.TimeMuteStage.Exec")) {
      List<String> quiet = mutingIntervals(f, alerts);
      span.set("alerting.alerts.count", alerts).set("alerting.route.id", f.route().id());
      if (!quiet.isEmpty()) {
        span.event("notify.TimeMuteStage.Exec muted the alerts");
      }
      return quiet;
    }
  }

  private List<String> mutingIntervals(Flush f, int alerts) {
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

  /** Whether the interval with this name is active. */
  boolean holds(String interval, Instant at) {
    return intervals.getOrDefault(interval, List.of()).stream().anyMatch(i -> i.contains(at));
  }

  private boolean notifyAll(Flush f, List<Alert> alerts, FlushEvents notes)
      throws InterruptedException {
    LabelSet routeLabels = routeLabels(f.route(), f.group(), f.alerts(), f.at());
    AtomicBoolean ok = new AtomicBoolean(true);
    List<Runnable> tasks = new ArrayList<>();
    ActiveSpan span = ActiveSpan.current();
    for (Integration i : integrations(f.route().receiver())) {
      Runnable task =
          () -> {
            try {
              if (!notifyIntegration(i, f, alerts, routeLabels, notes)) {
                ok.set(false);
              }
            } catch (InterruptedException e) {
              ok.set(false);
              Thread.currentThread().interrupt();
            } catch (RuntimeException e) {
              ok.set(false);
              notes.attempt(i, s.clock.instant(), FlushResult.Result.FAILED, e.toString());
              PEER_LOG.failure(Level.ERROR, "Notification failed", i + ": " + f.groupKey(), e);
            }
          };
      tasks.add(span.wrap(task));
    }
    s.clock.all(tasks);
    return ok.get();
  }

  /** Returns the labels of a route, expanded for a group. */
  LabelSet routeLabels(RoutingNode route, LabelSet group, List<Alert> alerts, Instant at) {
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
            PEER_LOG.log(Level.ERROR, "label {0} of route {1}: {2}", name, route.key(), problem));
  }

  /** Whether all firing alerts were acknowledged, so that it is not repeated. */
  private boolean isAcknowledged(List<Alert> alerts, Instant at) {
    return alerts.stream()
        .filter(a -> !a.isResolvedAt(at))
        .allMatch(a -> s.notes.acknowledgement(a) != null);
  }

  /**
   * Returns a rate-limited log: clients determine the number of groups, and so the number of lines
   * about them.
   */
  private LimitedLog log(Integration i) {
    return logs.computeIfAbsent(i.toString(), key -> new LimitedLog(LOG));
  }

  private void prolong(NotificationLog.Key key, Duration repeat) {
    try {
      s.log.prolong(key, repeat.multipliedBy(2));
    } catch (IOException e) {
      PEER_LOG.log(Level.ERROR, "notification log not written to disk: {0}", e.getMessage());
    }
  }

  private boolean notifyIntegration(
      Integration i, Flush f, List<Alert> alerts, LabelSet routeLabels, FlushEvents notes)
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
    NotificationLog.Entry last;
    Duration repeat = f.route().repeatInterval();
    NotifyReason reason;
    try (ActiveSpan span = ActiveSpan.current().child("notify.DedupStage.Exec")) {
      last = s.log.find(key);
      reason = NotifyReason.of(last, firing, resolved, i.sendResolved(), repeat, f.at());
      if (span.isRecorded()) {
        span.set("alerting.group.key", f.groupKey())
            .set("alerting.alerts.count", alerts.size())
            .set("alerting.notify.reason", reason.text());
      }
    }
    if (reason == NotifyReason.NONE) {
      notes.attempt(i, s.clock.instant(), FlushResult.Result.NOTHING_NEW, "");
      return true;
    }
    if (reason == NotifyReason.REPEAT && isAcknowledged(alerts, f.at())) {
      s.metrics.suppressed(Suppression.ACKNOWLEDGEMENT, alerts.size());
      notes.attempt(i, s.clock.instant(), FlushResult.Result.ACKNOWLEDGED, "");
      prolong(key, repeat);
      return true;
    }
    Map<String, String> memo = new HashMap<>();
    if (last != null && reason != NotifyReason.FIRST) {
      memo.putAll(last.memo());
    }
    List<Alert> notified =
        i.sendResolved() ? alerts : alerts.stream().filter(a -> !a.isResolvedAt(f.at())).toList();
    s.metrics.begun(i);
    if (!notified.isEmpty()) {
      TemplateData data =
          s.templates.data(i.receiver(), f.group(), routeLabels, reason.text(), notified, f.at());
      Notification n = new Notification(f.groupKey(), notified, data, f.at(), memo);
      String problem;
      try (ActiveSpan span = ActiveSpan.current().child("notify.RetryStage.Exec")) {
        span.set("alerting.group.name", i.receiver())
            .set("alerting.integration.name", i.kind())
            .set("alerting.alerts.count", notified.size());
        problem = span.during(() -> send(i, f, n));
        if (problem != null) {
          span.failed(problem);
        }
      }
      notes.recordNotification(i, s.clock.instant(), notified, problem == null);
      if (problem != null) {
        notes.attempt(i, s.clock.instant(), FlushResult.Result.FAILED, problem);
        return false;
      }
      notes.attempt(i, s.clock.instant(), FlushResult.Result.SENT, reason.text());
      record.notified(
          f,
          i,
          reason,
          new GroupEvents.NotificationContent(
              notified, firing, resolved, notes.heldHashes(), s.clock.instant()));
    } else {
      notes.attempt(
          i,
          s.clock.instant(),
          FlushResult.Result.NOTHING_NEW,
          "resolved alerts are not sent to this receiver");
    }
    try (ActiveSpan span = ActiveSpan.current().child("notify.SetNotifiesStage.Exec")) {
      s.log.note(key, firing, resolved, memo, repeat.multipliedBy(2));
      span.set("alerting.alerts.firing.count", firing.size())
          .set("alerting.alerts.resolved.count", resolved.size());
    } catch (IOException e) {
      log(i)
          .log(
              Level.ERROR,
              "{0}: the notification about {1} was not recorded on disk, and may be repeated after a"
                  + " restart: {2}",
              i,
              f.groupKey(),
              e.getMessage());
    }
    return true;
  }

  /**
   * Sends until success, a permanent rejection, or the deadline.
   *
   * @return the last error; null on success
   */
  private @Nullable String send(Integration i, Flush f, Notification n)
      throws InterruptedException {
    Instant deadline = s.clock.instant().plus(time(f));
    Duration pause = FIRST_PAUSE;
    String reason = "";
    for (int attempt = 1; ; attempt++) {
      NotifyException failure = attempt(i, n, Duration.between(s.clock.instant(), deadline));
      if (failure == null) {
        if (attempt > 1) {
          log(i).log(Level.INFO, "{0}: notified after {1} attempts", i, attempt);
        }
        return null;
      }
      Duration next = jittered(pause);
      boolean late = !s.clock.instant().plus(next).isBefore(deadline);
      if (!failure.again() || late) {
        s.metrics.failed(i, failure.reason());
        log(i)
            .log(
                Level.ERROR,
                "{0}: {1}: not notified after {2} attempts{3}: {4}",
                i,
                f.groupKey(),
                attempt,
                failure.again() ? "; retried at the next flush of the group" : "",
                failure.problem());
        return failure.problem();
      }
      if (!failure.problem().equals(reason)) {
        reason = failure.problem();
        log(i)
            .log(
                Level.WARNING,
                "{0}: attempt {1} failed, will be repeated: {2}",
                i,
                attempt,
                reason);
      }
      s.clock.pause(next);
      pause = pause.multipliedBy(3).dividedBy(2);
      pause = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
    }
  }

  private @Nullable NotifyException attempt(Integration i, Notification n, Duration remaining)
      throws InterruptedException {
    long start = System.nanoTime();
    NotifyException failure;
    try (ActiveSpan span =
        ActiveSpan.current().child("notify.Integration.Notify", ActiveSpan.Kind.CLIENT)) {
      span.set("alerting.notify.integration.name", i.kind())
          .set("alerting.alerts.count", n.alerts().size());
      failure = sendTraced(i, n, remaining, span);
    }
    s.metrics.request(i, (System.nanoTime() - start) / 1e9, failure == null);
    if (failure == null) {
      s.deliveries.sent(i, s.clock.instant());
    } else {
      s.deliveries.failed(i, s.clock.instant(), failure.problem());
    }
    return failure;
  }

  private static @Nullable NotifyException sendTraced(
      Integration i, Notification n, Duration remaining, ActiveSpan span)
      throws InterruptedException {
    Duration time = remaining.isNegative() || remaining.isZero() ? Duration.ofMillis(1) : remaining;
    NotifyException failure =
        span.<@Nullable NotifyException, InterruptedException>during(
            () -> {
              try {
                i.notifier().send(n, time);
                return null;
              } catch (NotifyException e) {
                return e;
              } catch (TemplateException e) {
                return new NotifyException(false, NotifyException.Reason.OTHER, e.reason());
              }
            });
    if (failure != null) {
      span.set("alerting.notify.error.recoverable", failure.again()).failed(failure.problem());
    }
    return failure;
  }

  /**
   * Returns the reason to notify an integration now if its group were flushed.
   *
   * @param alerts alerts of the group that are not suppressed
   */
  NotifyReason reason(Integration i, String groupKey, Duration repeat, List<Alert> alerts) {
    Instant now = s.clock.instant();
    Set<Long> firing = new HashSet<>();
    Set<Long> resolved = new HashSet<>();
    for (Alert a : alerts) {
      (a.isResolvedAt(now) ? resolved : firing).add(a.labels().notifiedHash());
    }
    return NotifyReason.of(last(i, groupKey), firing, resolved, i.sendResolved(), repeat, now);
  }

  /** Returns the last notification to an integration about a group; null if none. */
  NotificationLog.@Nullable Entry last(Integration i, String groupKey) {
    return s.log.peek(new NotificationLog.Key(groupKey, i.receiver(), i.kind(), i.index()));
  }

  /** Whether an alert is currently held back on a route. */
  boolean isHeld(LabelSet labels, RoutingNode route) {
    return s.inhibitor.inhibiting(labels) != null || !silencing(labels, route).isEmpty();
  }

  private static Duration jittered(Duration d) {
    return Duration.ofNanos(
        (long) (d.toNanos() * ThreadLocalRandom.current().nextDouble(0.5, 1.5)));
  }
}
