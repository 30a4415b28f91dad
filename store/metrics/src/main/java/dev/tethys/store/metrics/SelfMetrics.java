package dev.tethys.store.metrics;

import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.exposition.Registry;
import dev.tethys.store.files.WriteAheadLog;
import dev.tethys.store.metrics.internal.block.BlockReader;
import dev.tethys.store.metrics.internal.head.Head;
import dev.tethys.store.metrics.internal.head.HeadMemory;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Metrics of the store under the names used by Prometheus dashboards and alerts. */
final class SelfMetrics implements Collector {
  private static final Map<MetricsDatabase, Collector> REGISTERED = new ConcurrentHashMap<>();

  private final Head head;
  private final Blocks blocks;
  private final WriteAheadLog log;
  private final MaintenanceScheduler upkeep;
  private final RecoveryReport recovery;

  private SelfMetrics(
      Head head,
      Blocks blocks,
      WriteAheadLog log,
      MaintenanceScheduler upkeep,
      RecoveryReport recovery) {
    this.head = head;
    this.blocks = blocks;
    this.log = log;
    this.upkeep = upkeep;
    this.recovery = recovery;
  }

  static void register(
      @Nullable Registry registry,
      MetricsDatabase db,
      Head head,
      Blocks blocks,
      WriteAheadLog log,
      MaintenanceScheduler upkeep,
      RecoveryReport recovery) {
    if (registry != null) {
      Collector c = new SelfMetrics(head, blocks, log, upkeep, recovery);
      registry.register(c);
      REGISTERED.put(db, c);
    }
  }

  static void unregister(@Nullable Registry registry, MetricsDatabase db) {
    Collector c = REGISTERED.remove(db);
    if (registry != null && c != null) {
      registry.unregister(c);
    }
  }

  @Override
  public void collect(Consumer<MetricFamily> to) {
    work(to);
    gauge(to, "head_series", "Total number of series in the head block.", head.seriesCount());
    HeadMemory memory = head.memory();
    addOwnMetric(
        to,
        "head_file_bytes",
        "Samples of the head that left memory for files, which have no name.",
        MetricType.GAUGE,
        memory.files());
    to.accept(
        new MetricFamily(
            "tethys_storage_memory_bytes",
            MetricType.GAUGE,
            "Memory of the store by owner.",
            "",
            StoreStats.owners(memory).stream()
                .map(o -> new Metric(Labels.of("owner", o.name()), (double) o.value()))
                .toList()));
    addOwnMetric(
        to,
        "memory_limit_bytes",
        "Memory that the store may take; 0 for no limit.",
        MetricType.GAUGE,
        head.budget.limit());
    addOwnMetric(
        to,
        "series_refused_total",
        "New series that were refused because of a limit.",
        MetricType.COUNTER,
        head.counters.limited.sum());
    addOwnMetric(
        to,
        "writer_delay_seconds_total",
        "Time writers were delayed because memory was short.",
        MetricType.COUNTER,
        head.budget.delayed.sum() / 1e9);
    addOwnMetric(
        to,
        "early_flushes_total",
        "Number of head compactions before the block range was full.",
        MetricType.COUNTER,
        upkeep.earlyFlushes.sum());
    addOwnMetric(
        to,
        "metadata_dropped_total",
        "Descriptions of metric families that had no room.",
        MetricType.COUNTER,
        head.metadataDropped());
    gauge(to, "head_chunks", "Total number of chunks in the head block.", head.chunkCount());
    long min = head.minTime();
    gauge(
        to,
        "head_min_time",
        "Minimum time bound of the head block. The unit is decided by the library consumer.",
        min == Long.MAX_VALUE ? 0 : min);
    gauge(
        to,
        "head_min_time_seconds",
        "Minimum time bound of the head block.",
        min == Long.MAX_VALUE ? 0 : min / 1000.0);
    long max = head.maxTime();
    double newest = max == Long.MIN_VALUE ? 0 : max;
    gauge(
        to,
        "head_max_time",
        "Maximum timestamp of the head block. The unit is decided by the library consumer.",
        newest);
    gauge(to, "head_max_time_seconds", "Maximum timestamp of the head block.", newest / 1000);
    to.accept(
        new MetricFamily(
            "prometheus_tsdb_head_samples_appended_total",
            MetricType.COUNTER,
            "Total number of appended samples.",
            "",
            List.of(
                new Metric(Labels.of("type", "float"), head.counters.floats.sum()),
                new Metric(Labels.of("type", "histogram"), head.counters.histograms.sum()))));
    counter(
        to,
        "head_out_of_order_samples_appended_total",
        "Total number of appended out of order samples.",
        head.counters.late.sum());
    counter(
        to,
        "out_of_order_samples_total",
        "Total number of out of order samples ingestion failed attempts due to out of order being"
            + " disabled.",
        head.counters.outOfOrder.sum());
    counter(
        to,
        "out_of_bound_samples_total",
        "Total number of out of bound samples ingestion failed attempts with out of order"
            + " disabled.",
        head.counters.outOfBounds.sum());
    counter(
        to,
        "too_old_samples_total",
        "Total number of out of order samples ingestion failed attempts with out of support"
            + " enabled, but sample outside of time window.",
        head.counters.tooOld.sum());
    counter(
        to,
        "head_series_created_total",
        "Total number of series created in the head",
        head.counters.created.sum());
    counter(
        to,
        "head_series_removed_total",
        "Total number of series removed in the head",
        head.counters.removed.sum());
    counter(
        to,
        "head_truncations_total",
        "Total number of head truncations attempted.",
        upkeep.truncations.sum());
    gauge(to, "blocks_loaded", "Number of currently loaded data blocks", blocks.list().size());
    gauge(
        to,
        "storage_blocks_bytes",
        "The number of bytes that are currently used for local storage by all blocks.",
        blocks.bytes());
    long lowest = min;
    for (var b : blocks.list()) {
      lowest = Math.min(lowest, b.meta().minTime());
    }
    gauge(
        to,
        "lowest_timestamp",
        "Lowest timestamp value stored in the database.",
        lowest == Long.MAX_VALUE ? 0 : lowest);
    gauge(
        to,
        "lowest_timestamp_seconds",
        "Lowest timestamp value stored in the database.",
        lowest == Long.MAX_VALUE ? 0 : lowest / 1000.0);
    counter(
        to,
        "reloads_total",
        "Number of times the set of blocks on disk was reloaded.",
        blocks.changes.sum());
    counter(
        to,
        "reloads_failures_total",
        "Number of blocks that could not be opened and were put aside.",
        blocks.damaged.sum());
    addOwnMetric(
        to,
        "log_doubtful",
        "1 if an fsync of the WAL failed and the head has not been saved since, 0 otherwise.",
        MetricType.GAUGE,
        log.isDoubtful() ? 1 : 0);
    addOwnMetric(
        to,
        "damaged_blocks",
        "Blocks of which something could not be read since the start.",
        MetricType.GAUGE,
        blocks.damagedSinceOpened());
    counter(
        to,
        "compactions_total",
        "Total number of compactions that were executed for the partition.",
        upkeep.compaction.done.sum());
    counter(
        to,
        "compactions_failed_total",
        "Total number of compactions that failed for the partition.",
        upkeep.failures.sum());
    counter(
        to,
        "time_retentions_total",
        "The number of times that blocks were deleted because the maximum time limit was exceeded.",
        upkeep.compaction.timeRetentions.sum());
    counter(
        to,
        "size_retentions_total",
        "The number of times that blocks were deleted because the maximum number of bytes was"
            + " exceeded.",
        upkeep.compaction.sizeRetentions.sum());
    gauge(
        to,
        "retention_limit_bytes",
        "Max number of bytes to be retained in the tsdb blocks, configured 0 means disabled",
        upkeep.options().retention().bytes());
    gauge(
        to,
        "retention_limit_percentage",
        "Max percentage of total storage space to be retained in the tsdb blocks, configured 0"
            + " means disabled",
        upkeep.options().retention().percentage());
    addOwnMetric(
        to,
        "downsamplings_total",
        "Downsampled blocks that were made.",
        MetricType.COUNTER,
        upkeep.compaction.downsampled.sum());
    addOwnMetric(
        to,
        "compactions_skipped_total",
        "Merges of blocks that there was no room for on the disk.",
        MetricType.COUNTER,
        upkeep.compaction.skipped.sum());
    addOwnMetric(
        to,
        "compactions_blocked",
        "1 if compactions wait for disk space or for the removal of other blocks, 0 otherwise.",
        MetricType.GAUGE,
        upkeep.compaction.blocked() ? 1 : 0);
    gauge(
        to,
        "retention_limit_seconds",
        "How long to retain samples in storage.",
        upkeep.options().retention().time().toMillis() / 1000.0);
    gauge(
        to,
        "wal_segment_current",
        "Write log segment index that TSDB is currently writing to.",
        log.segment());
    gauge(to, "wal_storage_size_bytes", "Size of the write log directory.", log.bytes());
    counter(
        to,
        "wal_corruptions_total",
        "Total number of WAL corruptions.",
        recovery.damagedBytes() > 0 ? 1 : 0);
    counter(
        to,
        "checkpoint_creations_total",
        "Total number of checkpoint creations attempted.",
        upkeep.checkpoints.done.sum() + upkeep.checkpoints.failures.sum());
    counter(
        to,
        "checkpoint_creations_failed_total",
        "Total number of checkpoint creations that failed.",
        upkeep.checkpoints.failures.sum());
    to.accept(
        new MetricFamily(
            "prometheus_tsdb_wal_fsync_duration_seconds",
            MetricType.SUMMARY,
            "Duration of write log fsync.",
            "",
            List.of(
                new Metric(
                    Labels.EMPTY,
                    new MetricFamily.Quantiles(
                        upkeep.syncs.sum(),
                        upkeep.syncNanos.sum() / 1e9,
                        new double[0],
                        new double[0])))));
    gauge(
        to,
        "data_replay_duration_seconds",
        "Time taken to replay the data on disk.",
        recovery.millis() / 1000.0);
    counter(
        to,
        "wal_writes_failed_total",
        "Total number of write log writes that failed.",
        head.counters.logFailures.sum());
    gauge(
        to,
        "head_active_appenders",
        "Number of currently active appender transactions",
        head.truncation().appenders());
    counter(
        to,
        "exemplar_exemplars_appended_total",
        "Total number of appended exemplars.",
        head.exemplarsAppended());
    counter(
        to,
        "exemplar_out_of_order_exemplars_total",
        "Total number of out of order exemplar ingestion failed attempts.",
        head.exemplarsOutOfOrder());
    gauge(
        to,
        "exemplar_series_with_exemplars_in_storage",
        "Number of series with exemplars currently in circular storage.",
        head.exemplarSeries());
    gauge(
        to,
        "exemplar_last_exemplars_timestamp_seconds",
        "The timestamp of the oldest exemplar stored in circular storage. Useful to check for"
            + " what time range the current exemplar buffer limit allows.",
        head.oldestExemplar() / 1000.0);
    gauge(
        to,
        "exemplar_exemplars_in_storage",
        "Number of exemplars currently in circular storage.",
        head.exemplarCount());
    gauge(
        to,
        "exemplar_max_exemplars",
        "Total number of exemplars the exemplar storage can store, resizeable.",
        head.settings().exemplars());
  }

  /** Meters of maintenance work: counts and durations. */
  private void work(Consumer<MetricFamily> to) {
    WorkMeters m = blocks.meters;
    histogram(
        to,
        "compaction_duration_seconds",
        "Duration of compaction runs",
        m.compactionSeconds.point());
    histogram(
        to,
        "compaction_chunk_range_seconds",
        "Final time range of chunks on their first compaction",
        m.chunkRange.point());
    histogram(
        to,
        "compaction_chunk_samples",
        "Final number of samples on their first compaction",
        m.chunkSamples.point());
    histogram(
        to,
        "compaction_chunk_size_bytes",
        "Final size of chunks on their first compaction",
        m.chunkBytes.point());
    histogram(
        to,
        "tombstone_cleanup_seconds",
        "The time taken to recompact blocks to remove tombstones.",
        m.tombstoneSeconds.point());
    gauge(
        to,
        "compaction_populating_block",
        "Set to 1 when a block is currently being written to the disk.",
        m.writing ? 1 : 0);
    counter(
        to,
        "compactions_triggered_total",
        "Total number of triggered compactions for the partition.",
        m.triggered.sum());
    counter(
        to,
        "compactions_skipped_total",
        "Total number of compactions that there was no room for on the disk.",
        upkeep.compaction.skipped.sum());
    counter(
        to,
        "vertical_compactions_total",
        "Total number of compactions done on overlapping blocks.",
        m.overlapping.sum());
    summary(
        to,
        "head_gc_duration_seconds",
        "Runtime of garbage collection in the head block.",
        m.headCollections.point());
    counter(
        to,
        "head_truncations_failed_total",
        "Total number of head truncations that failed.",
        m.headTruncationFailures.sum());
    counter(
        to,
        "head_series_not_found_total",
        "Total number of requests for series that were not found.",
        head.counters.notFound.sum());
    summary(
        to,
        "wal_truncate_duration_seconds",
        "Duration of WAL truncation.",
        m.logTruncations.point());
    counter(
        to,
        "wal_truncations_total",
        "Total number of write log truncations attempted.",
        ((MetricFamily.Quantiles) m.logTruncations.point()).count());
    counter(
        to,
        "wal_truncations_failed_total",
        "Total number of write log truncations that failed.",
        m.logTruncationFailures.sum());
    counter(
        to,
        "wal_record_part_writes_total",
        "Total number of record parts written before flushing.",
        log.writes());
    counter(
        to,
        "wal_record_parts_bytes_written_total",
        "Total number of record part bytes written before flushing, including CRC and compression"
            + " headers.",
        log.written());
    counter(
        to,
        "checkpoint_deletions_total",
        "Total number of checkpoint deletions attempted.",
        m.checkpointDeletions.sum());
    counter(
        to,
        "checkpoint_deletions_failed_total",
        "Total number of checkpoint deletions that failed.",
        m.checkpointDeletionFailures.sum());
    counter(
        to,
        "snapshot_replay_error_total",
        "Total number snapshot replays that failed.",
        recovery.snapshotDamaged() ? 1 : 0);
    gauge(
        to,
        "clean_start",
        "1 if the last shutdown was clean and nothing had to be replayed at start, 0 otherwise.",
        recovery.records() == 0 && recovery.tornBytes() == 0 ? 1 : 0);
    gauge(
        to,
        "symbol_table_size_bytes",
        "Size of symbol table in memory for loaded blocks",
        blocks.list().stream().mapToLong(BlockReader::dictionaryBytes).sum());
  }

  private static void histogram(
      Consumer<MetricFamily> to, String name, String help, MetricFamily.Point point) {
    to.accept(
        new MetricFamily(
            "prometheus_tsdb_" + name,
            MetricType.HISTOGRAM,
            help,
            "",
            List.of(new Metric(Labels.EMPTY, point))));
  }

  private static void summary(
      Consumer<MetricFamily> to, String name, String help, MetricFamily.Point point) {
    to.accept(
        new MetricFamily(
            "prometheus_tsdb_" + name,
            MetricType.SUMMARY,
            help,
            "",
            List.of(new Metric(Labels.EMPTY, point))));
  }

  private static void gauge(Consumer<MetricFamily> to, String name, String help, double v) {
    family(to, name, help, MetricType.GAUGE, v);
  }

  private static void counter(Consumer<MetricFamily> to, String name, String help, double v) {
    family(to, name, help, MetricType.COUNTER, v);
  }

  private static void addOwnMetric(
      Consumer<MetricFamily> to, String name, String help, MetricType type, double v) {
    to.accept(
        new MetricFamily(
            "tethys_storage_" + name, type, help, "", List.of(new Metric(Labels.EMPTY, v))));
  }

  private static void family(
      Consumer<MetricFamily> to, String name, String help, MetricType type, double v) {
    to.accept(
        new MetricFamily(
            "prometheus_tsdb_" + name, type, help, "", List.of(new Metric(Labels.EMPTY, v))));
  }
}
