package dev.tethys.control.rollout;

import dev.tethys.config.Durations;
import dev.tethys.control.fleet.AgentState;
import dev.tethys.control.fleet.Fleet;
import dev.tethys.control.fleet.RecentMemory;
import dev.tethys.control.fleet.Totals;
import dev.tethys.control.rollout.Rollout.Reached;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.opamp.PipelineAccounts.Exporter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Check of the memory of agents with a version, and of the ages of their queues, against the guard
 * of a rollout. Agents that do not report a figure are not judged by it.
 */
final class ResourceCheck implements GuardCheck {
  /** Tolerated growth of a queue's age per second: a request takes its time. */
  private static final double STEADY = 0.1;

  private static final long SENDING_MILLIS = 1000;

  private static final Exporter NONE = new Exporter(0, 0, 0, -1);

  private final Scheduler clock;
  private final Fleet fleet;
  private final Rollout r;
  private final Map<String, List<UUID>> lacks = new TreeMap<>();
  private String undecided = "";

  ResourceCheck(Scheduler clock, Fleet fleet, Rollout r) {
    this.clock = clock;
    this.fleet = fleet;
    this.r = r;
  }

  @Override
  public CheckResult add(ReachedAgent agent) {
    AgentState a = agent.state();
    if (!agent.running() || a == null) {
      return CheckResult.PASS;
    }
    long since = (clock.nanos() - agent.reached().appliedNanos) / 1_000_000;
    String problem = problem(agent.uid(), agent.reached(), a, since);
    return problem.isEmpty() ? CheckResult.PASS : CheckResult.undo(problem);
  }

  @Override
  public CheckResult answer() {
    return CheckResult.of("", undecided);
  }

  /** Returns the checks that were not made, each with a reason in the form of a clause. */
  List<String> notJudged() {
    List<String> out = new ArrayList<>();
    lacks.forEach(
        (what, uids) ->
            out.add(
                what.formatted(
                    uids.size() == 1
                        ? "agent " + fleet.nameOf(uids.getFirst())
                        : uids.size() + " agents, such as " + fleet.nameOf(uids.getFirst()))));
    return List.copyOf(out);
  }

  private void lack(UUID uid, String what) {
    lacks.computeIfAbsent(what, w -> new ArrayList<>()).add(uid);
  }

  /**
   * Returns the reason to undo the version because of an agent that applied it; "" if none.
   *
   * @param sinceMillis time since then
   */
  private String problem(UUID uid, Reached reached, AgentState a, long sinceMillis) {
    String problem = r.guard.maxMemoryGrowth() > 0 ? memory(uid, reached, a) : "";
    return problem.isEmpty() && !r.guard.maxQueueAge().isZero()
        ? queues(uid, reached, a.totals(), sinceMillis)
        : problem;
  }

  private String memory(UUID uid, Reached reached, AgentState a) {
    Totals t = a.totals();
    long before = reached.memoryBefore;
    if (t == null || t.memory() <= 0) {
      lack(uid, "memory of %s not judged: no report has it");
    } else if (before <= 0) {
      lack(
          uid,
          "memory of %s not judged: fewer than " + RecentMemory.FEWEST + " reports before had it");
    } else if (reached.inPerSecondBefore <= 0) {
      lack(uid, "memory of %s not judged: no items were taken in the minute before");
    } else if (a.totalsCount() - reached.reportsAtApply < RecentMemory.LAST) {
      lack(
          uid,
          "memory of %s not judged: fewer than " + RecentMemory.LAST + " reports with the version");
    } else {
      long now = fleet.leastMemory(uid);
      double share = (double) (now - before) / before;
      if (share > r.guard.maxMemoryGrowth() && now - before > Guard.MEMORY_FLOOR) {
        return String.format(
            Locale.ROOT,
            "agent %s needs %d MiB of memory with the version, %d MiB before it: %.0f %% more, at"
                + " most %.0f %% are allowed (maxMemoryGrowth)",
            fleet.nameOf(uid),
            now >> 20,
            before >> 20,
            100 * share,
            100 * r.guard.maxMemoryGrowth());
      }
    }
    return "";
  }

  private String queues(UUID uid, Reached reached, @Nullable Totals t, long sinceMillis) {
    if (t == null
        || t.exporters().isEmpty()
        || t.exporters().values().stream().anyMatch(x -> x.oldestMillis() < 0)) {
      lack(uid, "age of the queues of %s not judged: no report has it");
      return "";
    }
    Totals then = reached.atApply;
    for (Map.Entry<String, Exporter> e : t.exporters().entrySet()) {
      String name = e.getKey();
      long age = e.getValue().oldestMillis();
      if (reached.lateBefore.contains(name)) {
        lack(
            uid,
            "age of the queue of exporter "
                + name.replace("%", "%%")
                + " of %s not judged: it was above maxQueueAge before the version");
        continue;
      }
      // What was queued before the version has waited with it for no longer than that runs.
      if (isLate(Math.min(age, sinceMillis), r.guard)) {
        String text = late(uid, name, age);
        UUID other = otherThatIsLate(name);
        if (other == null) {
          return text;
        }
        note(
            text
                + ", and agents without the version are late as well, such as "
                + fleet.nameOf(other));
      }
      Exporter was = then == null ? NONE : then.exporters().getOrDefault(name, NONE);
      if (age - Math.max(0, was.oldestMillis()) > SENDING_MILLIS + STEADY * sinceMillis) {
        note(
            String.format(
                Locale.ROOT,
                "the queue of exporter %s of agent %s becomes older: its oldest request waits for"
                    + " %s, %s since the version was applied (maxQueueAge)",
                name,
                fleet.nameOf(uid),
                seconds(age),
                seconds(sinceMillis)));
      }
    }
    return "";
  }

  private void note(String text) {
    undecided = undecided.isEmpty() ? text : undecided;
  }

  private static boolean isLate(long ageMillis, Guard guard) {
    return !guard.maxQueueAge().isZero() && ageMillis > guard.maxQueueAge().toMillis();
  }

  /** Whether the queue of an exporter is older than a guard permits. */
  static boolean isLate(Exporter x, Guard guard) {
    return isLate(x.oldestMillis(), guard);
  }

  private String late(UUID uid, String exporter, long age) {
    return String.format(
        Locale.ROOT,
        "the oldest request in the queue of exporter %s of agent %s waits for %s, at most %s is"
            + " allowed (maxQueueAge)",
        exporter,
        fleet.nameOf(uid),
        seconds(age),
        Durations.format(r.guard.maxQueueAge()));
  }

  private static String seconds(long millis) {
    return Durations.format(Duration.ofSeconds(millis / 1000));
  }

  private @Nullable UUID otherThatIsLate(String exporter) {
    for (AgentState a : fleet.agents(r.selector)) {
      Totals t = a.totals();
      if (t != null
          && a.connected()
          && !r.reached.containsKey(a.uid())
          && isLate(t.exporters().getOrDefault(exporter, NONE), r.guard)) {
        return a.uid();
      }
    }
    return null;
  }
}
