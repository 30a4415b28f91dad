package dev.tethys.insight.source;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.access.Scope;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.store.metrics.DatabaseOptions;
import dev.tethys.store.metrics.MetricsDatabase;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JoinedStoresTest {
  private static final long NOW = System.currentTimeMillis();

  @TempDir Path folder;
  private MetricsDatabase own;
  private MetricCache cache;
  private JoinedStores joined;

  @BeforeEach
  void open() {
    own =
        MetricsDatabase.open(folder.resolve("own"), DatabaseOptions.DEFAULTS.withBackground(false));
    cache =
        new MetricCache(
            folder.resolve("cache"),
            new MetricCache.Limits(Duration.ofDays(1), 0, 1_000, 16 << 20),
            InstantSource.system(),
            false);
    joined = new JoinedStores(own, cache);
  }

  @AfterEach
  void close() {
    own.close();
    cache.close();
  }

  private static void add(MetricsDatabase to, String name, String job, long time, double value) {
    try (Appender a = to.appender()) {
      a.append(a.series(Labels.of("__name__", name, "job", job)), 0, time, value);
      a.commit();
    }
  }

  private Map<String, Map<Long, String>> samples() {
    return SourceCase.samples(joined.within(Scope.DEFAULT), NOW - 10_000, NOW + 10_000);
  }

  @Test
  void readsTheStoreWhileTheCacheIsNotOpen() {
    add(own, "a", "x", NOW, 1);
    assertThat(samples()).isEqualTo(Map.of("a{job=\"x\"}", Map.of(NOW, "1.0")));
  }

  @Test
  void joinsSeriesAndSamples() {
    cache.open();
    MetricsDatabase c = Objects.requireNonNull(cache.database());
    add(own, "a", "x", NOW, 1);
    add(own, "b", "x", NOW, 2);
    add(own, "b", "x", NOW + 2_000, 3);
    add(c, "b", "x", NOW - 1_000, 4);
    add(c, "b", "x", NOW, 99);
    add(c, "b", "x", NOW + 1_000, 5);
    add(c, "c", "y", NOW, 6);
    assertThat(samples())
        .isEqualTo(
            Map.of(
                "a{job=\"x\"}",
                Map.of(NOW, "1.0"),
                "b{job=\"x\"}",
                Map.of(NOW - 1_000, "4.0", NOW, "2.0", NOW + 1_000, "5.0", NOW + 2_000, "3.0"),
                "c{job=\"y\"}",
                Map.of(NOW, "6.0")));
    MetricSource m = joined.within(Scope.DEFAULT);
    assertThat(m.labelValues("job", NOW - 10_000, NOW + 10_000, List.of(), 0).values())
        .containsExactly("x", "y");
    assertThat(m.labelValues("__name__", NOW - 10_000, NOW + 10_000, List.of(), 2).values())
        .containsExactly("a", "b");
    assertThat(m.labelNames(NOW - 10_000, NOW + 10_000, List.of(), 0).values())
        .containsExactly("__name__", "job");
    assertThat(m.series(NOW - 10_000, NOW + 10_000, List.of(List.of()), 0))
        .extracting(Labels::metricName)
        .containsExactly("a", "b", "c");
  }

  @Test
  void hidesTheCacheFromOtherTenants() {
    cache.open();
    add(Objects.requireNonNull(cache.database()), "c", "y", NOW, 6);
    assertThat(samples()).hasSize(1);
    Scope other = Scope.of("team");
    assertThat(SourceCase.samples(joined.within(other), NOW - 10_000, NOW + 10_000)).isEmpty();
  }
}
