package dev.tethys.control;

import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Scheduler;
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
import java.util.TreeMap;
import java.util.UUID;

/**
 * Triggers of automation that no alert of a Prometheus makes: states of agents, and times of the
 * day. Each is applied as an alert that fires while the state lasts, so that cool-down, dry run,
 * return and results are those of all rules. One thread steps.
 */
final class EventTriggers {
  /** States of agents that can trigger a rule. */
  enum AgentEvent {
    UNHEALTHY,
    DISCONNECTED,
    DROPPING;

    String word() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /** Time for which a state of an agent lasts before it counts. */
  static final Duration HOLD = Duration.ofSeconds(10);

  /** Share of items from which on an agent drops, and fewest items for that. */
  private static final double DROPPED = 0.01;

  private static final long MIN_ITEMS = 20;

  private static final System.Logger LOG = JulLogger.of(EventTriggers.class.getName());
  private static final String USER = "automation";

  private record Source(String name, String of) {}

  private final Automation automation;
  private final Fleet fleet;
  private final Scheduler clock;
  private final LimitedLog failures = new LimitedLog(LOG);
  private final Map<Source, Boolean> fired = new HashMap<>();
  private final Map<Source, Long> since = new HashMap<>(); // nanoseconds of states that may fire

  EventTriggers(Automation automation, Fleet fleet, Scheduler clock) {
    this.automation = automation;
    this.fleet = fleet;
    this.clock = clock;
  }

  void step() {
    Set<Source> seen = new HashSet<>();
    Set<AgentEvent> events = new HashSet<>();
    for (AutomationRule r : automation.rules()) {
      DailyWindow w = r.schedule();
      if (w != null) {
        Source s = new Source(r.alert(), "");
        seen.add(s);
        take(s, w.contains(Instant.ofEpochMilli(clock.millis())), Map.of());
      }
      for (AgentEvent e : AgentEvent.values()) {
        if (r.alert().equals(AutomationRule.AGENT + e.word())) {
          events.add(e);
        }
      }
    }
    if (!events.isEmpty()) {
      for (AgentState a : fleet.agents(Selector.ALL)) {
        for (AgentEvent e : events) {
          Source s = new Source(AutomationRule.AGENT + e.word(), a.uid().toString());
          seen.add(s);
          take(s, lasts(s, holds(e, a)), labels(a));
        }
      }
    }
    fired.keySet().retainAll(seen);
    since.keySet().retainAll(seen);
  }

  private boolean holds(AgentEvent e, AgentState a) {
    return switch (e) {
      case UNHEALTHY -> a.connected() && !a.isHealthy();
      case DISCONNECTED -> !a.connected();
      case DROPPING -> isDropping(a.uid());
    };
  }

  private boolean isDropping(UUID uid) {
    RecentAccounts.Window w = fleet.recent(uid);
    return w.in() >= MIN_ITEMS && w.lostShare() > DROPPED;
  }

  /** Whether a state has lasted long enough. */
  private boolean lasts(Source s, boolean holds) {
    if (!holds) {
      since.remove(s);
      return false;
    }
    return clock.nanos() - since.computeIfAbsent(s, k -> clock.nanos()) >= HOLD.toNanos();
  }

  private static Map<String, String> labels(AgentState a) {
    Map<String, String> out = new TreeMap<>(a.labels());
    out.put("agent", a.uid().toString());
    return out;
  }

  /** Applies a change; the first state after a start too, which may end controls of before. */
  private void take(Source s, boolean fires, Map<String, String> labels) {
    Boolean before = fired.get(s);
    if (before != null && before == fires) {
      return;
    }
    try {
      automation.apply(List.of(alert(s.name, s.of, fires, labels, Map.of(), clock.millis())), USER);
      fired.put(s, fires);
    } catch (IOException e) { // the next step tries again
      failures.failure(Level.ERROR, "Automation not applied", s.name, e);
    }
  }

  /** An event in the form of an alert. */
  static Alert alert(
      String name,
      String of,
      boolean fires,
      Map<String, String> labels,
      Map<String, String> annotations,
      long millis) {
    Map<String, String> all = new TreeMap<>(labels);
    all.put("alertname", name);
    return new Alert(
        fires ? "firing" : "resolved",
        all,
        annotations,
        Instant.ofEpochMilli(millis).toString(),
        Texts.sha256(name + "\n" + of).substring(0, 16));
  }

  /** Words of the states of agents. */
  static List<String> words() {
    List<String> out = new ArrayList<>();
    for (AgentEvent e : AgentEvent.values()) {
      out.add(e.word());
    }
    return out;
  }
}
