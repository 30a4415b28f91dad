package dev.tethys.pipeline.exporter.tethys;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.model.Labels;
import dev.tethys.model.access.Scope;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.model.traces.TraceIngester;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.testkit.MemoryTraceStore;
import org.junit.jupiter.api.Test;

/** The exporter {@code tethys} for traces. */
class EmbeddedTraceStoreTest {
  private final MemoryTraceStore traces = new MemoryTraceStore();
  private boolean open = true;
  private final EmbeddedTraceStore store =
      new EmbeddedTraceStore(new TraceIngester(() -> open ? traces : null, new Registry()));

  private static TracesData data(long trace) {
    ResourceGroup<Span> r = new ResourceGroup<>();
    r.resource().attributes().put("service.name", "shop");
    ScopeGroup<Span> s = new ScopeGroup<>();
    Span span = new Span();
    span.setTraceId(1, trace);
    span.setSpanId(2);
    span.setName("pay");
    span.setStartTimeUnixNano(1000);
    span.setEndTimeUnixNano(2000);
    s.items().add(span);
    r.scopes().add(s);
    TracesData d = new TracesData();
    d.resources().add(r);
    return d;
  }

  private static Batch bytes(long trace) {
    return new Batch(Signal.TRACES, Encoding.OTLP, new OtlpWriter().write(data(trace)), 1, 0);
  }

  private int stored(String tenant, long trace) {
    return traces.trace(Scope.of(tenant), 1, trace, Long.MIN_VALUE, Long.MAX_VALUE).itemCount();
  }

  @Test
  void storesBytesAndTrees() {
    assertThat(store.store(bytes(5), TethysSettings.DEFAULT)).isEqualTo(Outcome.ACCEPTED);
    Batch tree = Batch.of(Signal.TRACES, data(6), 0, Metadata.NONE);
    assertThat(store.store(tree, TethysSettings.DEFAULT)).isEqualTo(Outcome.ACCEPTED);
    assertThat(stored("fake", 5)).isEqualTo(1);
    assertThat(stored("fake", 6)).isEqualTo(1);
    assertThat(tree.items()).isEqualTo(1); // other exporters of the pipeline still have it
    Outcome named = store.store(bytes(7), new TethysSettings("t", Labels.EMPTY, null));
    assertThat(named).isEqualTo(Outcome.ACCEPTED);
    assertThat(stored("t", 7)).isEqualTo(1);
    assertThat(stored("fake", 7)).isZero();
  }

  @Test
  void rejectsInvalidSpansAndRetriesAClosedStore() {
    Batch broken = new Batch(Signal.TRACES, Encoding.OTLP, new byte[] {10, 99}, 3, 0);
    assertThat(store.store(broken, TethysSettings.DEFAULT))
        .isInstanceOfSatisfying(Outcome.Rejected.class, r -> assertThat(r.items()).isEqualTo(3));
    assertThat(store.store(bytes(5), new TethysSettings("a|b", Labels.EMPTY, null)))
        .isInstanceOf(Outcome.Rejected.class);
    open = false;
    assertThat(store.store(bytes(5), TethysSettings.DEFAULT))
        .isInstanceOf(Outcome.Unavailable.class);
    open = true;
    assertThat(store.store(bytes(5), TethysSettings.DEFAULT)).isEqualTo(Outcome.ACCEPTED);
    assertThat(stored("fake", 5)).isEqualTo(1);
  }
}
