package dev.tethys.control;

import dev.tethys.codec.opamp.AgentToServer.RemoteStatus;
import dev.tethys.config.Durations;
import dev.tethys.control.Rollout.Reached;
import dev.tethys.control.Totals.Losses;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.extension.opamp.ControlledAgent;
import dev.tethys.pipeline.extension.opamp.PipelineAccounts.Exporter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Check of the agents that a rollout has reached against its guard: a reason to undo it, a reason
 * to wait, or neither. A stage is good by evidence alone: its agents must have taken enough items
 * since they applied the version. What makes a stage wait is a reason to undo the rollout when it
 * lasts, and is no fault of what all agents share. Called under the lock of the rollouts.
 */
final class StageCheck {
  /** Fewest items after which the share of lost items is compared. */
  private static final long MIN_COMPARED = 20;

  /** The same, where more than half of the items are lost. */
  private static final long MIN_MOSTLY_LOST = 5;

  /**
   * Time from the first items that an agent took to the first that it must have delivered, besides
   * that for which the version holds items on purpose.
   */
  static final Duration NO_DELIVERY = Duration.ofSeconds(20);

  /** Time for which an agent must refuse more than before until that is a fault of the version. */
  static final Duration REFUSING = Duration.ofSeconds(10);

  /** Age of the oldest request from which on an exporter did not deliver before either. */
  private static final Duration STALLED = Duration.ofSeconds(15);

  /** Agents without the version with which those with it are compared. */
  private static final int MAX_OTHERS = 1_000;

  /** Time within which an agent that reports accounts does so. */
  private static final Duration FIRST_ACCOUNTS = Duration.ofSeconds(5);

  /**
   * Time within which agents return to a control plane that was started again: one that has not
   * done so within it may be gone, and it is not known why.
   */
  static final Duration RETURN = ControlledAgent.LONGEST_ABSENCE.plusSeconds(10);

  /** Names of the items of a signal. */
  private static final Map<String, String> ITEMS =
      Map.of(
          Totals.ALL, "items", "logs", "log records", "traces", "spans", "metrics", "data points");

  private static final Exporter NONE = new Exporter(0, 0, 0, -1);

  private final Scheduler clock;
  private final Fleet fleet;
  private final Rollout r;
  private final ConfigVersion version;
  private final ResourceCheck resources;
  private final @Nullable Duration holds;
  private String problem = "";
  private String unready = "";
  private String undecided = "";
  private String returned = "";
  private String refusing = "";
  private String silent = "";
  private boolean silentTooLong;
  private @Nullable Map<String, RecentAccounts.Window> others;

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
    this.holds = holds;
    resources = new ResourceCheck(fleet, r);
    Sums all = new Sums();
    long stageItems = 0;
    boolean counts = false;
    Undelivered undelivered = new Undelivered("");
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
      Totals then = x.atApply;
      Totals now = a == null ? null : a.totals();
      if (then != null && now != null) {
        long in = now.in() - then.in();
        all.add(then, now, x);
        if (x.stage > r.acceptedStage) {
          undelivered.add(e.getKey(), x, then, now);
          noteReturned(e.getKey(), x, then, now);
        }
        if (x.stage == r.stage) {
          stageItems += in;
          counts = true;
        }
      }
    }
    r.notJudged = resources.notJudged();
    problem = all.problem("the agents of the rollout");
    if (problem.isEmpty()) {
      problem = refusing.isEmpty() ? undelivered.problem() : refusing;
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
      undecided = returned.isEmpty() ? undelivered.text() : returned;
    }
    if (undecided.isEmpty()) {
      undecided = resources.undecided();
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
   * Notes an agent that refuses a larger share of its items than before, as with too low a limit of
   * memory: nothing is lost while its sources try again, and they will not do so for ever. One that
   * continues to refuse them is a reason to undo, unless agents without the version do so as well.
   */
  private void noteReturned(UUID uid, Reached reached, Totals then, Totals now) {
    long in = now.in() - then.in();
    long back = now.returned() - then.returned();
    double before = returnedShare(then);
    double allowed = before + r.guard.maxLost();
    if (in < MIN_COMPARED || back <= allowed * in) {
      reached.refusesSince = null;
      return;
    }
    String text =
        String.format(
            Locale.ROOT,
            "agent %s has refused %d of %d items (%.1f %%) since it applied the version, before it"
                + " %.1f %%; their sources have them",
            fleet.nameOf(uid),
            back,
            in,
            100.0 * back / in,
            100 * before);
    returned = returned.isEmpty() ? text : returned;
    Long since = reached.refusesSince;
    Totals from = reached.refusesFrom;
    if (since == null || from == null) {
      reached.refusesSince = clock.nanos();
      reached.refusesFrom = now;
    } else if (clock.nanos() - since >= REFUSING.toNanos()) {
      // What was refused while the version was applied is no sign of what it does since.
      long more = now.returned() - from.returned();
      boolean continues =
          more >= MIN_MOSTLY_LOST && more > allowed * Math.max(more, now.in() - from.in());
      if (continues && !othersRefuse()) {
        refusing = refusing.isEmpty() ? text : refusing;
      } else if (!continues) {
        reached.refusesSince = null;
      }
    }
  }

  private static double returnedShare(Totals t) {
    return t.in() <= 0 ? 0 : (double) t.returned() / t.in();
  }

  /** Whether agents without the version refuse more than before as well. */
  private boolean othersRefuse() {
    double in = 0;
    double back = 0;
    double allowed = 0;
    for (BeforeAndAfterTotals o : others()) {
      double more = Math.max(0, o.now.in() - o.then.in());
      in += more;
      back += Math.max(0, o.now.returned() - o.then.returned());
      allowed += more * (returnedShare(o.then) + r.guard.maxLost());
    }
    return in >= MIN_COMPARED && back > allowed;
  }

  /** Accounts of an agent without the version, at the begin of the stage and now. */
  private record BeforeAndAfterTotals(Totals then, Totals now) {}

  private List<BeforeAndAfterTotals> others() {
    List<BeforeAndAfterTotals> out = new ArrayList<>();
    r.othersThen.forEach(
        (uid, then) -> {
          AgentState a = r.reached.containsKey(uid) ? null : fleet.agent(uid);
          Totals now = a == null || !a.connected() ? null : a.totals();
          if (now != null) {
            out.add(new BeforeAndAfterTotals(then, now));
          }
        });
    return out;
  }

  /** Accounts of connected agents that a rollout is for and has not reached. */
  static Map<UUID, Totals> othersTotals(Fleet fleet, Rollout r) {
    Map<UUID, Totals> out = new LinkedHashMap<>();
    for (AgentState a : fleet.agents(r.selector)) {
      Totals t = a.totals();
      if (t != null
          && a.connected()
          && !r.reached.containsKey(a.uid())
          && out.size() < MAX_OTHERS) {
        out.put(a.uid(), t);
      }
    }
    return out;
  }

  /**
   * Whether agents without the version deliver less than half of what they take meanwhile, such as
   * at a destination that fails for all.
   */
  private boolean othersHold(String exporter) {
    long in = 0;
    long out = 0;
    for (BeforeAndAfterTotals o : others()) {
      Exporter was = of(o.then, exporter);
      Exporter is = of(o.now, exporter);
      in += Math.max(0, is.in() - was.in());
      out += Math.max(0, is.out() - was.out());
    }
    return in >= MIN_COMPARED && out < in / 2;
  }

  private static Exporter of(Totals t, String exporter) {
    return exporter.isEmpty() ? Undelivered.kept(t) : t.deliveries().getOrDefault(exporter, NONE);
  }

  /** Exporters and signals of an agent whose requests have waited for long. */
  private static Set<String> stalled(Totals t) {
    Set<String> out = new TreeSet<>();
    Set<String> moving = new TreeSet<>();
    t.exporters()
        .forEach(
            (name, x) -> {
              String signal = name.substring(Math.max(0, name.lastIndexOf(Totals.SIGNAL)));
              boolean waits = x.oldestMillis() >= STALLED.toMillis();
              if (waits) {
                out.add(name);
              }
              (waits ? out : moving).addAll(List.of("", signal));
            });
    out.removeIf(moving::contains);
    return out;
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

  /** What is missing to judge the stage; "" for nothing. */
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
      } else if (now - Math.max(reached.sinceNanos, a.changedNanos()) > timeout) {
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
    // Supervisors of other agents start the process to apply a configuration, and may say so first.
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
      reached.reportsAtApply = fleetReports(uid);
      reached.withVersion = now;
      reached.reportsWithVersion = reached.reportsAtApply;
      return "";
    }
    if (reached.withVersion == null && fleetReports(uid) > reached.reportsAtApply) {
      reached.withVersion = now;
      reached.reportsWithVersion = fleetReports(uid);
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
    Sums one = new Sums();
    one.add(then, now, reached);
    return one.problem("agent " + fleet.nameOf(uid));
  }

  private long fleetReports(UUID uid) {
    AgentState a = fleet.agent(uid);
    return a == null ? 0 : a.totalsCount();
  }

  /**
   * Items of agents since they applied the version, of each signal by itself and of all together. A
   * signal with few items may be lost as a whole and not be seen in the sum.
   */
  private final class Sums {
    private final Map<String, Sum> sums = new TreeMap<>();

    void add(Totals then, Totals now, Reached reached) {
      now.losses()
          .forEach(
              (signal, x) -> {
                Losses was = then.losses().getOrDefault(signal, Losses.NONE);
                double before = share(reached.lostBefore, signal);
                sums.computeIfAbsent(signal, Sum::new)
                    .add(
                        Math.max(0, x.in() - was.in()),
                        x.lost() - was.lost(),
                        before + r.guard.maxLost());
              });
    }

    String problem(String who) {
      for (Sum s : sums.values()) {
        String text = s.problem(who);
        if (!text.isEmpty()) {
          return text;
        }
      }
      return "";
    }
  }

  /** Items of one signal, or of all, with the losses that are permitted. */
  private final class Sum {
    private final String signal;
    private long in;
    private long lost;
    private double allowed;

    Sum(String signal) {
      this.signal = signal;
    }

    void add(long more, long moreLost, double share) {
      in += more;
      lost += Math.max(0, moreLost);
      allowed += share * Math.max(more, moreLost);
    }

    private String problem(String who) {
      long all = Math.max(in, lost);
      boolean enough =
          all >= MIN_COMPARED || all >= MIN_MOSTLY_LOST && lost > all / 2; // too few otherwise
      if (!enough || lost <= allowed) {
        return "";
      }
      String text =
          String.format(
              Locale.ROOT,
              "%s lost %d of %d %s (%.1f %%), at most %.1f %% are allowed",
              who,
              lost,
              all,
              ITEMS.getOrDefault(signal, "items of " + signal),
              100.0 * lost / all,
              100 * allowed / all);
      if (lost > allowed + othersRise(signal) * all) {
        return text;
      }
      undecided =
          String.format(
              Locale.ROOT,
              "%s, and agents without the version lose %.1f %% more than before as well",
              text,
              100 * othersRise(signal));
      return "";
    }
  }

  /**
   * Agents that take items with the version and deliver none. A destination may accept connections
   * and never answer, or a processor hold all for very long. Nothing is lost yet then, and nothing
   * is known to arrive. Judged is each exporter and signal by itself as well, for others may hide
   * it in the sums of an agent.
   */
  private final class Undelivered {
    private final Map<String, Undelivered> exporters = new TreeMap<>();
    private final String exporter; // "" for all of an agent, @SIGNAL for those of a signal
    private int agents;
    private long in;
    private long held;
    private @Nullable UUID first;
    private boolean late; // an agent delivered nothing for too long

    Undelivered(String exporter) {
      this.exporter = exporter;
    }

    void add(UUID uid, Reached reached, Totals then, Totals now) {
      Totals base = reached.withVersion;
      if (base == null) {
        return;
      }
      add(
          uid,
          reached,
          kept(then),
          kept(base),
          kept(now),
          reached.deliveredBefore || then.out() > 0 || othersDeliver(uid));
      Map<String, Exporter> before = then.deliveries();
      Map<String, Exporter> first = base.deliveries();
      now.deliveries()
          .forEach(
              (name, x) -> {
                Exporter was = before.getOrDefault(name, NONE);
                // One that the version adds must deliver; one that never did tells nothing. What
                // was before is of the time before the offer: the last report before the agent
                // says that it applied the version may have items of an exporter of that already.
                boolean judged =
                    !reached.silentBefore.contains(name)
                        || was.out() > 0
                        || othersDeliver(uid, name);
                exporters
                    .computeIfAbsent(name, Undelivered::new)
                    .add(uid, reached, was, first.getOrDefault(name, NONE), x, judged);
              });
    }

    /** Without items that are lost: of these, the guard says how many may be. */
    private static Exporter kept(Totals t) {
      return new Exporter(t.in() - t.lost(), t.out(), t.queued(), -1);
    }

    private void add(
        UUID uid,
        Reached reached,
        Exporter then,
        Exporter base,
        Exporter now,
        boolean deliveredBefore) {
      long taken = now.in() - then.in();
      if (taken <= 0 || now.out() > base.out()) {
        reached.undeliveredSince.remove(exporter);
        return;
      }
      // Deliveries between the last report before the version and the first one with it may be of
      // either; they count only where a later report has nothing left to deliver.
      boolean empties =
          fleetReports(uid) > reached.reportsWithVersion
              && now.out() > then.out()
              && now.queued() <= 0
              && now.in() - base.in() < fewest();
      if (!empties && deliveredBefore) {
        agents++;
        in += taken;
        held += Math.max(0, now.queued());
        first = first == null ? uid : first;
        long since = reached.undeliveredSince.computeIfAbsent(exporter, k -> clock.nanos());
        late |=
            holds != null
                && taken >= MIN_COMPARED
                && !reached.stalledBefore.contains(exporter)
                && clock.nanos() - since >= NO_DELIVERY.plus(holds).toNanos();
      } else {
        reached.undeliveredSince.remove(exporter);
      }
    }

    /** Why it is a reason to undo; "" for none. */
    String problem() {
      if (late && in >= fewest() && !othersHold(exporter)) {
        return text() + ", within " + Durations.format(NO_DELIVERY.plus(holdsOrZero()));
      }
      for (Undelivered of : exporters.values()) {
        String text = of.problem();
        if (!text.isEmpty()) {
          return text;
        }
      }
      return "";
    }

    /** Items from which on a delivery must be seen, also where none are required to be taken. */
    private long fewest() {
      if (!exporter.isEmpty()) {
        return MIN_COMPARED; // one of several may get few of the items, or a signal have few
      }
      return r.guard.minItems() > 0 ? r.guard.minItems() : MIN_COMPARED;
    }

    private String firstName() {
      return first == null ? "" : fleet.nameOf(first);
    }

    String text() {
      if (in < fewest()) {
        for (Undelivered of : exporters.values()) {
          if (!of.text().isEmpty()) {
            return of.text();
          }
        }
        return "";
      }
      boolean signal = exporter.startsWith(Totals.SIGNAL);
      return String.format(
          Locale.ROOT,
          "no %s delivered since the version was applied by %s%s, which took %d items; %d are queued"
              + " or in flight at exporters, the others before them",
          signal ? "item of " + exporter.substring(Totals.SIGNAL.length()) : "item",
          exporter.isEmpty() || signal ? "" : "exporter " + exporter + " of ",
          agents == 1 ? "agent " + firstName() : agents + " agents, such as " + firstName(),
          in,
          held);
    }
  }

  private Duration holdsOrZero() {
    return holds == null ? Duration.ZERO : holds;
  }

  private boolean othersDeliver(UUID uid, String exporter) {
    for (AgentState a : fleet.agents(r.selector)) {
      Totals t = a.totals();
      if (t != null
          && !a.uid().equals(uid)
          && t.deliveries().getOrDefault(exporter, NONE).out() > 0) {
        return true;
      }
    }
    return false;
  }

  private boolean othersDeliver(UUID uid) {
    for (AgentState a : fleet.agents(r.selector)) {
      Totals t = a.totals();
      if (t != null && t.out() > 0 && !a.uid().equals(uid)) {
        return true;
      }
    }
    return false;
  }

  /** By how much the share that agents without the version lose has grown since the stage began. */
  private double othersRise(String signal) {
    Map<String, RecentAccounts.Window> windows = others;
    if (windows == null) {
      windows = others(fleet, r);
      others = windows;
    }
    RecentAccounts.Window w = windows.getOrDefault(signal, RecentAccounts.Window.EMPTY);
    double before = share(r.othersLostBefore, signal);
    return w.in() < MIN_COMPARED ? 0 : Math.max(0, w.lostShare() - before);
  }

  /** Share of a signal; that of all where none was known by signal, as in states of before. */
  private static double share(Map<String, Double> shares, String signal) {
    String key = shares.size() == 1 ? Totals.ALL : signal;
    return shares.getOrDefault(key, 0.0);
  }

  /** Recent items of the agents that the rollout is for and has not reached, by signal. */
  static Map<String, RecentAccounts.Window> others(Fleet fleet, Rollout r) {
    Map<String, RecentAccounts.Window> sums = new TreeMap<>();
    for (AgentState a : fleet.agents(r.selector)) {
      if (a.connected() && !r.reached.containsKey(a.uid())) {
        fleet
            .recentBySignal(a.uid())
            .forEach((signal, w) -> sums.merge(signal, w, RecentAccounts.Window::plus));
      }
    }
    return sums;
  }

  /** Parts of the items that were lost, by signal. */
  static Map<String, Double> lostShares(Map<String, RecentAccounts.Window> of) {
    Map<String, Double> out = new TreeMap<>();
    of.forEach((signal, w) -> out.put(signal, w.lostShare()));
    return out;
  }

  /** The same of an agent: recent ones, or since its start where it took few items since. */
  private static Map<String, Double> lostShares(
      Totals t, Map<String, RecentAccounts.Window> recent) {
    Map<String, Double> out = new TreeMap<>();
    t.losses()
        .forEach(
            (signal, x) -> {
              RecentAccounts.Window w = recent.getOrDefault(signal, RecentAccounts.Window.EMPTY);
              RecentAccounts.Window all = new RecentAccounts.Window(x.in(), x.lost(), 0);
              out.put(signal, (w.in() >= MIN_COMPARED ? w : all).lostShare());
            });
    return out;
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
            lostShares(t, fleet.recentBySignal(a.uid())),
            w.inPerSecond(),
            r.stage,
            t.out() > 0,
            silent,
            fleet.usualMemory(a.uid()),
            late);
    out.stalledBefore = stalled(t);
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
