package dev.tethys.pipeline.processor.sampling.tail;

import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Trace as seen by policies. Spans are decoded when a policy first reads them, so policies on id,
 * count or size need no decoding. Not thread-safe; policies must not modify it.
 */
final class Trace {
  private final TraceId id;
  private final int spanCount;
  private final long bytes;
  private final Supplier<List<TracesData>> decoder;
  private @Nullable List<TracesData> decoded;

  Trace(TraceId id, int spanCount, long bytes, Supplier<List<TracesData>> decoder) {
    this.id = id;
    this.spanCount = spanCount;
    this.bytes = bytes;
    this.decoder = decoder;
  }

  TraceId id() {
    return id;
  }

  int spanCount() {
    return spanCount;
  }

  /** Returns the encoded size in OTLP. */
  long bytes() {
    return bytes;
  }

  /** Spans of the trace, one tree per piece. */
  List<TracesData> data() {
    if (decoded == null) {
      decoded = decoder.get();
    }
    return decoded;
  }

  /** Whether a span is so. */
  boolean anySpan(Predicate<Span> test) {
    return any(_ -> false, test);
  }

  /** Whether a resource or a span is so. */
  boolean any(Predicate<ResourceGroup<Span>> ofResource, Predicate<Span> ofSpan) {
    for (TracesData d : data()) {
      for (ResourceGroup<Span> r : d.resources()) {
        if (ofResource.test(r)) {
          return true;
        }
        for (ScopeGroup<Span> s : r.scopes()) {
          for (Span x : s.items()) {
            if (ofSpan.test(x)) {
              return true;
            }
          }
        }
      }
    }
    return false;
  }
}
