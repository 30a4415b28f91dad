package dev.tethys.pipeline.sample;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.remote.SeriesEvent;
import dev.tethys.codec.remote.WriteRequestReader;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import dev.tethys.model.access.Scope;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.Appender.Outcome;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.testkit.MemoryMetricStore;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TeeStoreTest {
  private static final long T0 = 1_700_000_000_000L;
  private static final Labels A = Labels.of("__name__", "a", "x", "1");
  private static final Labels B = Labels.of("__name__", "b");

  private final List<Batch> batches = new ArrayList<>();
  private final BatchSink sink =
      new BatchSink(
          (batch, ack) -> {
            batches.add(batch);
            ack.complete(dev.tethys.pipeline.Outcome.ACCEPTED);
          },
          AckCallback.NONE);
  private final MemoryMetricStore memory = new MemoryMetricStore(0);
  private final TeeStore store = new TeeStore(memory, sink, () -> true);

  private List<String> sent() {
    List<String> out = new ArrayList<>();
    for (Batch b : batches) {
      WriteRequestReader r = new WriteRequestReader().reset(b.body(), 0, b.body().length);
      while (r.nextSeries()) {
        Labels l =
            WriteRequestReader.LABELS.decode(r.labelBuffer(), r.labelOffset(), r.labelLength());
        for (SeriesEvent e = r.next(); e != SeriesEvent.END; e = r.next()) {
          out.add(
              e == SeriesEvent.EXEMPLAR
                  ? "exemplar of " + l.toSeriesString()
                  : l.toSeriesString() + " " + r.value() + " " + (r.timestamp() - T0));
        }
      }
      while (r.nextMetadata()) {
        out.add("metadata of " + r.metricFamily());
      }
    }
    return out;
  }

  @Test
  void forwardsStoredSamples() {
    long a;
    try (Appender app = store.appender(9)) {
      a = app.series(A);
      long b = app.series(B);
      app.append(a, 0, T0, 1);
      app.append(b, 0, T0, 2);
      app.append(a, 0, T0 + 1, 3);
      app.append(a, new Exemplar(Labels.of("t", "1"), 1, T0));
      app.metadata("a", new MetricMetadata(MetricType.GAUGE, "h", ""));
      app.append(a, 0, T0 + 2, 4);
      assertThat(batches).isEmpty();
      app.commit();
    }
    try (Appender app = store.appender()) {
      assertThat(app.append(a, 0, T0, 77)).isEqualTo(Outcome.DUPLICATE_TIMESTAMP);
      assertThat(app.append(a, 0, T0 + 3, 5)).isEqualTo(Outcome.OK);
      app.commit();
    }
    assertThat(sent())
        .containsExactly(
            "a{x=\"1\"} 1.0 0",
            "b 2.0 0",
            "a{x=\"1\"} 3.0 1",
            "exemplar of a{x=\"1\"}",
            "a{x=\"1\"} 4.0 2",
            "metadata of a",
            "a{x=\"1\"} 5.0 3");
    assertThat(batches).extracting(Batch::lane).containsExactly(9L, 0L);
    assertThat(batches).extracting(Batch::items).containsExactly(4, 1);
  }

  @Test
  void doesNotForwardUncommittedSamples() {
    try (Appender app = store.appender()) {
      app.append(app.series(A), 0, T0, 1);
    }
    try (Appender app = store.appender()) {
      app.commit();
    }
    assertThat(batches).isEmpty();
  }

  @Test
  void costsNothingWithoutAConsumer() {
    TeeStore alone = new TeeStore(memory, sink, () -> false);
    try (Appender app = alone.appender()) {
      app.append(app.series(A), 0, T0, 1);
      app.commit();
    }
    assertThat(batches).isEmpty();
  }

  @Test
  void sinkReferencesAreValidUntilTheNext() {
    try (Appender one = sink.appender(1);
        Appender two = sink.appender(2)) {
      long a = one.series(A);
      assertThat(two.append(a, 0, T0, 1)).isEqualTo(Outcome.UNKNOWN_SERIES);
      assertThat(one.labels(a)).isEqualTo(A);
      long b = one.series(B);
      assertThat(one.append(a, 0, T0, 1)).isEqualTo(Outcome.UNKNOWN_SERIES);
      assertThat(one.labels(a)).isNull();
      one.metadata("b", new MetricMetadata(MetricType.GAUGE, "h", ""));
      assertThat(one.append(b, 0, T0, 1)).isEqualTo(Outcome.OK);
      one.commit();
    }
    assertThat(sent()).containsExactly("b 1.0 0", "metadata of b");
  }

  @Test
  void splitsLargeScrapeIntoSeveralBatches() {
    try (Appender app = sink.appender(1)) {
      for (int i = 0; i < 100_000; i++) {
        app.append(app.series(Labels.of("__name__", "m", "i", "x".repeat(50) + i)), 0, T0, i);
      }
      app.commit();
    }
    assertThat(batches).hasSizeGreaterThan(1);
    assertThat(batches.stream().mapToInt(Batch::items).sum()).isEqualTo(100_000);
    assertThat(sent()).hasSize(100_000);
  }

  @Test
  void readsFromTheStore() {
    MemoryMetricStore store = new MemoryMetricStore();
    assertThat(new TeeStore(store, sink, () -> true).within(Scope.DEFAULT)).isSameAs(store);
  }
}
