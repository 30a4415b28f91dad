package dev.tethys.query.traceql;

import dev.tethys.model.access.Scope;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.model.traces.SpanBatch;
import dev.tethys.query.traceql.exec.TraceQueries;
import dev.tethys.store.events.EngineOptions;
import dev.tethys.store.traces.TraceDatabase;
import dev.tethys.store.traces.TraceOptions;
import dev.tethys.testkit.MemoryTraceStore;
import dev.tethys.testkit.SimulatedFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Builder of spans from recorded cases, whose attributes are named as in queries. */
final class Spans {
  private final TracesData data = new TracesData();
  private int spans;

  /** Adds a span with its own resource and scope. */
  Span add(Map<?, ?> attributes, long trace) {
    ResourceGroup<Span> r = new ResourceGroup<>();
    ScopeGroup<Span> s = new ScopeGroup<>();
    Span span = new Span();
    span.setTraceId(1, trace);
    span.setSpanId(++spans);
    span.setStartTimeUnixNano(1000);
    span.setEndTimeUnixNano(1000);
    s.items().add(span);
    r.scopes().add(s);
    data.resources().add(r);
    for (Map.Entry<?, ?> e : attributes.entrySet()) {
      String key = String.valueOf(e.getKey());
      Object v = value((Map<?, ?>) e.getValue());
      if (key.equals("duration")) {
        span.setEndTimeUnixNano(1000 + (Long) v);
      } else if (key.startsWith("resource.")) {
        r.resource().attributes().put(key.substring(9), v);
      } else {
        span.attributes().put(key.replaceFirst("^(span)?\\.", ""), v);
      }
    }
    return span;
  }

  private static Object value(Map<?, ?> typed) {
    Map.Entry<?, ?> e = typed.entrySet().iterator().next();
    String type = String.valueOf(e.getKey());
    if (e.getValue() instanceof List<?> l) {
      ArrayValue a = new ArrayValue();
      l.forEach(v -> a.add(scalar(type.replace("[]", ""), v)));
      return a;
    }
    return scalar(type, e.getValue());
  }

  private static Object scalar(String type, Object v) {
    return switch (type) {
      case "int", "duration_ns" -> ((Number) v).longValue();
      case "float" -> ((Number) v).doubleValue();
      case "bool", "boolean" -> v;
      default -> String.valueOf(v);
    };
  }

  TracesData data() {
    return data;
  }

  TraceQueries queries() {
    return queries(data);
  }

  static TraceQueries queries(TracesData data) {
    MemoryTraceStore store = new MemoryTraceStore();
    store.append(Scope.of("t"), SpanBatch.of(data));
    return new TraceQueries(store, Runnable::run, 2, TraceLimits.DEFAULT);
  }

  /** Empty store of parts. */
  static TraceDatabase database(long seed) throws IOException {
    return TraceDatabase.open(
        new SimulatedFiles(seed),
        Path.of("/traces"),
        new TraceOptions(
            EngineOptions.defaults()
                .withBackground(false)
                .withReserveBytes(0)
                .withClock(() -> 2000L),
            dev.tethys.store.traces.TraceLimits.DEFAULTS));
  }

  /** All traces that a query finds. */
  static List<FoundTrace> search(TraceQueries q, String query) {
    return new ArrayList<>(
        q.search(Scope.of("t"), TraceQuery.parse(query), 0, Long.MAX_VALUE, 1000, 0).traces());
  }
}
