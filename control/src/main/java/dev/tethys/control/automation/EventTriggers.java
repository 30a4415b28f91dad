package dev.tethys.control.automation;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.control.access.Selector;
import dev.tethys.control.fleet.AgentState;
import dev.tethys.control.fleet.Fleet;
import dev.tethys.control.fleet.RecentAccounts;
import dev.tethys.control.mdai.HubEvent;
import dev.tethys.control.rollout.GuardQueries;
import dev.tethys.control.rollout.Rollout;
import dev.tethys.control.rollout.Rollouts;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Scheduler;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Automation triggers other than Prometheus alerts: agent and rollout states, query results,
 * variable changes, and times of day. Each is applied as an alert that fires while the state lasts,
 * so that cool-down, dry run, return and results are those of all rules. One thread steps.
 */
public final class EventTriggers {
  /** Minimum duration of an agent state before it counts. */
  static final Duration HOLD = Duration.ofSeconds(10);

  /** Share of items from which an agent drops, and fewest items for that. */
  private static final double DROPPED = 0.01;

  private static final long MIN_ITEMS = 20;

  private static final System.Logger LOG = JulLogger.of(EventTriggers.class.getName());
  private static final String USER = "automation";

  private record Source(String name, String of) {}

  /** Changes of variables that wait for the next step. */
  private static final int MAX_CHANGES = 10_000;

  /** Value of a series in the annotations of its event, where MDAI has it too. */
  private static final String VALUE = "current_value";

  private final Automation automation;
  private final Fleet fleet;
  private final Rollouts rollouts;
  private final @Nullable GuardQueries metrics;
  private final @Nullable GuardQueries logs;

  @GuardedBy("itself")
  private final Deque<HubEvent> variables = new ArrayDeque<>();

  /** Labels of firing series, with the value under {@link GuardQueries#VALUE}. */
  private final Map<Source, Map<String, String>> labelsOf = new HashMap<>();

  private final Map<String, Long> evaluated = new HashMap<>(); // by rule, time of the last response
  private final Map<String, String> errors = new ConcurrentHashMap<>(); // of queries, by rule
  private @Nullable Map<Long, Rollout.State> rolloutStates; // null before the first step
  private long lastVariableMillis;
  private final Scheduler clock;
  private final LimitedLog failures = new LimitedLog(LOG);
  private final Map<Source, Boolean> fired = new HashMap<>();
  private final Map<Source, Long> since = new HashMap<>(); // nanoseconds of states that may fire

  /**
   * Creates the automation triggers.
   *
   * @param metrics null without a Prometheus
   * @param logs null without a log store
   */
  public EventTriggers(
      Automation automation,
      Fleet fleet,
      Rollouts rollouts,
      @Nullable GuardQueries metrics,
      @Nullable GuardQueries logs,
      Scheduler clock) {
    this.automation = automation;
    this.fleet = fleet;
    this.rollouts = rollouts;
    this.metrics = metrics;
    this.logs = logs;
    this.clock = clock;
  }

  /** Receives the change of a variable, which the next step applies; does not wait. */
  public void changed(HubEvent e) {
    synchronized (variables) {
      if (variables.size() < MAX_CHANGES) {
        variables.add(e);
        return;
      }
    }
    failures.failure(
        Level.ERROR,
        "Change of a variable triggers no rule",
        e.hub(),
        new IOException(MAX_CHANGES + " changes are waiting, the limit"));
  }

  /** Returns the reason why the last query of a rule failed; "" if it succeeded. */
  public String error(String rule) {
    return errors.getOrDefault(rule, "");
  }

  public void step() {
    Set<Source> seen = new HashSet<>();
    Set<AgentEvent> events = new HashSet<>();
    Set<String> names = new HashSet<>();
    for (AutomationRule r : automation.rules()) {
      DailyWindow w = r.schedule();
      if (w != null) {
        Source s = new Source(r.alert(), "");
        seen.add(s);
        take(s, w.contains(Instant.ofEpochMilli(clock.millis())), Map.of());
      }
      QueryTrigger q = r.query();
      if (q != null) {
        names.add(r.name());
        evaluate(r, q, seen);
      }
      for (AgentEvent e : AgentEvent.values()) {
        if (r.alert().equals(EventNames.AGENT + e.word())) {
          events.add(e);
        }
      }
    }
    if (!events.isEmpty()) {
      for (AgentState a : fleet.agents(Selector.ALL)) {
        for (AgentEvent e : events) {
          Source s = new Source(EventNames.AGENT + e.word(), a.uid().toString());
          seen.add(s);
          boolean holds = holds(e, a);
          boolean lasts = lasts(s, holds, HOLD);
          if (lasts || isEnded(e, a, holds)) {
            take(s, lasts, labels(a));
          }
        }
      }
    }
    for (Source s : List.copyOf(fired.keySet())) {
      if (!seen.contains(s)) {
        forget(s);
      }
    }
    since.keySet().retainAll(seen);
    labelsOf.keySet().retainAll(seen);
    evaluated.keySet().retainAll(names);
    errors.keySet().retainAll(names);
    applyRollouts();
    applyVariables();
    try { // after all current states, so that nothing starts that has just ended
      automation.resume();
    } catch (IOException e) {
      failures.failure(Level.ERROR, "Automation not applied", "cool-down", e);
    }
  }

  /** Removes states no longer used by any rule, agent or series. */
  private void forget(Source s) {
    try {
      automation.forget(Alert.fingerprint(s.name, s.of));
      fired.remove(s);
    } catch (IOException e) { // the next step tries again
      failures.failure(Level.ERROR, "Automation not applied", s.name, e);
    }
  }

  /**
   * Fires for each series of the last response; previously firing series that are missing from it
   * are resolved.
   */
  private void evaluate(AutomationRule r, QueryTrigger q, Set<Source> seen) {
    GuardQueries queries = q.ofLogs() ? logs : metrics;
    GuardQueries.Answer a =
        queries == null
            ? GuardQueries.Answer.error(
                "start the control plane with " + (q.ofLogs() ? "--loki.url" : "--prometheus.url"),
                clock.nanos())
            : queries.answer(q.expression(), q.interval());
    String error =
        a.all() > GuardQueries.MAX_SERIES
            ? "the result has "
                + a.all()
                + " series; at most "
                + GuardQueries.MAX_SERIES
                + ": add up some of them"
            : a.error();
    if (!error.isEmpty()) {
      if (!error.equals(GuardQueries.NOT_YET) && !error.equals(errors.put(r.name(), error))) {
        failures.failure(Level.WARNING, "Query of a rule failed", r.name(), new IOException(error));
      }
      for (Source s : fired.keySet()) { // what is not known does not end
        if (s.name.equals(r.alert())) {
          seen.add(s);
        }
      }
      return;
    }
    errors.remove(r.name());
    Set<Source> present = new HashSet<>();
    List<Alert> firing = new ArrayList<>();
    for (Map<String, String> series : a.series()) {
      Map<String, String> labels = new TreeMap<>(series);
      String value = String.valueOf(labels.remove(GuardQueries.VALUE));
      labels.remove("__name__");
      Source s = new Source(r.alert(), labels.toString());
      present.add(s);
      seen.add(s);
      firing.add(Alert.ofEvent(s.name, s.of, true, labels, Map.of(), clock.millis()));
      if (lasts(s, true, q.hold())) {
        labelsOf.put(s, series);
        take(s, true, labels, Map.of(VALUE, value));
      }
    }
    for (Map.Entry<Source, Boolean> e : List.copyOf(fired.entrySet())) {
      Source s = e.getKey();
      if (s.name.equals(r.alert()) && !present.contains(s)) {
        since.remove(s);
        if (e.getValue()) {
          Map<String, String> last = new TreeMap<>(labelsOf.getOrDefault(s, Map.of()));
          String value = String.valueOf(last.remove(GuardQueries.VALUE));
          last.remove("__name__");
          take(s, false, last, Map.of(VALUE, value));
        }
        if (fired.getOrDefault(s, false)) {
          seen.add(s); // not on disk: the next step tries again
        }
      }
    }
    if (!evaluated.containsKey(r.name())) { // what a process before this one started
      try {
        automation.endOthers(r, firing);
        evaluated.put(r.name(), a.nanos());
      } catch (IOException e) {
        failures.failure(Level.ERROR, "Automation not applied", r.name(), e);
      }
    }
  }

  /**
   * Creates an event for each state that a rollout reaches; states from before the start create
   * none.
   */
  private void applyRollouts() {
    Map<Long, Rollout.State> now = new HashMap<>();
    List<Alert> events = new ArrayList<>();
    Map<Long, Rollout.State> before = rolloutStates;
    rollouts.read(
        (all, assignments) -> {
          for (Rollout r : all) {
            now.put(r.id, r.state);
            Rollout.State was = before == null ? r.state : before.get(r.id);
            if (was != r.state) {
              if (was == Rollout.State.PAUSED) {
                events.add(event(r, was, false));
              }
              if (r.state != Rollout.State.RUNNING) {
                events.add(event(r, r.state, true));
              }
            }
          }
          return now;
        });
    try {
      for (Alert a : events) {
        automation.apply(List.of(a), USER);
      }
      rolloutStates = now;
    } catch (IOException e) { // the next step tries again; what was applied is known
      failures.failure(Level.ERROR, "Automation not applied", "rollouts", e);
    }
  }

  private Alert event(Rollout r, Rollout.State state, boolean fires) {
    String name = EventNames.ROLLOUT + state.word();
    Map<String, String> labels = new TreeMap<>();
    labels.put("rollout", Long.toString(r.id));
    labels.put("configuration", r.configuration);
    labels.put("version", Integer.toString(r.version));
    labels.put("author", r.author);
    return Alert.ofEvent(
        name,
        Long.toString(r.id),
        fires,
        labels,
        Map.of("reason", r.stateReason.isEmpty() ? r.reason : r.stateReason),
        fires && r.endedMillis > 0 ? r.endedMillis : clock.millis());
  }

  private void applyVariables() {
    while (true) {
      HubEvent e;
      synchronized (variables) {
        e = variables.peek();
      }
      if (e == null) {
        return;
      }
      JsonNode payload = JsonMapper.shared().readTree(e.payload());
      JsonNode data = payload.path("data");
      Map<String, String> labels = new TreeMap<>();
      labels.put("hub", e.hub());
      labels.put("variable", e.subject().name());
      labels.put("operation", e.subject().change());
      labels.put("value", data.isString() ? data.stringValue() : data.toString());
      lastVariableMillis = Math.max(clock.millis(), lastVariableMillis + 1); // each is a change
      String name = EventNames.VARIABLE + e.hub() + "/" + e.subject().name();
      try {
        automation.apply(
            List.of(Alert.ofEvent(name, "", true, labels, Map.of(), lastVariableMillis)),
            USER,
            e.depth());
      } catch (IOException x) {
        failures.failure(Level.ERROR, "Automation not applied", name, x);
        return; // the next step tries again
      }
      synchronized (variables) {
        variables.remove();
      }
    }
  }

  private boolean holds(AgentEvent e, AgentState a) {
    return switch (e) {
      case UNHEALTHY -> a.connected() && !a.isHealthy();
      case DISCONNECTED -> !a.connected();
      case DROPPING -> isDropping(a.uid());
    };
  }

  /**
   * Whether an agent is known not to have a state. After a start it may have had the previous
   * state, so that one which begins ends nothing, and a loss is known from the first minute on.
   */
  private boolean isEnded(AgentEvent e, AgentState a, boolean holds) {
    RecentAccounts.Window w = fleet.recent(a.uid());
    return !holds
        && (e != AgentEvent.DROPPING
            || w.in() >= MIN_ITEMS
            || w.seconds() >= RecentAccounts.SPAN.toSeconds());
  }

  private boolean isDropping(UUID uid) {
    RecentAccounts.Window w = fleet.recent(uid);
    return w.in() >= MIN_ITEMS && w.lostShare() > DROPPED;
  }

  /** Whether a state has lasted long enough. */
  private boolean lasts(Source s, boolean holds, Duration hold) {
    if (!holds) {
      since.remove(s);
      return false;
    }
    return clock.nanos() - since.computeIfAbsent(s, k -> clock.nanos()) >= hold.toNanos();
  }

  private static Map<String, String> labels(AgentState a) {
    Map<String, String> out = new TreeMap<>(a.labels());
    out.put("agent", a.uid().toString());
    return out;
  }

  /** Applies a change; the first state after a start too, which may end controls of before. */
  private void take(Source s, boolean fires, Map<String, String> labels) {
    take(s, fires, labels, Map.of());
  }

  private void take(
      Source s, boolean fires, Map<String, String> labels, Map<String, String> annotations) {
    Boolean before = fired.get(s);
    if (before != null && before == fires) {
      return;
    }
    try {
      automation.apply(
          List.of(Alert.ofEvent(s.name, s.of, fires, labels, annotations, clock.millis())), USER);
      fired.put(s, fires);
    } catch (IOException e) { // the next step tries again
      failures.failure(Level.ERROR, "Automation not applied", s.name, e);
    }
  }
}
