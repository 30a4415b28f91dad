package dev.tethys.store.metrics;

import dev.tethys.model.Labels;
import dev.tethys.store.files.WriteAheadLog;
import dev.tethys.store.metrics.DatabaseStats.Count;
import dev.tethys.store.metrics.internal.block.BlockReader;
import dev.tethys.store.metrics.internal.encoding.ColumnCache;
import dev.tethys.store.metrics.internal.head.Head;
import dev.tethys.store.metrics.internal.head.HeadMemory;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/** Store statistics. */
final class StoreStats {
  private final Head head;
  private final Blocks blocks;
  private final WriteAheadLog log;
  private final MaintenanceScheduler upkeep;
  private final InstantSource clock;

  StoreStats(
      Head head,
      Blocks blocks,
      WriteAheadLog log,
      MaintenanceScheduler upkeep,
      InstantSource clock) {
    this.head = head;
    this.blocks = blocks;
    this.log = log;
    this.upkeep = upkeep;
    this.clock = clock;
  }

  /** Returns the statistics; of each list the {@code limit} largest entries. */
  DatabaseStats stats(int limit) {
    Map<String, Long> metrics = new HashMap<>();
    Map<String, Long> valueCounts = new HashMap<>();
    Map<String, Long> bytes = new HashMap<>();
    Top pairs = new Top(limit);
    long[] total = new long[1];
    head.forEachPair(
        (name, value, series) -> {
          total[0]++;
          if (name.equals(Labels.METRIC_NAME)) {
            metrics.merge(value, (long) series, Long::sum);
          }
          valueCounts.merge(name, 1L, Long::sum);
          bytes.merge(
              name, (long) value.getBytes(StandardCharsets.UTF_8).length * series, Long::sum);
          pairs.offer(name, value, series);
        });
    HeadMemory memory = head.memory();
    return new DatabaseStats(
        head.seriesCount(),
        total[0],
        head.chunkCount(),
        head.minTime(),
        head.maxTime(),
        memory.series(),
        memory.samples(),
        log.bytes(),
        blocks.bytes(),
        blocks.list().size(),
        owners(memory),
        top(metrics, limit),
        top(valueCounts, limit),
        top(bytes, limit),
        pairs.list());
  }

  /**
   * Memory by owner, under the names of the self-metric and the API. Caches belong to the process:
   * they have their own bounds and are not compared with the memory limit.
   */
  static List<Count> owners(HeadMemory m) {
    BlockReader.CacheBytes blocks = BlockReader.cacheBytes();
    return List.of(
        new Count("series", m.series()),
        new Count("samples", m.samples()),
        new Count("exemplars", m.exemplars()),
        new Count("metadata", m.metadata()),
        new Count("buffers", m.buffers()),
        new Count("column cache", ColumnCache.SHARED.held()),
        new Count("block group cache", blocks.groups()),
        new Count("block match cache", blocks.matches()));
  }

  private static List<Count> top(Map<String, Long> counts, int limit) {
    return counts.entrySet().stream()
        .map(e -> new Count(e.getKey(), e.getValue()))
        .sorted(Comparator.comparing(Count::value).reversed().thenComparing(Count::name))
        .limit(limit)
        .toList();
  }

  /** The largest labels, found without holding all of them. */
  private static final class Top {
    private final int limit;
    private final TreeSet<Count> kept = new TreeSet<>(Top::compare);

    Top(int limit) {
      this.limit = limit;
    }

    private static int compare(Count a, Count b) {
      int order = Long.compare(a.value(), b.value());
      return order != 0 ? order : b.name().compareTo(a.name());
    }

    void offer(String name, String value, long n) {
      if (limit > 0 && (kept.size() < limit || n >= kept.first().value())) {
        kept.add(new Count(name + "=" + value, n));
        if (kept.size() > limit) {
          kept.pollFirst();
        }
      }
    }

    List<Count> list() {
      return List.copyOf(kept.descendingSet());
    }
  }

  StorageStatus status() {
    long samples = 0;
    long series = 0;
    long chunks = 0;
    Map<String, BlockInfo.Part> parts = new LinkedHashMap<>();
    List<BlockReader> list = blocks.list();
    for (BlockReader b : list) {
      BlockInfo i = BlockInfo.of(b);
      samples += i.samples();
      series += i.series();
      chunks += i.chunks();
      i.parts().forEach(p -> parts.merge(p.name(), p, StoreStats::sum));
    }
    List<BlockInfo.Part> spent = new ArrayList<>(parts.values());
    spent.sort(Comparator.comparing(BlockInfo.Part::bytes).reversed());
    long created = head.counters.created.sum();
    long removed = head.counters.removed.sum();
    Churn.Counts c = upkeep.churn.since(clock.millis(), created, removed);
    return new StorageStatus(
        new StorageStatus.InMemory(
            head.seriesCount(),
            head.chunkCount(),
            head.minTime(),
            head.maxTime(),
            head.counters.floats.sum(),
            head.counters.histograms.sum(),
            head.counters.late.sum()),
        new StorageStatus.Churn(c.millis(), c.created(), c.removed()),
        memory(),
        log.bytes(),
        log.segment(),
        new StorageStatus.OnDisk(
            list.size(), blocks.bytes(), samples, series, chunks, blocks.damagedSinceOpened()),
        spent,
        levels(),
        new StorageStatus.WorkCounts(
            upkeep.truncations.sum(),
            upkeep.earlyFlushes.sum(),
            upkeep.compaction.done.sum(),
            upkeep.compaction.downsampled.sum(),
            upkeep.failures.sum(),
            upkeep.checkpoints.done.sum(),
            upkeep.checkpoints.failures.sum(),
            upkeep.compaction.timeRetentions.sum(),
            upkeep.compaction.sizeRetentions.sum()),
        new StorageStatus.Metadata(
            head.metadataCount(), Head.MAX_METADATA, head.metadataDropped()));
  }

  private List<StorageStatus.Level> levels() {
    DatabaseOptions o = upkeep.options();
    TreeSet<Long> resolutions = new TreeSet<>(blocks.levels().downsampled().keySet());
    o.downsampling().forEach(d -> resolutions.add(d.resolution().toMillis()));
    List<StorageStatus.Level> out = new ArrayList<>();
    for (long r : resolutions) {
      Downsampling policy =
          o.downsampling().stream()
              .filter(d -> d.resolution().toMillis() == r)
              .findFirst()
              .orElse(null);
      List<BlockReader> list = blocks.levels().of(r);
      out.add(
          new StorageStatus.Level(
              r,
              policy != null,
              policy == null ? 0 : policy.after().toMillis(),
              Compaction.policy(o, r).time().toMillis(),
              list.size(),
              list.stream().mapToLong(BlockReader::bytes).sum(),
              list.stream().mapToLong(b -> b.meta().floats()).sum(),
              list.stream().mapToLong(b -> b.meta().minTime()).min().orElse(Long.MAX_VALUE),
              list.stream().mapToLong(b -> b.meta().maxTime()).max().orElse(Long.MIN_VALUE)));
    }
    return out;
  }

  private StorageStatus.Memory memory() {
    HeadMemory m = head.memory();
    return new StorageStatus.Memory(
        m.total(),
        head.budget.limit(),
        head.budget.state().name().toLowerCase(Locale.ROOT),
        head.counters.limited.sum(),
        head.budget.delayed.sum() / 1_000_000,
        m.files(),
        owners(m));
  }

  private static BlockInfo.Part sum(BlockInfo.Part a, BlockInfo.Part b) {
    return new BlockInfo.Part(
        a.name(), a.chunks() + b.chunks(), a.samples() + b.samples(), a.bytes() + b.bytes());
  }
}
