package dev.tethys.app.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.api.prometheus.StoreForecast;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.storage.StorageException;
import dev.tethys.model.storage.StoreHealth;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class StoreWatchTest {
  private static final long MB = 1 << 20;

  private long now = 1_000_000;
  private long bytes = 10 * MB;
  private long free = 50 * MB;
  private StoreHealth.@Nullable Problem problem;
  private final StoreWatch watch = new StoreWatch(() -> now);

  StoreWatchTest() {
    watch.add(
        "logs",
        "log store",
        () ->
            new StoreHealth(
                "/data/logs", bytes, MB, free, 60 * MB, 15 * MB, 0, 20 * MB, 3, 4, problem));
    watch.add(
        "metrics",
        "metric store",
        () -> {
          throw new StorageException(StorageException.Reason.UNAVAILABLE, "still being opened");
        });
  }

  /** Grows by 1 MB per ten seconds. */
  private void run(int readings) {
    for (int i = 0; i < readings; i++) {
      watch.read();
      now += StoreWatch.INTERVAL_MILLIS;
      bytes += MB;
      free -= MB;
    }
    watch.read();
  }

  @Test
  void growthPredictsWhenDiskAndSizeLimitAreReached() {
    run(7);
    StoreForecast f = watch.stores().getFirst();
    assertThat(f.name()).isEqualTo("log store");
    assertThat(f.bytesPerSecond()).isCloseTo(MB / 10.0, org.assertj.core.data.Offset.offset(1.0));
    // 43 MB are free, 15 MB of them reserved; 3 MB are left of the retention size.
    assertThat(f.diskFullAt() - now).isBetween(279_000L, 281_000L);
    assertThat(f.sizeLimitAt() - now).isBetween(29_000L, 31_000L);
  }

  @Test
  void doesNotForecastFromAShortTime() {
    run(5);
    StoreForecast f = watch.stores().getFirst();
    assertThat(f.bytesPerSecond()).isNaN();
    assertThat(f.diskFullAt()).isNegative();
  }

  @Test
  void reportsFullDiskImmediately() {
    free = 15 * MB;
    assertThat(watch.stores().getFirst().diskFullAt()).isEqualTo(now);
  }

  @Test
  void collectsMetricsOfOpenStores() {
    Registry registry = new Registry();
    watch.register(registry);
    problem = new StoreHealth.Problem("data is refused: full", 7, true);
    assertThat(value(registry, "tethys_store_accepts_data")).isZero();
    assertThat(value(registry, "tethys_store_failing")).isEqualTo(1);
    assertThat(value(registry, "tethys_store_refused_appends_total")).isEqualTo(3);
    assertThat(value(registry, "tethys_store_failed_writes_total")).isEqualTo(4);
    assertThat(value(registry, "tethys_store_disk_free_bytes")).isEqualTo(50.0 * MB);
  }

  private static double value(Registry registry, String name) {
    return registry.gather().stream()
        .filter(f -> f.name().equals(name))
        .map(f -> f.metrics().getFirst().point())
        .mapToDouble(p -> ((MetricFamily.Value) p).value())
        .findFirst()
        .orElseThrow();
  }
}
