package dev.tethys.pipeline.graph;

import dev.tethys.model.telemetry.Item;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.model.telemetry.TracesData;
import org.jspecify.annotations.Nullable;

/** Log record, span or metric separated from its batch. */
public final class OneRecord {
  /**
   * Properties of a record that components keep: ids and times, of a metric its name and resource.
   */
  public record Identity(String name, long a, long b, long c, long d) {}

  private OneRecord() {}

  /** Returns the identity of a record, or null for profiles. */
  public static @Nullable Identity identity(ResourceGroup<?> of, Object item) {
    return switch (item) {
      case Span s -> new Identity("", s.traceIdHigh(), s.traceIdLow(), s.spanId(), 0);
      case LogRecord l ->
          new Identity(
              "",
              l.timeUnixNano(),
              l.observedTimeUnixNano(),
              l.traceIdLow() ^ l.traceIdHigh(),
              l.spanId());
      case Metric m -> new Identity(m.name(), of.resource().attributes().hashCode(), 0, 0, 0);
      default -> null;
    };
  }

  /** Copies a single log record, span or metric with its resource and scope. */
  public static Telemetry<?> of(ResourceGroup<?> r, ScopeGroup<?> s, Object item) {
    return switch (item) {
      case LogRecord l -> put(new LogsData(), r, s, l);
      case Span x -> put(new TracesData(), r, s, x);
      case Metric m -> put(new MetricsData(), r, s, m);
      default ->
          throw new IllegalArgumentException("profiles cannot be inspected as single records");
    };
  }

  private static <T extends Item<T>> Telemetry<T> put(
      Telemetry<T> into, ResourceGroup<?> r, ScopeGroup<?> s, T item) {
    ResourceGroup<T> group = new ResourceGroup<>();
    group.setResource(r.resource().copy());
    ScopeGroup<T> scope = new ScopeGroup<>();
    scope.setScope(s.scope().copy());
    scope.items().add(item.copy());
    group.scopes().add(scope);
    into.resources().add(group);
    return into;
  }
}
