package dev.tethys.control;

import dev.tethys.control.FleetVolumes.Rates;
import dev.tethys.control.FleetVolumes.Scope;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.processor.control.Control;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Effects of live controls: volumes and costs of their scope before they started and while they
 * apply, as agents count them. Safe for threads.
 *
 * <p>Invariants: rates before a control are of reports up to its start, rates with it of reports
 * after that; those in which both fall are not used. Effects of at most {@link #MAX_KEPT} controls
 * are kept, since the start of the control plane.
 */
final class ControlEffects {
  static final int MAX_KEPT = 300;

  /** Attribute by which volumes are summed where a control has another scope. */
  private static final String ANY = "service.name";

  private static final double SECONDS_OF_AN_HOUR = 3600;

  private final Fleet fleet;
  private final Scheduler clock;
  private final Map<String, Effect> effects = new LinkedHashMap<>(); // guarded by this

  /** Effect of one control; guarded by the outer object. */
  private static final class Effect {
    private final long startMillis; // of the control: ids may be used again
    private final long startNanos;
    private final Scope scope;
    private final boolean exact;
    private final Rates before;
    private Rates now = Rates.NONE;

    Effect(long startMillis, long startNanos, Scope scope, boolean exact, Rates before) {
      this.startMillis = startMillis;
      this.startNanos = startNanos;
      this.scope = scope;
      this.exact = exact;
      this.before = before;
    }
  }

  ControlEffects(Fleet fleet, Scheduler clock) {
    this.fleet = fleet;
    this.clock = clock;
  }

  /** Notes what passes before a control that is started now. */
  void begin(LiveControl c) {
    long start = clock.nanos();
    List<AgentState> agents = fleet.agents(c.selector());
    Control control = c.control();
    Scope scope = scope(control, agents);
    boolean exact =
        control.attributes().size() == (scope.value() == null ? 0 : 1)
            && control.condition().isEmpty()
            && control.pipeline().isEmpty();
    Rates before = fleet.volumes().rates(agents, scope, Long.MIN_VALUE / 2 + start, start);
    synchronized (this) {
      effects.remove(control.id());
      effects.put(control.id(), new Effect(control.startMillis(), start, scope, exact, before));
      if (effects.size() > MAX_KEPT) {
        effects.remove(effects.keySet().iterator().next());
      }
    }
  }

  /** Takes the last rates of a control that ends now. */
  void end(LiveControl c) {
    refresh(c);
  }

  /** The part of the volumes that is nearest to the scope of a control. */
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
      Rates r =
          fleet
              .volumes()
              .rates(fleet.agents(c.selector()), e.scope, e.startNanos, Long.MAX_VALUE / 2);
      synchronized (this) {
        e.now = r.agents() > 0 ? r : e.now;
      }
    }
  }

  /** The effect as JSON; null where the start of the control was not seen. */
  @Nullable ObjectNode json(LiveControl c) {
    if (c.isActive()) {
      refresh(c);
    }
    synchronized (this) {
      Effect e = effect(c);
      if (e == null) {
        return null;
      }
      ObjectNode n = JsonMapper.shared().createObjectNode();
      n.put("attribute", e.scope.attribute());
      if (e.scope.value() != null) {
        n.put("value", e.scope.value());
      }
      n.put("exact", e.exact);
      put(n, "before", e.before);
      put(n, "now", e.now);
      return n;
    }
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
