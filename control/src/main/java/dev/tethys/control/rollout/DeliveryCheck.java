package dev.tethys.control.rollout;

import dev.tethys.config.Durations;
import dev.tethys.control.fleet.Fleet;
import dev.tethys.control.fleet.Totals;
import dev.tethys.control.rollout.Rollout.Reached;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.opamp.PipelineAccounts.Exporter;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Check of agents that take items with the version and deliver none. A destination may accept
 * connections and never respond, or a processor may hold all items for a very long time. Nothing is
 * lost yet then, and nothing is known to arrive. Each exporter and signal is also checked
 * separately, because the sums of an agent may hide a failing one.
 */
final class DeliveryCheck implements GuardCheck {
  /**
   * Time from the first items that an agent received to the first that it must have delivered, in
   * addition to the time for which the version intentionally holds items.
   */
  static final Duration NO_DELIVERY = Duration.ofSeconds(20);

  /**
   * Time within which an exporter receives the first items accepted by its agent. Before that, few
   * or no items at an exporter do not prove a failure: a report may have been created between a
   * receiver and its exporters.
   */
  private static final Duration FIRST_ITEMS = Duration.ofSeconds(5);

  /** Age of the oldest request from which an exporter did not deliver before either. */
  private static final Duration STALLED = Duration.ofSeconds(15);

  static final Exporter NONE = new Exporter(0, 0, 0, -1);

  private final Scheduler clock;
  private final Fleet fleet;
  private final Rollout r;
  private final OtherAgents others;
  private final @Nullable Duration holds;
  private final Map<String, DeliveryCheck> exporters = new TreeMap<>();
  private final String exporter; // "" for all of an agent, @SIGNAL for those of a signal
  private int agents;
  private long in;
  private long held;
  private @Nullable UUID first;
  private boolean late; // an agent delivered nothing for too long
  private boolean early; // few items are no proof yet

  /**
   * Checks all exporters together, and each separately.
   *
   * @param holds time for which the version holds items on purpose; null if it is unknown
   */
  DeliveryCheck(
      Scheduler clock, Fleet fleet, Rollout r, OtherAgents others, @Nullable Duration holds) {
    this(clock, fleet, r, others, holds, "");
  }

  private DeliveryCheck(
      Scheduler clock,
      Fleet fleet,
      Rollout r,
      OtherAgents others,
      @Nullable Duration holds,
      String exporter) {
    this.clock = clock;
    this.fleet = fleet;
    this.r = r;
    this.others = others;
    this.holds = holds;
    this.exporter = exporter;
  }

  @Override
  public CheckResult add(ReachedAgent agent) {
    Totals then = agent.reached().atApply;
    Totals now = agent.totals();
    if (then != null && now != null && agent.reached().stage > r.acceptedStage) {
      add(agent.uid(), agent.reached(), then, now);
    }
    return CheckResult.PASS;
  }

  @Override
  public CheckResult answer() {
    return CheckResult.of(problem(), text());
  }

  private void add(UUID uid, Reached reached, Totals then, Totals now) {
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
        reached.deliveredBefore || then.out() > 0 || others.deliver(uid));
    Map<String, Exporter> before = then.deliveries();
    Map<String, Exporter> first = base.deliveries();
    now.deliveries()
        .forEach(
            (name, x) -> {
              Exporter was = before.getOrDefault(name, NONE);
              // An exporter added by the version must deliver; one that never delivered proves
              // nothing. The earlier state is from before the offer: the last report before the
              // agent reports that it applied the version may already include items of an exporter.
              boolean judged =
                  !reached.silentBefore.contains(name)
                      || was.out() > 0
                      || others.deliver(uid, name);
              exporters
                  .computeIfAbsent(name, n -> new DeliveryCheck(clock, fleet, r, others, holds, n))
                  .add(uid, reached, was, first.getOrDefault(name, NONE), x, judged);
            });
  }

  /** Returns the exporter totals without lost items, for which the guard has a separate limit. */
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
    boolean few =
        !exporter.isEmpty()
            && deliveredBefore
            && taken < fewest()
            && clock.nanos() - reached.appliedNanos < FIRST_ITEMS.toNanos();
    if (taken <= 0 || now.out() > base.out()) {
      early |= few && now.out() <= base.out();
      reached.undeliveredSince.remove(exporter);
      return;
    }
    // Deliveries between the last report before the version and the first one with it may be of
    // either; they count only where a later report has nothing left to deliver.
    boolean empties =
        fleet.reports(uid) > reached.reportsWithVersion
            && now.out() > then.out()
            && now.queued() <= 0
            && now.in() - base.in() < fewest();
    if (!empties && deliveredBefore) {
      early |= few;
      agents++;
      in += taken;
      held += Math.max(0, now.queued());
      first = first == null ? uid : first;
      long since = reached.undeliveredSince.computeIfAbsent(exporter, k -> clock.nanos());
      late |=
          holds != null
              && taken >= Guard.MIN_COMPARED
              && !reached.stalledBefore.contains(exporter)
              && clock.nanos() - since >= NO_DELIVERY.plus(holds).toNanos();
    } else {
      reached.undeliveredSince.remove(exporter);
    }
  }

  /** Returns the reason to undo the rollout; "" if none. */
  private String problem() {
    if (late && in >= fewest() && !others.hold(exporter)) {
      return text()
          + ", within "
          + Durations.format(NO_DELIVERY.plus(holds == null ? Duration.ZERO : holds));
    }
    for (DeliveryCheck of : exporters.values()) {
      String text = of.problem();
      if (!text.isEmpty()) {
        return text;
      }
    }
    return "";
  }

  /**
   * Returns the number of items from which a delivery must be seen, even if no minimum of received
   * items is set.
   */
  private long fewest() {
    if (!exporter.isEmpty()) {
      // One of several may get few of the items, or a signal have few.
      return Guard.MIN_COMPARED;
    }
    return r.guard.minItems() > 0 ? r.guard.minItems() : Guard.MIN_COMPARED;
  }

  private String firstName() {
    return first == null ? "" : fleet.nameOf(first);
  }

  /** Describes the missing delivery; "" if none. */
  private String text() {
    boolean signal = exporter.startsWith(Totals.SIGNAL);
    if (in < fewest()) {
      for (DeliveryCheck of : exporters.values()) {
        if (!of.text().isEmpty()) {
          return of.text();
        }
      }
      return early
          ? (signal
                  ? "no item of " + exporter.substring(Totals.SIGNAL.length()) + " delivered"
                  : "exporter " + exporter + " has delivered nothing")
              + " yet since the version was applied"
          : "";
    }
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

  /** Accounts of an exporter; of all for "". */
  static Exporter of(Totals t, String exporter) {
    return exporter.isEmpty() ? kept(t) : t.deliveries().getOrDefault(exporter, NONE);
  }

  /** Exporters and signals of an agent whose requests have waited for a long time. */
  static Set<String> stalled(Totals t) {
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
}
