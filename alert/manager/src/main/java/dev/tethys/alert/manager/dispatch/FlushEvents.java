package dev.tethys.alert.manager.dispatch;

import dev.tethys.alert.manager.dispatch.FlushResult.Attempt;
import dev.tethys.alert.manager.dispatch.FlushResult.Held;
import dev.tethys.alert.manager.state.Alert;
import dev.tethys.alert.manager.state.LabelSet;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Collects the events of one flush, from several threads. */
final class FlushEvents {
  private final Instant at;
  private final Map<LabelSet, Held> held = new LinkedHashMap<>();
  private final List<Attempt> attempts = new ArrayList<>();
  private final List<AlertEvent> events = new ArrayList<>();
  private List<String> quiet = List.of();

  FlushEvents(Instant at) {
    this.at = at;
  }

  synchronized void held(Alert a, FlushResult.Cause cause, List<String> by) {
    held.put(a.labels(), new Held(cause, by));
  }

  /** Returns the suppressed alerts, by their hashes in the notification log. */
  synchronized Set<Long> heldHashes() {
    return held.keySet().stream().map(LabelSet::notifiedHash).collect(Collectors.toSet());
  }

  synchronized void setMutingIntervals(List<String> intervals) {
    quiet = intervals;
  }

  synchronized void attempt(Integration i, Instant when, FlushResult.Result result, String detail) {
    attempts.add(new Attempt(name(i), when, result, detail));
  }

  /** Records the alerts of a successful or failed notification. */
  synchronized void recordNotification(
      Integration i, Instant when, List<Alert> alerts, boolean taken) {
    for (Alert a : alerts) {
      events.add(
          new AlertEvent(
              when,
              a.labels(),
              taken ? AlertEvent.Kind.NOTIFIED : AlertEvent.Kind.FAILED,
              i.toString()));
    }
  }

  static String name(Integration i) {
    return i.kind() + "[" + i.index() + "]";
  }

  synchronized FlushResult end() {
    Map<String, Set<LabelSet>> failing = new HashMap<>();
    for (AlertEvent e : events) {
      if (e.kind() == AlertEvent.Kind.FAILED) {
        failing.computeIfAbsent(e.by(), k -> new HashSet<>()).add(e.labels());
      }
    }
    return new FlushResult(at, new HashMap<>(held), quiet, failing, List.copyOf(attempts));
  }

  /**
   * Returns the events of the alerts since the previous flush.
   *
   * @param before null for the first flush
   */
  synchronized List<AlertEvent> events(
      List<Alert> seen, @org.jspecify.annotations.Nullable FlushResult before) {
    List<AlertEvent> out = new ArrayList<>();
    FlushResult now = end();
    for (Alert a : seen) {
      if (a.isResolvedAt(at)) {
        continue;
      }
      AlertEvent e = standing(now, a.labels());
      AlertEvent former = before == null ? null : standing(before, a.labels());
      boolean free = e.kind() == AlertEvent.Kind.FREE;
      if (former == null ? !free : former.kind() != e.kind() || !former.by().equals(e.by())) {
        out.add(e);
      }
    }
    for (AlertEvent e : events) {
      // A repeated failure is not a new event.
      boolean known =
          e.kind() == AlertEvent.Kind.FAILED
              && before != null
              && before.failing().getOrDefault(e.by(), Set.of()).contains(e.labels());
      if (!known) {
        out.add(e);
      }
    }
    return out;
  }

  private static AlertEvent standing(FlushResult flush, LabelSet labels) {
    Held h = flush.held().get(labels);
    if (h != null) {
      return new AlertEvent(
          flush.at(),
          labels,
          h.cause() == FlushResult.Cause.SILENCED
              ? AlertEvent.Kind.SILENCED
              : AlertEvent.Kind.INHIBITED,
          h.by().isEmpty() ? "" : h.by().getFirst());
    }
    if (!flush.quiet().isEmpty()) {
      return new AlertEvent(
          flush.at(), labels, AlertEvent.Kind.MUTED, String.join(", ", flush.quiet()));
    }
    return new AlertEvent(flush.at(), labels, AlertEvent.Kind.FREE, "");
  }
}
