package dev.tethys.insight.inspections;

import dev.tethys.insight.entities.Entity;
import dev.tethys.insight.entities.kind.EntityKind;
import dev.tethys.insight.graph.query.MetricAnswers.Sample;
import dev.tethys.insight.inspections.definition.Inspection;
import dev.tethys.insight.inspections.definition.InspectionSeverity;
import dev.tethys.insight.inspections.definition.ThresholdOverrides;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * State of one inspection across evaluations: values beyond the threshold and since when. Not
 * thread-safe.
 */
final class InspectionState {
  /** Time for which a problem without a value stays unknown before it is removed. */
  static final long ABSENT = 120_000;

  /** Maximum number of instances named by a problem. */
  private static final int MAX_INSTANCES = 20;

  private Inspection inspection;
  private ThresholdOverrides overrides;
  private final @Nullable InspectionBaselines baselines;
  private final Map<String, Tracked> tracked = new LinkedHashMap<>();
  private List<Entity> checked = List.of();
  private int unmatched;
  private int refused;
  private @Nullable String error;
  private long evaluated;
  private double millis;
  private boolean isRedefined; // evaluated by another definition

  /** Values beyond the threshold that are shown at one entity. */
  private static final class Tracked {
    Entity entity;
    List<Entity> instances = List.of();
    Map<String, String> labels = Map.of();
    double value;
    double threshold;
    InspectionSeverity severity = InspectionSeverity.WARNING;
    long lastSeen;
    long since;
    boolean isAbsent;

    Tracked(Entity entity, long now) {
      this.entity = entity;
      this.since = now;
    }
  }

  /** Worst value of an entity in one evaluation. */
  private static final class Worst {
    final Entity entity;
    final Set<Entity> instances = new LinkedHashSet<>();
    Map<String, String> labels = Map.of();
    double value;
    double threshold;
    InspectionSeverity severity = InspectionSeverity.WARNING;

    Worst(Entity entity) {
      this.entity = entity;
    }
  }

  InspectionState(Inspection inspection, ThresholdOverrides overrides) {
    this.inspection = inspection;
    this.overrides = overrides;
    this.baselines =
        inspection.baseline() == null
            ? null
            : new InspectionBaselines(inspection.baseline().toMillis());
  }

  Inspection inspection() {
    return inspection;
  }

  /** Sets thresholds and texts; the next evaluation applies them. */
  void redefine(Inspection other, ThresholdOverrides newOverrides) {
    inspection = other;
    overrides = newOverrides;
    isRedefined = true;
  }

  boolean isDue(long now) {
    // A little earlier, as evaluations do not start at exact times.
    return evaluated == 0
        || isRedefined
        || now - evaluated >= inspection.every().toMillis() - 5_000;
  }

  @Nullable InspectionBaselines baselines() {
    return baselines;
  }

  /** Records the failure of an evaluation; problems are unknown until the query succeeds. */
  void fail(String reason, long now, double cost) {
    error = reason;
    isRedefined = false;
    evaluated = now;
    millis = cost;
    tracked.values().forEach(t -> t.isAbsent = true);
  }

  /**
   * Compares the values of a query result.
   *
   * @param room problems that may be added in all
   * @return number of problems added
   */
  int update(EntitySeries series, List<Sample> answer, long now, double cost, int room) {
    error = null;
    isRedefined = false;
    evaluated = now;
    millis = cost;
    Map<String, Worst> found = new LinkedHashMap<>();
    Set<String> owners = new HashSet<>();
    checked = read(series, answer, now, found, owners);
    for (Tracked t : tracked.values()) {
      t.isAbsent = !found.containsKey(t.entity.id()) && !owners.contains(t.entity.id());
    }
    tracked
        .entrySet()
        .removeIf(
            e ->
                !found.containsKey(e.getKey())
                    && (!e.getValue().isAbsent || now - e.getValue().lastSeen > ABSENT));
    int added = 0;
    refused = 0;
    for (Worst w : found.values()) {
      Tracked t = tracked.get(w.entity.id());
      if (t == null) {
        if (added >= room) {
          refused++;
          continue;
        }
        t = new Tracked(w.entity, now);
        tracked.put(w.entity.id(), t);
        added++;
      }
      t.entity = w.entity;
      t.instances = w.instances.stream().limit(MAX_INSTANCES).toList();
      t.labels = w.labels;
      t.value = w.value;
      t.threshold = w.threshold;
      t.severity = w.severity;
      t.lastSeen = now;
    }
    if (baselines != null) {
      baselines.expire(now);
    }
    return added;
  }

  private List<Entity> read(
      EntitySeries series,
      List<Sample> answer,
      long now,
      Map<String, Worst> found,
      Set<String> owners) {
    Set<Entity> all = new LinkedHashSet<>();
    Map<String, Double> limits = new HashMap<>();
    unmatched = 0;
    for (Sample s : answer) {
      if (Double.isNaN(s.value())) {
        continue; // a gap, such as the share of failures of no requests
      }
      Entity e = series.find(inspection, s.labels());
      if (e == null) {
        unmatched++;
        continue;
      }
      double median = baselines == null ? 0 : baselines.median(s.labels(), now);
      boolean counts = !Double.isNaN(median);
      boolean any = false;
      if (counts) {
        all.add(e);
      }
      for (Entity owner : series.owners(e, inspection.lift())) {
        double own = limits.computeIfAbsent(owner.id(), _ -> limit(series, owner));
        double limit = baselines == null ? own : own * median;
        if (counts) {
          owners.add(owner.id());
          all.add(owner);
        }
        if (counts && isBeyond(s.value(), limit, median)) {
          any = true;
          add(found.computeIfAbsent(owner.id(), _ -> new Worst(owner)), e, s, limit, median);
        }
      }
      if (baselines != null) {
        if (any) {
          baselines.skip(s.labels(), now);
        } else {
          baselines.record(s.labels(), s.value(), now);
        }
      }
    }
    return List.copyOf(all);
  }

  private boolean isBeyond(double value, double limit, double median) {
    return inspection.isBeyond(value, limit)
        && (baselines == null || Math.abs(value - median) >= inspection.margin());
  }

  private void add(Worst w, Entity instance, Sample s, double limit, double median) {
    w.instances.add(instance);
    Double critical = inspection.critical();
    boolean isCritical =
        critical == null
            ? inspection.severity() == InspectionSeverity.CRITICAL
            : inspection.isBeyond(s.value(), baselines == null ? critical : critical * median);
    if (w.labels.isEmpty() || inspection.isWorse(s.value(), w.value)) {
      w.labels = s.labels();
      w.value = s.value();
      w.threshold = limit;
    }
    if (isCritical) {
      w.severity = InspectionSeverity.CRITICAL;
    }
  }

  private double limit(EntitySeries series, Entity e) {
    if (!overrides.has(inspection.id())) {
      return inspection.threshold();
    }
    List<String> kinds = new ArrayList<>(List.of(e.kind().text()));
    for (Entity w : series.owners(e, EntityKind.WORKLOAD)) {
      String type = w.attributes().get("type");
      if (type != null) {
        kinds.add(type);
      }
    }
    String namespace = e.attributes().getOrDefault("namespace", "_");
    Double own = overrides.find(inspection.id(), namespace, kinds, e.name());
    return own == null ? inspection.threshold() : own;
  }

  /** Sets when values went beyond the threshold before the first evaluation. */
  void beganAt(String entity, long time) {
    Tracked t = tracked.get(entity);
    if (t != null) {
      t.since = Math.min(t.since, time);
    }
  }

  /** Returns the entities with values beyond the threshold. */
  Set<String> beyond() {
    return Set.copyOf(tracked.keySet());
  }

  /**
   * Visits problems that have lasted long enough.
   *
   * @param unknown true for those without a value at present
   */
  void forEachProblem(boolean unknown, Consumer<InspectionProblem> visitor) {
    for (Tracked t : tracked.values()) {
      if (t.isAbsent == unknown && t.lastSeen - t.since >= inspection.hold().toMillis()) {
        visitor.accept(problem(t));
      }
    }
  }

  private InspectionProblem problem(Tracked t) {
    return new InspectionProblem(
        inspection,
        t.severity,
        t.entity,
        t.instances,
        t.since,
        t.lastSeen,
        t.value,
        t.threshold,
        inspection.message().render(name -> text(t, name)),
        inspection.remedy().render(name -> text(t, name)),
        List.of(),
        0,
        List.of());
  }

  private String text(Tracked t, String name) {
    return switch (name) {
      case "entity" -> t.entity.name();
      case "value" -> inspection.unit().format(t.value);
      case "threshold" -> inspection.unit().format(t.threshold);
      default -> t.labels.getOrDefault(name, "");
    };
  }

  InspectionStatus status() {
    return new InspectionStatus(
        inspection,
        checked,
        unmatched,
        tracked.size(),
        overrides.count(inspection.id()),
        error,
        evaluated,
        millis);
  }

  /** Returns the number of problems omitted by the last evaluation. */
  int refused() {
    return refused;
  }

  int size() {
    return tracked.size();
  }
}
