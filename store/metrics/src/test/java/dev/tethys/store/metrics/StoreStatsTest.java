package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.store.metrics.DatabaseStats.Count;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Statistics that the store reports about itself. */
class StoreStatsTest {
  private static final long T0 = 1_699_999_200_000L;

  @TempDir Path folder;

  private static long owner(StorageStatus s, String name) {
    return s.memory().owners().stream()
        .filter(c -> c.name().equals(name))
        .mapToLong(Count::value)
        .findFirst()
        .orElseThrow();
  }

  private static MetricFamily.Buckets buckets(Registry registry, String name) {
    return registry.gather().stream()
        .filter(f -> f.name().equals("prometheus_tsdb_" + name))
        .map(f -> (MetricFamily.Buckets) f.metrics().getFirst().point())
        .findFirst()
        .orElseThrow();
  }

  private static long[] caches(StorageStatus s) {
    return new long[] {
      owner(s, "column cache"), owner(s, "block group cache"), owner(s, "block match cache")
    };
  }

  private static double value(Registry registry, String name) {
    return registry.gather().stream()
        .filter(f -> f.name().equals(name))
        .map(f -> f.metrics().getFirst().point())
        .mapToDouble(p -> ((MetricFamily.Value) p).value())
        .findFirst()
        .orElseThrow();
  }

  @Test
  void reportsStatusOnTheWayToBlocks() {
    AtomicLong now = new AtomicLong(T0);
    Registry registry = new Registry();
    DatabaseOptions o =
        DatabaseOptions.DEFAULTS
            .withBackground(false)
            .withRetention(Duration.ofDays(1000), 0)
            .withBlockDuration(Duration.ofMinutes(10))
            .withRegistry(registry)
            .withClock(() -> Instant.ofEpochMilli(now.get()));
    try (MetricsDatabase db = MetricsDatabase.open(folder, o)) {
      db.maintain();
      StorageStatus empty = db.status();
      for (int step = 0; step < 40; step++) {
        now.set(T0 + step * 60_000L);
        try (Appender a = db.appender()) {
          for (int i = 0; i < 500; i++) {
            int n = i < 250 ? i : i + step / 10 * 250;
            long ref = a.series(Labels.of("__name__", "m", "i", "" + n));
            a.append(ref, 0, now.get(), i * 1.7 + step);
            a.append(ref, new Exemplar(Labels.of("trace_id", "t" + step), 1, now.get()));
          }
          a.metadata("m", new MetricMetadata(MetricType.COUNTER, "a help", ""));
          a.commit();
        }
        db.maintain();
      }
      StorageStatus s = db.status();
      assertThat(s.head().floats()).isEqualTo(20_000);
      assertThat(s.head().series()).isEqualTo(db.stats(1).series());
      assertThat(s.churn().created()).isEqualTo(500 + 3 * 250);
      assertThat(s.churn().removed()).isPositive();
      assertThat(s.churn().millis()).isEqualTo(39 * 60_000L);
      assertThat(s.blocks().count()).isPositive();
      assertThat(s.blocks().samples()).isPositive().isLessThan(20_000);
      assertThat(s.parts()).isNotEmpty();
      assertThat(s.parts().stream().mapToLong(BlockInfo.Part::samples).sum())
          .isGreaterThanOrEqualTo(s.blocks().samples());
      assertThat(s.work().flushes()).isPositive();
      assertThat(s.metadata().families()).isEqualTo(1);
      for (String owner : new String[] {"series", "samples", "exemplars", "metadata"}) {
        assertThat(owner(s, owner)).as(owner).isGreaterThan(owner(empty, owner));
      }
      assertThat(value(registry, "prometheus_tsdb_exemplar_exemplars_appended_total"))
          .isEqualTo(20_000);
      assertThat(value(registry, "prometheus_tsdb_exemplar_series_with_exemplars_in_storage"))
          .isEqualTo(1250);
      assertThat(value(registry, "prometheus_tsdb_exemplar_last_exemplars_timestamp_seconds"))
          .isEqualTo(T0 / 1000.0);
      assertThat(value(registry, "prometheus_tsdb_head_active_appenders")).isZero();
      try (Appender a = db.appender()) {
        assertThat(value(registry, "prometheus_tsdb_head_active_appenders")).isEqualTo(1);
        a.append(
            a.series(Labels.of("__name__", "m", "i", "1")),
            new Exemplar(Labels.of("trace_id", "old"), 1, T0));
      }
      assertThat(value(registry, "prometheus_tsdb_exemplar_out_of_order_exemplars_total"))
          .isEqualTo(1);
      assertThat(db.stats(1).memory()).isEqualTo(s.memory().owners());
      long[] before = caches(db.status());
      for (int i = 0; i < 3; i++) {
        try (Selection all =
            db.select(SelectHints.range(T0, now.get()), List.of(Matcher.equal("__name__", "m")))) {
          SampleBuffer b = new SampleBuffer();
          for (int k = 0; k < all.size(); k++) {
            all.read(k, b);
          }
        }
      }
      long[] after = caches(db.status());
      // All databases of a process share the cache of columns: those of other tests leave it, too.
      assertThat(after[0]).as("column cache").isPositive();
      for (int i = 1; i < after.length; i++) {
        assertThat(after[i]).as("cache %s", i).isGreaterThan(before[i]);
      }
      // Caches have their own bounds: the value compared with the limit excludes them.
      StorageStatus with = db.status();
      long all = with.memory().owners().stream().mapToLong(Count::value).sum();
      long cached = Arrays.stream(caches(with)).sum();
      assertThat(with.memory().used()).isEqualTo(all - cached);
      for (String name :
          List.of(
              "compaction_duration_seconds",
              "compaction_chunk_range_seconds",
              "compaction_chunk_samples",
              "compaction_chunk_size_bytes")) {
        assertThat(buckets(registry, name).count()).as(name).isPositive();
      }
      assertThat(buckets(registry, "compaction_chunk_samples").sum())
          .isEqualTo(s.blocks().samples());
      assertThat(buckets(registry, "compaction_chunk_range_seconds").sum()).isPositive();
      assertThat(buckets(registry, "tombstone_cleanup_seconds").count()).isZero();
      db.cleanTombstones();
      assertThat(buckets(registry, "tombstone_cleanup_seconds").count()).isEqualTo(1);
      for (String name :
          List.of(
              "compactions_triggered_total",
              "wal_truncations_total",
              "wal_record_part_writes_total",
              "wal_record_parts_bytes_written_total",
              "checkpoint_deletions_total",
              "symbol_table_size_bytes",
              "clean_start")) {
        assertThat(value(registry, "prometheus_tsdb_" + name)).as(name).isPositive();
      }
      for (String name :
          List.of(
              "wal_truncations_failed_total",
              "checkpoint_deletions_failed_total",
              "head_truncations_failed_total",
              "snapshot_replay_error_total",
              "head_series_not_found_total",
              "compaction_populating_block")) {
        assertThat(value(registry, "prometheus_tsdb_" + name)).as(name).isZero();
      }
      try (Appender a = db.appender()) {
        assertThat(a.append(999_999L << 32 | 1, 0, now.get(), 1))
            .isEqualTo(Appender.Outcome.UNKNOWN_SERIES);
      }
      assertThat(value(registry, "prometheus_tsdb_head_series_not_found_total")).isEqualTo(1);
      // An hour later what happened before is forgotten.
      now.addAndGet(Duration.ofHours(2).toMillis());
      assertThat(db.status().churn().created()).isZero();
    }
  }
}
