package dev.tethys.app.server;

import dev.tethys.api.StoreView;
import dev.tethys.model.storage.StorageException;
import dev.tethys.store.metrics.CardinalityQuery;
import dev.tethys.store.metrics.DatabaseStats;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/** What the API shows of the store. */
final class StoreStatus implements StoreView {
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

  private final LateStore store;
  private final Path folder;

  StoreStatus(LateStore store, Path folder) {
    this.store = store;
    this.folder = folder;
  }

  @Override
  public Statistics statistics(int limit) {
    DatabaseStats s = store.get().stats(limit);
    return new Statistics(
        s.series(),
        s.labelPairs(),
        s.chunks(),
        s.minTime(),
        s.maxTime(),
        entries(s.seriesCountByMetricName()),
        entries(s.labelValueCountByLabelName()),
        entries(s.memoryInBytesByLabelName()),
        entries(s.seriesCountByLabelValuePair()));
  }

  @Override
  public Cardinality cardinality(CardinalityRequest r) {
    var c =
        store
            .get()
            .cardinality(
                new CardinalityQuery(
                    r.minTime(), r.maxTime(), r.matcherSets(), r.label(), r.prefix(), r.limit()));
    return new Cardinality(
        c.parts(),
        c.series(),
        c.relativeError(),
        c.memoryBytesPerSeries(),
        c.labelNames(),
        c.labels().stream()
            .map(
                l ->
                    new LabelCardinality(
                        l.name(),
                        l.values(),
                        l.series(),
                        l.seriesIfDropped(),
                        l.memoryBytesSaved()))
            .toList(),
        c.values(),
        entries(c.topValues()),
        entries(c.topPairs()));
  }

  private static List<Entry> entries(List<DatabaseStats.Count> counts) {
    return counts.stream().map(c -> new Entry(c.name(), c.value())).toList();
  }

  @Override
  public List<Block> blocks() {
    return store.get().blockList().stream()
        .map(
            b ->
                new Block(
                    b.ulid(),
                    b.minTime(),
                    b.maxTime(),
                    b.samples(),
                    b.floats(),
                    b.histograms(),
                    b.series(),
                    b.chunks(),
                    b.tombstones(),
                    b.level(),
                    b.sources(),
                    b.fromLateSamples() ? List.of("from-out-of-order") : List.of()))
        .toList();
  }

  /** The log is read within moments; there is no progress to speak of. */
  @Override
  public Replay replay() {
    return new Replay(0, 0, 0);
  }

  @Override
  public void cleanTombstones() {
    store.get().cleanTombstones();
  }

  @Override
  public String snapshot(boolean withHead) {
    String name =
        STAMP.format(Instant.now())
            + "-"
            + Long.toHexString(ThreadLocalRandom.current().nextLong() | Long.MIN_VALUE);
    try {
      store.get().snapshot(folder.resolve("snapshots").resolve(name), !withHead);
    } catch (StorageException e) {
      throw new StorageException(e.reason(), "create snapshot: " + e.getMessage(), e);
    }
    return name;
  }
}
