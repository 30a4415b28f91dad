package dev.tethys.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.Appender.Outcome;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import java.util.List;
import org.junit.jupiter.api.Test;

class MemoryMetricStoreTest {
  private static final Labels UP = Labels.of("__name__", "up", "job", "a");
  private final MemoryMetricStore store = new MemoryMetricStore();

  @Test
  void readsCommittedSamples() {
    try (Appender a = store.appender()) {
      long s = a.series(UP);
      assertThat(a.append(s, 0, 20, 2)).isEqualTo(Outcome.OK);
      assertThat(a.append(s, 0, 10, 1)).isEqualTo(Outcome.OK);
      assertThat(a.append(s, 0, 10, 1)).isEqualTo(Outcome.OK);
      assertThat(a.append(s, 0, 10, 3)).isEqualTo(Outcome.DUPLICATE_TIMESTAMP);
      assertThat(a.append(s, new Exemplar(Labels.of("trace_id", "x"), 1, 10)))
          .isEqualTo(Outcome.OK);
      assertThat(store.dump()).isEmpty();
      a.commit();
    }
    try (Selection found =
        store.select(SelectHints.range(5, 15), List.of(Matcher.equal("job", "a")))) {
      assertThat(found.size()).isEqualTo(1);
      SampleBuffer b = new SampleBuffer();
      found.read(0, b);
      assertThat(b.size).isEqualTo(1);
      assertThat(b.timestamps[0]).isEqualTo(10);
      assertThat(b.values[0]).isEqualTo(1);
    }
    assertThat(store.labelNames(0, 100, List.of(), 1).values()).containsExactly("__name__");
    assertThat(store.labelValues("job", 0, 100, List.of(), 0).values()).containsExactly("a");
    assertThat(store.series(30, 40, List.of(List.of()), 0)).isEmpty();
    assertThat(store.exemplars(0, 100, List.of(List.of()))).hasSize(1);
    store.delete(0, 15, List.of(List.of(Matcher.equal("__name__", "up"))));
    assertThat(store.dump()).containsExactly("up{job=\"a\"} @20 2.0");
  }

  @Test
  void rejectsSamplesOutsideTheWindow() {
    MemoryMetricStore strict = new MemoryMetricStore(0);
    MemoryMetricStore window = new MemoryMetricStore(100);
    for (MemoryMetricStore m : List.of(strict, window)) {
      try (Appender a = m.appender()) {
        long s = a.series(UP);
        assertThat(a.append(s, 0, 1000, 1)).isEqualTo(Outcome.OK);
        assertThat(a.append(s, 0, 950, 1))
            .isEqualTo(m == strict ? Outcome.OUT_OF_ORDER : Outcome.OK);
        assertThat(a.append(s, 0, 850, 1))
            .isEqualTo(m == strict ? Outcome.OUT_OF_ORDER : Outcome.TOO_OLD);
        assertThat(a.append(99, 0, 850, 1)).isEqualTo(Outcome.UNKNOWN_SERIES);
      }
      assertThat(m.dump()).isEmpty();
    }
  }
}
