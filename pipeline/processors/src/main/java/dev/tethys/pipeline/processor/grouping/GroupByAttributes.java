package dev.tethys.pipeline.processor.grouping;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.Item;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.Scope;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ProcessorFactory;
import dev.tethys.pipeline.processor.TreeEditorFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The {@code groupbyattrs} processor: moves the given attributes of items to their resources, then
 * merges equal resources and scopes. Without keys it only merges.
 */
public final class GroupByAttributes {
  private static final Section SECTION =
      new Section("groupbyattrs", "Moves attributes of items to their resources.");
  private static final Key<List<String>> KEYS =
      SECTION.key("keys", Type.list(Type.STRING), List.of(), "Keys of the attributes to move.");

  private GroupByAttributes() {}

  public static ProcessorFactory<List<String>> factory() {
    return new TreeEditorFactory<>(
        "groupbyattrs",
        List.of("group_by_attrs"),
        "Moves attributes of items to their resources.",
        SECTION.type(o -> o.get(KEYS)),
        Set.of(Signal.TRACES, Signal.METRICS, Signal.LOGS),
        dev.tethys.pipeline.ledger.Drops.FILTERED,
        (keys, _, _) ->
            (data, _) -> {
              regroup(data, keys);
              return true;
            });
  }

  private record ResourceKey(Attributes attributes, String schema) {}

  private record ScopeKey(String name, String version, Attributes attributes, String schema) {}

  /** Resources and scopes in transit. */
  private static final class Groups<T extends Item<T>> {
    private final Map<ResourceKey, ResourceGroup<T>> resources = new LinkedHashMap<>();
    private final Map<ResourceGroup<T>, Map<ScopeKey, ScopeGroup<T>>> scopes =
        new java.util.IdentityHashMap<>();

    ScopeGroup<T> of(ResourceGroup<T> from, Attributes moved, ScopeGroup<T> scope) {
      Attributes attributes = from.resource().attributes();
      if (!moved.isEmpty()) {
        attributes = attributes.copy();
        attributes.putAll(moved);
      }
      ResourceGroup<T> r = resources.get(new ResourceKey(attributes, from.schemaUrl()));
      if (r == null) {
        r = new ResourceGroup<>();
        r.setResource(from.resource().copy());
        r.resource().attributes().putAll(moved);
        r.setSchemaUrl(from.schemaUrl());
        resources.put(new ResourceKey(r.resource().attributes().copy(), from.schemaUrl()), r);
      }
      Scope s = scope.scope();
      ResourceGroup<T> group = r;
      return scopes
          .computeIfAbsent(r, _ -> new LinkedHashMap<>())
          .computeIfAbsent(
              new ScopeKey(s.name(), s.version(), s.attributes(), scope.schemaUrl()),
              _ -> {
                ScopeGroup<T> g = new ScopeGroup<>();
                g.setScope(s.copy());
                g.setSchemaUrl(scope.schemaUrl());
                group.scopes().add(g);
                return g;
              });
    }
  }

  private static <T extends Item<T>> void regroup(Telemetry<T> data, List<String> keys) {
    Groups<T> groups = new Groups<>();
    for (ResourceGroup<T> r : data.resources()) {
      for (ScopeGroup<T> s : r.scopes()) {
        for (T item : s.items()) {
          switch ((Object) item) {
            case LogRecord l -> groups.of(r, moved(l.attributes(), keys), s).items().add(item);
            case Span x -> groups.of(r, moved(x.attributes(), keys), s).items().add(item);
            case Metric m -> metric(groups, r, s, item, m, keys);
            default -> throw new AssertionError();
          }
        }
      }
    }
    data.resources().clear();
    data.resources().addAll(groups.resources.values());
  }

  private static Attributes moved(Attributes from, List<String> keys) {
    Attributes moved = new Attributes();
    for (String k : keys) {
      int i = from.indexOf(k);
      if (i >= 0) {
        moved.put(k, from.value(i));
      }
    }
    if (!moved.isEmpty()) {
      from.removeIf((k, _) -> moved.contains(k));
    }
    return moved;
  }

  /** Splits a metric whose points may belong to several resources. */
  private static <T extends Item<T>> void metric(
      Groups<T> groups, ResourceGroup<T> r, ScopeGroup<T> s, T item, Metric m, List<String> keys) {
    MetricData<?> data = m.data();
    if (keys.isEmpty() || data == null || data.points().isEmpty()) {
      groups.of(r, new Attributes(), s).items().add(item);
      return;
    }
    List<DataPoint> points = new ArrayList<>(data.points());
    data.points().clear();
    for (DataPoint p : points) {
      ScopeGroup<T> g = groups.of(r, moved(p.attributes(), keys), s);
      add(like(g, item, m), p);
    }
  }

  @SuppressWarnings("unchecked") // the copy of a metric is an item of its scope
  private static <T extends Item<T>> Metric like(ScopeGroup<T> in, T item, Metric m) {
    for (T i : in.items()) {
      Metric other = (Metric) (Object) i;
      if (other.name().equals(m.name())
          && other.unit().equals(m.unit())
          && other.description().equals(m.description())
          && java.util.Objects.requireNonNull(other.data()).getClass()
              == java.util.Objects.requireNonNull(m.data()).getClass()
          && same(other.data(), m.data())) {
        return other;
      }
    }
    Metric empty = m.copy();
    in.items().add((T) (Object) empty);
    return empty;
  }

  private static boolean same(MetricData<?> a, MetricData<?> b) {
    if (a instanceof MetricData.Aggregated<?> x
        && b instanceof MetricData.Aggregated<?> y
        && x.temporality() != y.temporality()) {
      return false;
    }
    return !(a instanceof MetricData.Sum x
        && b instanceof MetricData.Sum y
        && x.isMonotonic() != y.isMonotonic());
  }

  @SuppressWarnings("unchecked") // points stay in data of the class that they came from
  private static void add(Metric to, DataPoint p) {
    ((List<DataPoint>) java.util.Objects.requireNonNull(to.data()).points()).add(p);
  }
}
