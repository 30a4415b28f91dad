package dev.tethys.control.rollout;

import dev.tethys.config.Durations;
import dev.tethys.control.access.Actor;
import dev.tethys.control.fleet.AgentState;
import dev.tethys.control.fleet.Fleet;
import dev.tethys.control.fleet.RecentAccounts;
import dev.tethys.control.fleet.Totals;
import dev.tethys.control.rollout.Rollout.Reached;
import dev.tethys.control.rollout.Rollout.State;
import dev.tethys.control.versions.ConfigVersion;
import dev.tethys.control.versions.VersionHolds;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Scheduler;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Progress of active rollouts: selects the agents that a stage reaches, and acts on the judgment of
 * {@link StageCheck}. Called under the lock of {@link Rollouts}.
 */
public final class RolloutStages {
  private static final System.Logger LOG = JulLogger.of(RolloutStages.class.getName());

  /**
   * Time after a pause for silent agents in which their return resumes the rollout. After that a
   * user decides: the reasons for the rollout may no longer apply, and its author does not expect a
   * change.
   */
  public static final Duration RESUMES_WITHIN = Duration.ofHours(1);

  private final LimitedLog failures = new LimitedLog(LOG);
  private final Scheduler clock;
  private final Fleet fleet;
  private final RolloutHistory history;
  private final @Nullable GuardQueries queries;
  private final VersionHolds holds;

  /**
   * @param queries PromQL queries for guards; null without a Prometheus
   * @param holds times for which versions hold items on purpose
   */
  RolloutStages(
      Scheduler clock,
      Fleet fleet,
      RolloutHistory history,
      @Nullable GuardQueries queries,
      VersionHolds holds) {
    this.clock = clock;
    this.fleet = fleet;
    this.history = history;
    this.queries = queries;
    this.holds = holds;
  }

  /** Whether guards with a query can be checked. */
  boolean hasQueries() {
    return queries != null;
  }

  /** Returns the connected agents that a rollout can reach next. */
  List<AgentState> eligible(Rollout r) {
    List<AgentState> out = new ArrayList<>();
    for (AgentState a : fleet.agents(r.selector)) {
      boolean accepts = r.isPackage() ? a.acceptsPackages() : a.acceptsConfiguration();
      if (a.connected() && accepts && history.activeOf(a.uid()) == null) {
        out.add(a);
      }
    }
    return out;
  }

  /** Adds the agents of the present stage. */
  List<UUID> reachNext(Rollout r) {
    List<UUID> out = new ArrayList<>();
    int size = Rollout.size(r.stage);
    for (AgentState a : eligible(r)) {
      if (r.reached.size() >= size) {
        break;
      }
      if (!r.isPackage()) {
        history.noteBase(a);
      }
      r.reached.put(a.uid(), before(r, a));
      out.add(a.uid());
    }
    r.othersLostBefore = LossSums.shares(OtherAgents.recent(fleet, r));
    r.othersThen = OtherAgents.totals(fleet, r);
    r.othersIntake = OtherAgents.usualIntake(fleet, r);
    return out;
  }

  /** Reads the state of an agent before it is offered the version. */
  private Reached before(Rollout r, AgentState a) {
    r.outputs.reach(fleet.volumes(), a.uid());
    Totals t = a.totals() == null ? Totals.NONE : a.totals();
    RecentAccounts.Window w = fleet.recent(a.uid());
    Set<String> late = new TreeSet<>();
    t.exporters()
        .forEach(
            (name, x) -> {
              if (ResourceCheck.isLate(x, r.guard)) {
                late.add(name);
              }
            });
    Set<String> silent = new TreeSet<>();
    t.deliveries()
        .forEach(
            (name, x) -> {
              if (x.in() > 0 && x.out() == 0) {
                silent.add(name);
              }
            });
    Reached out =
        new Reached(
            clock.nanos(),
            a.isHealthy(),
            LossSums.shares(t, fleet.recentBySignal(a.uid())),
            w.inPerSecond(),
            r.stage,
            t.out() > 0,
            silent,
            fleet.usualMemory(a.uid()),
            late);
    out.stalledBefore = DeliveryCheck.stalled(t);
    out.intakeBefore = fleet.usualIntake(a.uid());
    return out;
  }

  /** Checks all active rollouts, and moves those on whose stage has passed. */
  void step() {
    for (Rollout r : history.all()) {
      if (r.state.isActive()) {
        try {
          step(r);
        } catch (IOException e) { // the next step tries again
          failures.failure(Level.ERROR, "Rollout not continued", "rollout " + r.id, e);
        }
      }
    }
  }

  private void step(Rollout r) throws IOException {
    ConfigVersion v = history.find(r.configuration, r.version);
    if (v == null) {
      return;
    }
    StageCheck check = new StageCheck(clock, fleet, r, v, holds.of(v), queries);
    CheckResult verdict = check.judge();
    if (verdict.isUndo()) {
      undo(r, verdict.reason());
      return;
    }
    if (r.pausedBySilence
        && !check.hasSilent()
        && clock.millis() - r.silentMillis <= RESUMES_WITHIN.toMillis()) {
      String why = "all its agents have connected again";
      history.change(r, State.RUNNING, Actor.BY_GUARD.name(), why, false);
      LOG.log(Level.INFO, "Rollout resumed rollout={0} reason=\"{1}\"", Long.toString(r.id), why);
    }
    if (r.state == State.RUNNING) {
      r.stateReason = verdict.reason().isEmpty() ? "" : "waiting: " + verdict.reason();
      if (!check.overdue().isEmpty()) {
        pauseWithout(r, check.overdue());
      } else if (!check.lackingTooLong().isEmpty()) {
        pause(r, check.lackingTooLong());
      }
    }
    if (!verdict.isPass() || r.state != State.RUNNING) {
      return;
    }
    r.stage++;
    List<UUID> next = reachNext(r);
    if (next.isEmpty()) {
      history.end(r, State.DONE, new Actor(r.startedBy, r.author), "");
    } else {
      LOG.log(
          Level.INFO,
          "Rollout stage started rollout={0} stage={1} agents={2}",
          Long.toString(r.id),
          r.stage,
          r.reached.size());
      history.save();
      fleet.wake(next);
    }
  }

  /** Stops a rollout whose stage could not be judged, until a user decides. */
  private void pause(Rollout r, String undecided) throws IOException {
    String why =
        undecided
            + ", after "
            + Durations.format(r.guard.maxWait())
            + " (maxWait); resume continues with the next stage without them";
    pauseFor(r, why);
  }

  /** Pauses a rollout if an agent has not reconnected after a start of the control plane. */
  private void pauseWithout(Rollout r, String silent) throws IOException {
    pauseFor(
        r,
        silent
            + "; resume continues without it, and the rollout resumes by itself when all its agents"
            + " are connected within "
            + Durations.format(RESUMES_WITHIN)
            + " (pause keeps it paused)");
    r.pausedBySilence = true;
    r.silentMillis = clock.millis();
    history.save();
  }

  private void pauseFor(Rollout r, String why) throws IOException {
    history.change(r, State.PAUSED, Actor.BY_GUARD.name(), why, true);
    LOG.log(Level.WARNING, "Rollout paused rollout={0} reason=\"{1}\"", Long.toString(r.id), why);
  }

  /** Rolls the agents back even if the disk rejects the entry: they must not keep the version. */
  private void undo(Rollout r, String problem) {
    try {
      history.end(r, State.UNDONE, Actor.BY_GUARD, problem);
    } catch (IOException e) {
      LOG.log(Level.ERROR, "Rollout undone, but not saved to disk rollout=" + r.id, e);
      history.endInMemory(r, State.UNDONE, Actor.BY_GUARD, problem);
    }
  }
}
