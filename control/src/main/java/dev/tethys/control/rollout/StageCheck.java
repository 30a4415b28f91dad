package dev.tethys.control.rollout;

import dev.tethys.codec.opamp.AgentToServer.RemoteStatus;
import dev.tethys.config.Durations;
import dev.tethys.control.fleet.AgentState;
import dev.tethys.control.fleet.Fleet;
import dev.tethys.control.fleet.RecentAccounts;
import dev.tethys.control.fleet.Totals;
import dev.tethys.control.rollout.Rollout.Reached;
import dev.tethys.control.text.Texts;
import dev.tethys.control.versions.ConfigVersion;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.extension.opamp.ControlledAgent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Check of the agents that a rollout has reached against its guard: a reason to undo it, a reason
 * to wait, or neither. A stage passes on evidence only: its agents must have taken enough items
 * since they applied the version. A condition that makes a stage wait becomes a reason to undo the
 * rollout if it persists, except for problems that all agents share. Called under the lock of the
 * rollouts.
 */
public final class StageCheck {
  /** Fewest items after which the share of lost items is compared. */
  static final long MIN_COMPARED = 20;

  /** The same, where more than half of the items are lost. */
  static final long MIN_MOSTLY_LOST = 5;

  /**
   * Time within which an agent has ended the components of its former configuration: requests to
   * unresponsive destinations, and receivers, each of which may take 30s.
   */
  private static final Duration FORMER_ENDS = Duration.ofSeconds(75);

  /** Time within which an agent that reports accounts does so. */
  private static final Duration FIRST_ACCOUNTS = Duration.ofSeconds(5);

  /**
   * Time within which agents reconnect to a restarted control plane: one that has not done so may
   * be gone for an unknown reason.
   */
  public static final Duration RETURN = ControlledAgent.LONGEST_ABSENCE.plusSeconds(10);

  private final Scheduler clock;
  private final Fleet fleet;
  private final Rollout r;
  private final ConfigVersion version;
  private final ResourceCheck resources;
  private final OtherAgents others;
  private String problem = "";
  private String unready = "";
  private String undecided = "";
  private String silent = "";
  private boolean silentTooLong;

  /**
   * Checks.
   *
   * @param holds time for which the version holds items on purpose; null where it is not known
   */
  StageCheck(
      Scheduler clock, Fleet fleet, Rollout r, ConfigVersion version, @Nullable Duration holds) {
    this.clock = clock;
    this.fleet = fleet;
    this.r = r;
    this.version = version;
    others = new OtherAgents(fleet, r);
    resources = new ResourceCheck(fleet, r);
    LossCheck losses = new LossCheck(r, others);
    RefusalCheck refusals = new RefusalCheck(clock, fleet, r, others);
    IntakeCheck intake = new IntakeCheck(clock, fleet, r);
    long stageItems = 0;
    boolean counts = false;
    DeliveryCheck deliveries = new DeliveryCheck(clock, fleet, r, others, holds);
    for (Map.Entry<UUID, Reached> e : r.reached.entrySet()) {
      Reached x = e.getValue();
      AgentState a = fleet.agent(e.getKey());
      problem = problem(e.getKey(), x, a);
      if (!problem.isEmpty()) {
        return;
      }
      if (isSilent(x, a)) {
        noteSilence(e.getKey(), x);
      } else if (unready.isEmpty() && !isReady(x, a)) {
        unready = "agents of the stage have not applied it, or are within the soak";
      }
      if (a != null && x.stage > r.acceptedStage) {
        intake.add(e.getKey(), x, a);
      }
      Totals then = x.atApply;
      Totals now = a == null ? null : a.totals();
      if (then != null && now != null) {
        long in = now.in() - then.in();
        losses.add(then, now, x);
        if (x.stage > r.acceptedStage) {
          deliveries.add(e.getKey(), x, then, now);
          refusals.add(e.getKey(), x, then, now);
        }
        if (x.stage == r.stage) {
          stageItems += in;
          counts = true;
        }
      }
    }
    r.notJudged = resources.notJudged();
    problem = problem(losses, "the agents of the rollout");
    if (problem.isEmpty()) {
      problem = refusals.problem().isEmpty() ? deliveries.problem() : refusals.problem();
    }
    if (problem.isEmpty()) {
      problem = intake.problem();
      r.outputs.vanish(intake.vanished());
    }
    if (counts && stageItems < r.guard.minItems() && undecided.isEmpty()) {
      undecided =
          "the agents of the stage have taken "
              + Texts.counted(stageItems, "item")
              + " since they applied it; "
              + r.guard.minItems()
              + (r.guard.minItems() == 1 ? " is" : " are")
              + " required (minItems)";
    }
    if (undecided.isEmpty()) {
      undecided = refusals.undecided().isEmpty() ? deliveries.text() : refusals.undecided();
    }
    if (undecided.isEmpty()) {
      undecided = intake.undecided().isEmpty() ? resources.undecided() : intake.undecided();
    }
    if (problem.isEmpty()) {
      compareOutputs();
    }
    if (r.acceptedStage >= r.stage) {
      undecided = "";
    }
    if (!silent.isEmpty()) {
      undecided = silent;
    }
  }

  /**
   * Whether nothing is known of an agent: the control plane was started after it got the version.
   */
  private static boolean isSilent(Reached reached, @Nullable AgentState a) {
    return a == null && !reached.heard;
  }

  private void noteSilence(UUID uid, Reached reached) {
    if (reached.excused) {
      return;
    }
    unready = "an agent has not returned";
    Duration most = RETURN.compareTo(r.guard.applyTimeout()) > 0 ? RETURN : r.guard.applyTimeout();
    boolean tooLong = clock.nanos() - reached.sinceNanos > most.toNanos();
    if (silent.isEmpty() || tooLong && !silentTooLong) {
      silent =
          "agent "
              + fleet.nameOf(uid)
              + " has not connected since the control plane was started"
              + (tooLong ? ", within " : "; agents that run do so within ")
              + Durations.format(most);
    }
    silentTooLong |= tooLong;
  }

  /** Whether an agent that is not excused has not connected since the control plane was started. */
  boolean hasSilent() {
    return !silent.isEmpty();
  }

  /** Whether an agent has not returned within the time that agents take after a start. */
  boolean isSilentTooLong() {
    return silentTooLong;
  }

  private void compareOutputs() {
    Map<UUID, Long> applied = new LinkedHashMap<>();
    r.reached.forEach(
        (u, x) -> {
          if (x.applied && applied.size() < OutputComparison.MAX_AGENTS) {
            applied.put(u, x.appliedNanos);
          }
        });
    List<UUID> others = new ArrayList<>();
    for (AgentState a : fleet.agents(r.selector)) {
      if (others.size() < OutputComparison.MAX_AGENTS
          && a.connected()
          && !r.reached.containsKey(a.uid())) {
        others.add(a.uid());
      }
    }
    r.outputs.update(fleet.volumes(), applied, others);
    double most = r.guard.maxOutputChange();
    if (most > 0) {
      problem = r.outputs.problem(most);
      if (undecided.isEmpty()) {
        undecided = r.outputs.undecided(most);
        if (!undecided.isEmpty() && hasWaitedEnough() && r.outputs.passesInPart(most)) {
          undecided = "";
        }
      }
      if (undecided.isEmpty()) {
        undecided = r.outputs.undelivered(most);
      }
    }
  }

  /** Why the rollout must be undone; "" for no reason. */
  String problem() {
    return problem;
  }

  /** Whether all agents have applied the version and the soak is over. */
  boolean isReady() {
    return problem.isEmpty() && unready.isEmpty();
  }

  /** Data missing to judge the stage; "" for none. */
  String undecided() {
    return undecided;
  }

  /** Whether the stage has waited for as long as the guard permits. */
  boolean hasWaitedEnough() {
    return isReady() && clock.nanos() - lastApplied(r) >= r.guard.maxWait().toNanos();
  }

  /** Monotonic time at which the last agent applied the version. */
  static long lastApplied(Rollout r) {
    long last = Long.MIN_VALUE;
    for (Reached x : r.reached.values()) {
      last =
          x.applied && (last == Long.MIN_VALUE || x.appliedNanos - last > 0)
              ? x.appliedNanos
              : last;
    }
    return last;
  }

  private boolean isReady(Reached reached, @Nullable AgentState a) {
    if (a == null || !reached.applied || !a.connected()) {
      return false;
    }
    long since = clock.nanos() - reached.appliedNanos;
    return since >= r.guard.soak().toNanos()
        && (a.totalsCount() == 0
            ? since >= FIRST_ACCOUNTS.toNanos() // later, it is of a kind without accounts
            : a.totalsCount() > reached.reportsAtApply);
  }

  private String problem(UUID uid, Reached reached, @Nullable AgentState a) {
    long now = clock.nanos();
    long timeout = r.guard.applyTimeout().toNanos();
    if (isSilent(reached, a)) {
      return "";
    }
    reached.heard = true;
    reached.excused = false;
    boolean has = a != null && has(a);
    RemoteStatus.State state = a == null ? RemoteStatus.State.UNSET : state(a);
    if (has && a != null && state == RemoteStatus.State.FAILED) {
      String error =
          r.isPackage()
              ? a.packageError()
              : a.remote() == null ? "" : String.valueOf(a.remote().error());
      return "agent " + fleet.nameOf(uid) + " did not apply it: " + error;
    }
    if (a == null || !a.connected()) {
      long since = a == null ? reached.sinceNanos : Math.max(a.changedNanos(), reached.sinceNanos);
      return now - since > timeout
          ? "agent " + fleet.nameOf(uid) + " disconnected after it was offered the version"
          : "";
    }
    if (!reached.applied) {
      if (has && state == RemoteStatus.State.APPLIED) {
        reached.applied = true;
        reached.appliedNanos = now;
        reached.atApply = a.totals();
        reached.reportsAtApply = a.totalsCount();
        reached.processStart = start(a);
        reached.withVersion = null;
      } else if (!has
          && state == RemoteStatus.State.APPLYING
          && now - reached.sinceNanos < FORMER_ENDS.toNanos()) {
        reached.freeNanos = now;
        if (undecided.isEmpty()) {
          undecided =
              "agent "
                  + fleet.nameOf(uid)
                  + " still ends components of its former configuration, which may wait for a"
                  + " destination";
        }
      } else if (now - Math.max(reached.freeNanos, a.changedNanos()) > timeout) {
        return "agent "
            + fleet.nameOf(uid)
            + " did not report that it applied the version within the timeout";
      }
      return "";
    }
    String restarted = restarted(uid, reached, a);
    if (!restarted.isEmpty()) {
      return restarted;
    }
    if (reached.healthyBefore && !a.isHealthy()) {
      return "agent "
          + fleet.nameOf(uid)
          + " became unhealthy: "
          + (a.health() == null ? "" : a.health().error());
    }
    String lost = lost(uid, reached, a.totals());
    return lost.isEmpty()
        ? resources.problem(uid, reached, a, (now - reached.appliedNanos) / 1_000_000)
        : lost;
  }

  private static long start(AgentState a) {
    return a.health() == null ? 0 : a.health().startNanos();
  }

  /**
   * A process that ends and is started again by its service manager is connected most of the time,
   * so that its connection alone does not show it. One start while the stage is observed is too
   * many; later a single one may have another reason.
   */
  private String restarted(UUID uid, Reached reached, AgentState a) {
    long start = start(a);
    if (start == 0 || start == reached.processStart) {
      return "";
    }
    // Supervisors of other agents start the process to apply a configuration, and may report so
    // first.
    boolean settling =
        a.totals() == null && clock.nanos() - reached.appliedNanos < FIRST_ACCOUNTS.toNanos();
    boolean first = reached.processStart == 0;
    reached.processStart = start;
    if (settling || first) {
      return "";
    }
    reached.atApply = null; // counts of the process before say nothing of this one
    reached.withVersion = null;
    reached.restarts++;
    return reached.stage == r.stage || reached.restarts > 1
        ? "the process of agent "
            + fleet.nameOf(uid)
            + " ended after it applied the version, and was started again"
        : "";
  }

  private String lost(UUID uid, Reached reached, @Nullable Totals now) {
    if (now == null) {
      return "";
    }
    Totals then = reached.atApply;
    if (then == null
        || now.in() < then.in()
        || now.lost() < then.lost()
        || now.out() < then.out()) {
      // The first report after the version, or after a restart: losses count from there.
      reached.atApply = now;
      reached.reportsAtApply = fleet.reports(uid);
      reached.withVersion = now;
      reached.reportsWithVersion = reached.reportsAtApply;
      return "";
    }
    if (reached.withVersion == null && fleet.reports(uid) > reached.reportsAtApply) {
      reached.withVersion = now;
      reached.reportsWithVersion = fleet.reports(uid);
    }
    long in = now.in() - then.in();
    double seconds = (clock.nanos() - reached.appliedNanos) / 1e9;
    double expected = reached.inPerSecondBefore * seconds;
    if (in == 0
        && r.guard.minItems() > 0
        && expected >= r.guard.minItems()
        && seconds >= r.guard.applyTimeout().toMillis() / 1e3) {
      return String.format(
          Locale.ROOT,
          "agent %s has taken no items since it applied the version; before, it took %.1f a second",
          fleet.nameOf(uid),
          reached.inPerSecondBefore);
    }
    LossCheck one = new LossCheck(r, others);
    one.add(then, now, reached);
    return problem(one, "agent " + fleet.nameOf(uid));
  }

  private String problem(LossCheck losses, String who) {
    String text = losses.problem(who);
    if (!losses.undecided().isEmpty()) {
      undecided = losses.undecided();
    }
    return text;
  }

  /** Reading of an agent before a stage. */
  static Reached before(Scheduler clock, Fleet fleet, Rollout r, AgentState a) {
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
            LossCheck.shares(t, fleet.recentBySignal(a.uid())),
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

  /** Whether an agent has received the version, applied or not. */
  private boolean has(AgentState a) {
    return r.isPackage()
        ? Rollout.offerHash(version, r.id).equals(a.packagesHash())
        : version.hash().equals(a.configHash());
  }

  private RemoteStatus.State state(AgentState a) {
    return r.isPackage() ? a.packageState() : a.configState();
  }
}
