package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.Appender.Outcome;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Histograms of one batch, beside floats of the same series and of others. */
class HistogramBatchTest {
  private static final long T0 = 1_700_000_000_000L;

  @TempDir Path folder;

  private static Histogram histogram(int count) {
    return new Histogram(
        true,
        Histogram.ResetHint.UNKNOWN,
        0,
        0.001,
        0,
        count,
        1,
        new int[] {0, 1},
        new double[] {count},
        new int[0],
        new double[0],
        null);
  }

  private MetricsDatabase open() {
    return MetricsDatabase.open(
        folder,
        DatabaseOptions.DEFAULTS
            .withBackground(false)
            .withOutOfOrderWindow(Duration.ofHours(1))
            .withClock(() -> Instant.ofEpochMilli(T0)));
  }

  private static List<String> samples(MetricsDatabase db, String metric) {
    List<String> out = new ArrayList<>();
    SampleBuffer b = new SampleBuffer();
    try (Selection s =
        db.select(
            SelectHints.range(0, Long.MAX_VALUE), List.of(Matcher.equal("__name__", metric)))) {
      for (int i = 0; i < s.size(); i++) {
        s.read(i, b);
        for (int k = 0; k < b.size; k++) {
          Histogram h = b.histograms == null ? null : b.histograms[k];
          out.add(b.timestamps[k] - T0 + (h == null ? " " + b.values[k] : " h" + h.count()));
        }
      }
    }
    return out;
  }

  private static void add(Appender a, String metric, int at, int count) {
    assertThat(a.append(a.series(Labels.of("__name__", metric)), 0, T0 + at, histogram(count)))
        .isEqualTo(Outcome.OK);
  }

  private static void add(Appender a, String metric, int at, double value) {
    assertThat(a.append(a.series(Labels.of("__name__", metric)), 0, T0 + at, value))
        .isEqualTo(Outcome.OK);
  }

  @Test
  void mixedSamplesInAnyOrderAreEachInPlace() {
    List<String> x = List.of("10 h1.0", "20 1.5", "30 h2.0", "40 h4.0");
    List<String> y = List.of("5 h9.0", "10 h1.0", "20 2.5", "30 3.5");
    try (MetricsDatabase db = open()) {
      try (Appender a = db.appender()) {
        add(a, "x", 20, 1.5);
        for (int i = 0; i < 200; i++) {
          add(a, "other" + i, 15, i);
        }
        add(a, "x", 10, 1);
        add(a, "y", 20, 2.5);
        add(a, "y", 10, 1);
        add(a, "x", 40, 4);
        for (int i = 0; i < 200; i++) {
          add(a, "histogram" + i, 15, i);
        }
        add(a, "x", 30, 2);
        add(a, "y", 5, 9);
        add(a, "y", 30, 3.5);
        a.commit();
      }
      assertThat(samples(db, "x")).isEqualTo(x);
      assertThat(samples(db, "y")).isEqualTo(y);
      assertThat(samples(db, "histogram7")).containsExactly("15 h7.0");
      // The float at 20 is before the histogram at 40; both at 10, and 5 and 30, came late.
      assertThat(db.status().head().late()).isEqualTo(4);
    }
    try (MetricsDatabase db = open()) {
      assertThat(samples(db, "x")).isEqualTo(x);
      assertThat(samples(db, "y")).isEqualTo(y);
    }
  }
}
