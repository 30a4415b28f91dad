package dev.tethys.control.live;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.control.access.Selector;
import dev.tethys.control.fleet.AgentState;
import dev.tethys.control.fleet.Fleet;
import dev.tethys.control.fleet.FleetVolumes.Rates;
import dev.tethys.control.fleet.FleetVolumes.Scope;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.processor.control.Control;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Effects of live controls: volumes and costs of their scope before they started and while they
 * apply, as agents count them. Thread-safe.
 *
 * <p>Invariants: rates before a control are of reports up to its start, rates with it of reports
 * after that; those in which both fall are not used. Both are of the same agents. Effects of at
 * most {@link #MAX_KEPT} controls are kept, since the control plane started, by agent for at most
 * {@link #MAX_RATES} rates, the oldest as sums alone.
 */
public final class ControlEffects {
  static final int MAX_KEPT = 300;

  /** Rates of agents that are kept. */
  static final int MAX_RATES = 100_000;

  /** Agent of the sum where rates are not kept by agent. */
  private static final UUID ALL_AGENTS = new UUID(0, 0);

  /** Attribute by which volumes are summed if a control has a different scope. */
  private static final String ANY = "service.name";

  private static final double SECONDS_OF_AN_HOUR = 3600;

  private final Fleet fleet;
  private final Scheduler clock;
  private final long bornMillis;

  @GuardedBy("this")
  private final Map<String, Effect> effects = new LinkedHashMap<>();

  /** Effect of one control; guarded by the outer object. */
  private static final class Effect {
    private final long startMillis; // of the control: ids may be used again
    private final long startNanos;
    private final Scope scope;
    private final boolean exact;
    private Map<UUID, Rates> before;
    private Map<UUID, Rates> now = Map.of();
    private boolean summed;

    Effect(long startMillis, long startNanos, Scope scope, boolean exact, Map<UUID, Rates> before) {
      this.startMillis = startMillis;
      this.startNanos = startNanos;
      this.scope = scope;
      this.exact = exact;
      this.before = before;
    }

    private int size() {
      return before.size() + now.size();
    }

    private void sumUp() {
      before = summed(comparable());
      now = summed(present());
      summed = true;
    }

    /**
     * Returns the earlier rates of agents that also have rates with the control, once there are
     * any.
     */
    private Map<UUID, Rates> comparable() {
      return now.isEmpty() || summed ? before : only(before, now);
    }

    /**
     * Returns the rates with the control, of agents that had rates before, or of all agents if none
     * had.
     */
    private Map<UUID, Rates> present() {
      return before.isEmpty() || summed ? now : only(now, before);
    }

    private static Map<UUID, Rates> only(Map<UUID, Rates> of, Map<UUID, Rates> agents) {
      Map<UUID, Rates> out = new HashMap<>(of);
      out.keySet().retainAll(agents.keySet());
      return out;
    }

    private static Map<UUID, Rates> summed(Map<UUID, Rates> of) {
      return of.isEmpty() ? of : Map.of(ALL_AGENTS, Rates.sum(of.values()));
    }
  }

  public ControlEffects(Fleet fleet, Scheduler clock) {
    this.fleet = fleet;
    this.clock = clock;
    this.bornMillis = clock.millis();
  }

  /** Records the throughput before a control that is started now. */
  void begin(LiveControl c) {
    long start = clock.nanos();
    List<AgentState> agents = fleet.agents(c.selector());
    Control control = c.control();
    Scope scope = scope(control, agents);
    boolean exact =
        control.attributes().size() == (scope.value() == null ? 0 : 1)
            && control.condition().isEmpty()
            && control.pipeline().isEmpty();
    Map<UUID, Rates> before =
        fleet.volumes().ratesByAgent(agents, scope, Long.MIN_VALUE / 2 + start, start, start);
    synchronized (this) {
      effects.remove(control.id());
      effects.put(control.id(), new Effect(control.startMillis(), start, scope, exact, before));
      if (effects.size() > MAX_KEPT) {
        effects.remove(effects.keySet().iterator().next());
      }
      bound();
    }
  }

  /** Records the last rates of a control that ends now. */
  void end(LiveControl c) {
    refresh(c);
  }

  /** Returns the part of the volumes closest to the scope of a control. */
  private Scope scope(Control control, List<AgentState> agents) {
    Set<String> signals = new TreeSet<>();
    for (Signal s : control.signals()) {
      signals.add(s.name().toLowerCase(Locale.ROOT));
    }
    for (Map.Entry<String, String> e : control.attributes().entrySet()) {
      if (control.attributes().size() == 1 || e.getKey().equals(ANY)) {
        if (fleet.volumes().countsBy(agents, e.getKey())) {
          return new Scope(e.getKey(), e.getValue(), signals);
        }
      }
    }
    return new Scope(ANY, null, signals);
  }

  @GuardedBy("this")
  private @Nullable Effect effect(LiveControl c) {
    Effect e = effects.get(c.control().id());
    return e == null || e.startMillis != c.control().startMillis() ? null : e;
  }

  private void refresh(LiveControl c) {
    Effect e;
    synchronized (this) {
      e = effect(c);
    }
    if (e != null) {
      long now = clock.nanos();
      Map<UUID, Rates> r =
          fleet.volumes().ratesByAgent(fleet.agents(c.selector()), e.scope, e.startNanos, now, now);
      synchronized (this) {
        if (!r.isEmpty()) {
          e.now = e.summed ? Effect.summed(r) : r;
          bound();
        }
      }
    }
  }

  /** Keeps rates by agent for the latest effects, called under the lock. */
  @GuardedBy("this")
  private void bound() {
    int sum = effects.values().stream().mapToInt(Effect::size).sum();
    for (Effect e : effects.values()) {
      if (sum <= MAX_RATES) {
        return;
      }
      sum -= e.size();
      e.sumUp();
      sum += e.size();
    }
  }

  /**
   * Adds the effect at the agents of a scope, or the reason why there is none.
   *
   * @param scope agents that the reader may see
   */
  public void put(ObjectNode to, LiveControl c, Selector scope) {
    if (c.isActive()) {
      refresh(c);
    }
    boolean seesAll = c.selector().isWithin(scope);
    synchronized (this) {
      Effect e = effect(c);
      if (e == null) {
        to.put(
            "effectMissing",
            c.startedMillis() < bornMillis
                ? "the control plane has restarted since the control was started"
                : "it is not measured yet");
        return;
      }
      if (!seesAll && e.summed) {
        to.put(
            "effectMissing",
            "it is kept for all agents together, also those outside of the scope of the token: "
                + scope);
        return;
      }
      ObjectNode n = to.putObject("effect").put("attribute", e.scope.attribute());
      if (e.scope.value() != null) {
        n.put("value", e.scope.value());
      }
      n.put("exact", e.exact);
      if (!seesAll) {
        n.put("scope", scope.toString());
      }
      Map<UUID, Rates> before = e.comparable();
      Map<UUID, Rates> present = e.present();
      put(n, "before", seesAll ? Rates.sum(before.values()) : within(scope, before));
      put(n, "now", seesAll ? Rates.sum(present.values()) : within(scope, present));
    }
  }

  /**
   * Sums the rates of the agents in a scope; an agent that is no longer known belongs to no scope.
   */
  private Rates within(Selector scope, Map<UUID, Rates> all) {
    List<Rates> own = new ArrayList<>();
    all.forEach(
        (uid, rates) -> {
          AgentState a = fleet.agent(uid);
          if (a != null && scope.matches(a.labels())) {
            own.add(rates);
          }
        });
    return Rates.sum(own);
  }

  private static void put(ObjectNode to, String name, Rates r) {
    if (r.agents() == 0) {
      return;
    }
    ObjectNode n = to.putObject(name).put("agents", r.agents());
    n.put("inItemsPerSecond", r.inItems()).put("inBytesPerSecond", r.inBytes());
    n.put("outItemsPerSecond", r.outItems()).put("outBytesPerSecond", r.outBytes());
    if (!r.currency().isEmpty()) {
      n.put("costPerHour", r.costMicros() / 1e6 * SECONDS_OF_AN_HOUR);
      n.put("currency", r.currency());
    }
  }
}
