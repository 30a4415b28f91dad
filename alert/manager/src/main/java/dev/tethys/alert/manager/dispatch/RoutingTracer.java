package dev.tethys.alert.manager.dispatch;

import dev.tethys.alert.manager.dispatch.RoutingTrace.Branch;
import dev.tethys.alert.manager.dispatch.RoutingTrace.Interval;
import dev.tethys.alert.manager.dispatch.RoutingTrace.Notified;
import dev.tethys.alert.manager.dispatch.RoutingTrace.Outcome;
import dev.tethys.alert.manager.state.Alert;
import dev.tethys.alert.manager.state.AlertNote;
import dev.tethys.alert.manager.state.AlertNotes;
import dev.tethys.alert.manager.state.AlertStore;
import dev.tethys.alert.manager.state.LabelSet;
import dev.tethys.alert.manager.state.NotificationLog;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Traces an alert through all steps that decide about its notifications, without changing anything.
 */
public final class RoutingTracer {
  private final AlertDispatcher dispatcher;
  private final NotificationPipeline pipeline;
  private final Inhibitor inhibitor;
  private final AlertStore alerts;
  private final AlertNotes notes;
  private final InstantSource clock;

  public RoutingTracer(
      AlertDispatcher dispatcher,
      NotificationPipeline pipeline,
      Inhibitor inhibitor,
      AlertStore alerts,
      AlertNotes notes,
      InstantSource clock) {
    this.dispatcher = dispatcher;
    this.pipeline = pipeline;
    this.inhibitor = inhibitor;
    this.alerts = alerts;
    this.notes = notes;
    this.clock = clock;
  }

  /** Returns the current result of routing an alert with these labels. */
  public RoutingTrace trace(LabelSet labels) {
    Instant now = clock.instant();
    Alert alert = alerts.get(labels);
    RouteWalk walk = RouteWalk.of(dispatcher.root(), labels.map());
    Inhibitor.Inhibition inhibition = inhibitor.inhibition(labels);
    AlertNote ack = alert == null ? null : notes.acknowledgement(alert);
    List<Branch> branches = new ArrayList<>();
    List<AlertDispatcher.GroupState> states = dispatcher.states(labels);
    for (int i = 0; i < states.size(); i++) {
      int id = walk.taken().get(i).id();
      branches.add(branch(id, states.get(i), labels, alert, inhibition, ack, now));
    }
    return new RoutingTrace(now, labels, alert, walk.steps(), inhibition, ack, branches);
  }

  private Branch branch(
      int id,
      AlertDispatcher.GroupState g,
      LabelSet labels,
      @Nullable Alert alert,
      Inhibitor.@Nullable Inhibition inhibition,
      @Nullable AlertNote ack,
      Instant now) {
    List<Interval> intervals = new ArrayList<>();
    g.route()
        .activeTimeIntervals()
        .forEach(n -> intervals.add(new Interval(n, true, pipeline.holds(n, now))));
    g.route()
        .muteTimeIntervals()
        .forEach(n -> intervals.add(new Interval(n, false, pipeline.holds(n, now))));
    List<String> silencedBy = pipeline.silencing(labels, g.route());
    List<Alert> free =
        g.alerts().stream().filter(a -> !pipeline.isHeld(a.labels(), g.route())).toList();
    List<Notified> notified = new ArrayList<>();
    for (Integration i : pipeline.integrations(g.route().receiver())) {
      notified.add(describeNotification(i, g, labels, free));
    }
    Decision v = decide(g, alert, inhibition, intervals, silencedBy, notified, ack, now);
    return new Branch(id, g, intervals, silencedBy, notified, v.outcome, v.because);
  }

  private Notified describeNotification(
      Integration i, AlertDispatcher.GroupState g, LabelSet labels, List<Alert> free) {
    NotificationLog.Entry last = pipeline.last(i, g.key());
    NotifyReason reason = pipeline.reason(i, g.key(), g.route().repeatInterval(), free);
    String name = FlushEvents.name(i);
    FlushResult flush = g.last();
    FlushResult.Attempt attempt =
        flush == null
            ? null
            : flush.attempts().stream()
                .filter(a -> a.integration().equals(name))
                .findFirst()
                .orElse(null);
    return new Notified(
        name,
        i.sendResolved(),
        last,
        last != null && last.firing().contains(labels.notifiedHash()),
        reason.text(),
        last == null ? null : last.at().plus(g.route().repeatInterval()),
        attempt,
        g.failures().get(name));
  }

  private record Decision(Outcome outcome, String because) {}

  private static Decision decide(
      AlertDispatcher.GroupState g,
      @Nullable Alert alert,
      Inhibitor.@Nullable Inhibition inhibition,
      List<Interval> intervals,
      List<String> silencedBy,
      List<Notified> notified,
      @Nullable AlertNote ack,
      Instant now) {
    if (inhibition != null) {
      return new Decision(
          Outcome.INHIBITED,
          "inhibited by "
              + inhibition.source().labels()
              + " ("
              + inhibition.rule()
              + (inhibition.equal().isEmpty()
                  ? ""
                  : ", equal " + String.join(", ", inhibition.equal()))
              + ")");
    }
    List<Interval> active = intervals.stream().filter(Interval::active).toList();
    if (!active.isEmpty() && active.stream().noneMatch(Interval::holds)) {
      return new Decision(Outcome.MUTED, "no notifications outside of " + names(active));
    }
    List<Interval> muting = intervals.stream().filter(i -> !i.active() && i.holds()).toList();
    if (!muting.isEmpty()) {
      return new Decision(Outcome.MUTED, "no notifications during " + names(muting));
    }
    if (!silencedBy.isEmpty()) {
      return new Decision(Outcome.SILENCED, "silenced by " + String.join(", ", silencedBy));
    }
    if (notified.isEmpty()) {
      return new Decision(
          Outcome.NOBODY, "receiver " + g.route().receiver() + " has no integrations");
    }
    if (alert == null) {
      return new Decision(
          Outcome.UNKNOWN,
          "no such alert was received; it would be notified after "
              + g.route().groupWait().toSeconds()
              + " s");
    }
    return known(g, alert, notified, ack, now);
  }

  /** Decides for an alert that is not suppressed. */
  private static Decision known(
      AlertDispatcher.GroupState g,
      Alert alert,
      List<Notified> notified,
      @Nullable AlertNote ack,
      Instant now) {
    for (Notified t : notified) {
      FlushResult.Attempt a = t.attempt();
      if (a != null && a.result() == FlushResult.Result.FAILED) {
        return new Decision(
            Outcome.FAILED, t.integration() + " failed at " + a.at() + ": " + a.detail() + next(g));
      }
    }
    boolean due = notified.stream().anyMatch(t -> !t.reason().equals(NotifyReason.NONE.text()));
    if (alert.isResolvedAt(now) && !due) {
      return new Decision(Outcome.OVER, "it ended at " + alert.endsAt());
    }
    FlushResult last = g.last();
    if (last == null || last.at().isBefore(alert.startsAt()) && due) {
      return new Decision(Outcome.WAITING, "its group was not flushed since it arrived" + next(g));
    }
    boolean onlyRepeats =
        notified.stream()
            .map(Notified::reason)
            .allMatch(
                r -> r.equals(NotifyReason.NONE.text()) || r.equals(NotifyReason.REPEAT.text()));
    if (ack != null && onlyRepeats) {
      return new Decision(
          Outcome.ACKNOWLEDGED,
          "acknowledged by "
              + ack.author()
              + " at "
              + ack.at()
              + "; not repeated until something changes"
              + (ack.until() == null ? "" : " or it is " + ack.until()));
    }
    if (due) {
      Notified t =
          notified.stream()
              .filter(x -> !x.reason().equals(NotifyReason.NONE.text()))
              .findFirst()
              .orElseThrow();
      return new Decision(Outcome.DUE, t.integration() + " is notified: " + t.reason() + next(g));
    }
    Instant sent =
        notified.stream()
            .map(Notified::last)
            .filter(java.util.Objects::nonNull)
            .map(NotificationLog.Entry::at)
            .max(Instant::compareTo)
            .orElse(null);
    Instant repeat =
        notified.stream()
            .map(Notified::repeatDue)
            .filter(java.util.Objects::nonNull)
            .min(Instant::compareTo)
            .orElse(null);
    return new Decision(
        Outcome.NOTIFIED,
        sent == null ? "no notification is due" : "sent at " + sent + ", repeated after " + repeat);
  }

  private static String next(AlertDispatcher.GroupState g) {
    return g.next() == null ? "" : "; next flush of the group at " + g.next();
  }

  private static String names(List<Interval> intervals) {
    return String.join(", ", intervals.stream().map(Interval::name).toList());
  }
}
