package dev.tethys.pipeline.processor.schema;

import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.DistributionDataPoint;
import dev.tethys.model.telemetry.Exemplar;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.Resource;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.pipeline.processor.schema.Revision.Part;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Steps from one version of a schema to another. */
final class Translation {
  private record Renaming(Renames attributes, Step step) {
    boolean ofSpan(String span) {
      return step.spans().isEmpty() || step.spans().contains(span);
    }

    boolean of(String holder) {
      return step.holders().isEmpty() || step.holders().contains(holder);
    }

    String name(String old) {
      return step.names().getOrDefault(old, old);
    }
  }

  /** Steps for a kind of telemetry, with all attributes renamed by any step. */
  private record Steps(List<Renaming> steps, Set<String> old) {
    boolean concern(Attributes a) {
      for (int i = 0; i < a.size(); i++) {
        if (old.contains(a.key(i))) {
          return true;
        }
      }
      return false;
    }
  }

  private final Map<Part, Steps> parts = new EnumMap<>(Part.class);

  /**
   * @param revisions the revisions in between, in the order of application
   * @param up whether the target is newer
   */
  Translation(Collection<Revision> revisions, boolean up) {
    for (Part p : Part.values()) {
      List<Renaming> steps = new ArrayList<>();
      Set<String> old = new HashSet<>();
      for (Revision r : revisions) {
        for (Step s : r.steps(p, up)) {
          Renames renames = new Renames(s.attributes());
          steps.add(new Renaming(renames, s));
          old.addAll(renames.old());
        }
      }
      parts.put(p, new Steps(steps, old));
    }
  }

  private Steps steps(Part part) {
    return parts.getOrDefault(part, new Steps(List.of(), Set.of()));
  }

  /**
   * Renames attributes of a resource.
   *
   * @param collision called with each new name that was already in use
   */
  void resource(Resource r, Consumer<String> collision) {
    plain(Part.RESOURCES, r.attributes(), collision);
  }

  /** Renames attributes and item names within a scope. */
  void items(ScopeGroup<?> scope, Consumer<String> collision) {
    for (Object item : scope.items()) {
      switch (item) {
        case LogRecord l -> plain(Part.LOGS, l.attributes(), collision);
        case Span s -> span(s, collision);
        case Metric m -> metric(m, collision);
        default -> throw new AssertionError();
      }
    }
  }

  private void plain(Part part, Attributes a, Consumer<String> collision) {
    Steps steps = steps(part);
    if (steps.concern(a)) {
      for (Renaming r : steps.steps()) {
        r.attributes().apply(a, collision);
      }
    }
  }

  private void span(Span s, Consumer<String> collision) {
    Steps steps = steps(Part.SPANS);
    if (steps.concern(s.attributes())) {
      for (Renaming r : steps.steps()) {
        if (r.ofSpan(s.name())) {
          r.attributes().apply(s.attributes(), collision);
        }
      }
    }
    if (s.hasEvents()) {
      for (SpanEvent e : s.events()) {
        event(s.name(), e, collision);
      }
    }
  }

  private void event(String span, SpanEvent e, Consumer<String> collision) {
    Steps steps = steps(Part.SPAN_EVENTS);
    boolean concerned = steps.concern(e.attributes());
    for (Renaming r : steps.steps()) {
      if (r.ofSpan(span) && r.of(e.name())) {
        if (concerned) {
          r.attributes().apply(e.attributes(), collision);
        }
        e.setName(r.name(e.name()));
      }
    }
  }

  private void metric(Metric m, Consumer<String> collision) {
    Steps steps = steps(Part.METRICS);
    List<Renames> renames = new ArrayList<>();
    for (Renaming r : steps.steps()) {
      if (r.of(m.name())) {
        if (!r.step().attributes().isEmpty()) {
          renames.add(r.attributes());
        }
        m.setName(r.name(m.name()));
      }
    }
    if (m.data() == null || renames.isEmpty()) {
      return;
    }
    for (DataPoint p : m.data().points()) {
      all(renames, steps, p.attributes(), collision);
      for (Exemplar e : exemplars(p)) {
        all(renames, steps, e.attributes(), collision);
      }
    }
  }

  private static void all(
      List<Renames> renames, Steps steps, Attributes a, Consumer<String> collision) {
    if (steps.concern(a)) {
      for (Renames r : renames) {
        r.apply(a, collision);
      }
    }
  }

  private static List<Exemplar> exemplars(DataPoint p) {
    return switch (p) {
      case NumberDataPoint n when n.hasExemplars() -> n.exemplars();
      case DistributionDataPoint d when d.hasExemplars() -> d.exemplars();
      default -> List.of();
    };
  }
}
