package dev.tethys.control.rollout;

import dev.tethys.codec.opamp.AgentToServer.RemoteStatus;
import dev.tethys.control.fleet.AgentState;
import dev.tethys.control.fleet.Fleet;
import dev.tethys.control.rollout.Rollout.Reached;
import dev.tethys.control.versions.ConfigVersion;
import dev.tethys.pipeline.Scheduler;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Checks that agents apply the version in time, stay connected, and are observed during the soak.
 * Records when each has applied it.
 */
final class ApplyCheck implements GuardCheck {
  /**
   * Time within which an agent stops the components of its previous configuration, including
   * requests to unresponsive destinations and receivers, each of which may take 30s.
   */
  private static final Duration FORMER_ENDS = Duration.ofSeconds(75);

  /** Time within which an agent sends its first accounts, if it reports any. */
  static final Duration FIRST_ACCOUNTS = Duration.ofSeconds(5);

  private final Scheduler clock;
  private final Fleet fleet;
  private final Rollout r;
  private final ConfigVersion version;
  private String ending = "";

  ApplyCheck(Scheduler clock, Fleet fleet, Rollout r, ConfigVersion version) {
    this.clock = clock;
    this.fleet = fleet;
    this.r = r;
    this.version = version;
  }

  @Override
  public CheckResult add(ReachedAgent agent) {
    if (agent.isSilent()) {
      return CheckResult.PASS;
    }
    String problem = problem(agent.uid(), agent.reached(), agent.state());
    return problem.isEmpty() ? CheckResult.PASS : CheckResult.undo(problem);
  }

  @Override
  public CheckResult answer() {
    return isReady() ? CheckResult.PASS : CheckResult.await(ending);
  }

  private String problem(UUID uid, Reached reached, @Nullable AgentState a) {
    long now = clock.nanos();
    long timeout = r.guard.applyTimeout().toNanos();
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
    if (reached.applied) {
      return "";
    }
    if (has && state == RemoteStatus.State.APPLIED) {
      reached.applied = true;
      reached.appliedNanos = now;
      reached.atApply = a.totals();
      reached.reportsAtApply = a.totalsCount();
      reached.processStart = a.processStart();
      reached.withVersion = null;
    } else if (!has
        && state == RemoteStatus.State.APPLYING
        && now - reached.sinceNanos < FORMER_ENDS.toNanos()) {
      reached.freeNanos = now;
      if (ending.isEmpty()) {
        ending =
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

  /** Whether an agent has received the version, applied or not. */
  private boolean has(AgentState a) {
    return r.isPackage()
        ? Rollout.offerHash(version, r.id).equals(a.packagesHash())
        : version.hash().equals(a.configHash());
  }

  private RemoteStatus.State state(AgentState a) {
    return r.isPackage() ? a.packageState() : a.configState();
  }

  /** Whether all agents that are not excused have applied the version, and the soak is over. */
  private boolean isReady() {
    for (Map.Entry<UUID, Reached> e : r.reached.entrySet()) {
      ReachedAgent agent = new ReachedAgent(e.getKey(), e.getValue(), fleet.agent(e.getKey()));
      if (agent.isSilent() ? !agent.reached().excused : !isReady(agent.reached(), agent.state())) {
        return false;
      }
    }
    return true;
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

  /** Whether the stage has waited for evidence for as long as the guard permits. */
  boolean hasWaitedEnough() {
    return isReady() && clock.nanos() - r.lastApplied() >= r.guard.maxWait().toNanos();
  }
}
