package dev.tethys.app.server;

import dev.tethys.api.prometheus.StoreForecast;
import dev.tethys.api.prometheus.StoreView;
import dev.tethys.model.access.Scope;
import dev.tethys.model.storage.StorageException;
import dev.tethys.store.metrics.CardinalityQuery;
import dev.tethys.store.metrics.DatabaseStats;
import dev.tethys.store.metrics.Downsampling;
import dev.tethys.store.metrics.StorageStatus;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;

/** Status of the store for the API. */
final class StoreStatus implements StoreView {
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

  private final DeferredStore store;
  private final Path folder;
  private final Supplier<List<StoreForecast>> all;

  /**
   * @param all health of all signal stores
   */
  StoreStatus(DeferredStore store, Path folder, Supplier<List<StoreForecast>> all) {
    this.all = all;
    this.store = store;
    this.folder = folder;
  }

  @Override
  public Statistics statistics(Scope scope, int limit) {
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
        store.isFiltered(scope) ? List.of() : entries(s.seriesCountByLabelValuePair()));
  }

  @Override
  public Cardinality cardinality(Scope scope, CardinalityRequest r) {
    var c =
        store
            .get()
            .cardinality(
                new CardinalityQuery(
                    r.minTime(),
                    r.maxTime(),
                    store.visibleOrAll(scope, r.matcherSets()),
                    r.label(),
                    r.prefix(),
                    r.limit()));
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

  @Override
  public Storage storage() {
    StorageStatus s = store.get().status();
    var h = s.head();
    var b = s.blocks();
    var w = s.work();
    var m = s.memory();
    return new Storage(
        List.of(
            new Section(
                "head",
                List.of(
                    new Entry("series", h.series()),
                    new Entry("chunks", h.chunks()),
                    new Entry("minTime", h.minTime()),
                    new Entry("maxTime", h.maxTime()),
                    new Entry("floatSamples", h.floats()),
                    new Entry("histogramSamples", h.histograms()),
                    new Entry("lateSamples", h.late()))),
            new Section(
                "churn",
                List.of(
                    new Entry("windowMillis", s.churn().millis()),
                    new Entry("seriesCreated", s.churn().created()),
                    new Entry("seriesRemoved", s.churn().removed()))),
            new Section(
                "log",
                List.of(new Entry("bytes", s.logBytes()), new Entry("segment", s.logSegment()))),
            new Section(
                "blocks",
                List.of(
                    new Entry("count", b.count()),
                    new Entry("bytes", b.bytes()),
                    new Entry("samples", b.samples()),
                    new Entry("series", b.series()),
                    new Entry("chunks", b.chunks()),
                    new Entry("damaged", b.damaged()))),
            new Section(
                "work",
                List.of(
                    new Entry("flushes", w.flushes()),
                    new Entry("earlyFlushes", w.earlyFlushes()),
                    new Entry("compactions", w.compactions()),
                    new Entry("downsamplings", w.downsamplings()),
                    new Entry("failures", w.failures()),
                    new Entry("checkpoints", w.checkpoints()),
                    new Entry("checkpointFailures", w.checkpointFailures()),
                    new Entry("blocksRemovedByAge", w.byAge()),
                    new Entry("blocksRemovedBySize", w.bySize()))),
            new Section(
                "metadata",
                List.of(
                    new Entry("families", s.metadata().families()),
                    new Entry("limit", s.metadata().limit()),
                    new Entry("dropped", s.metadata().dropped())))),
        new Memory(
            m.used(),
            m.limit(),
            m.state(),
            m.refused(),
            m.delayedMillis(),
            m.fileBytes(),
            entries(m.owners())),
        s.parts().stream()
            .map(p -> new Encoding(p.name(), p.chunks(), p.samples(), p.bytes()))
            .toList(),
        s.downsampled().stream().map(StoreStatus::downsampled).toList());
  }

  @Override
  public List<StoreForecast> stores() {
    return all.get();
  }

  private static Downsampled downsampled(StorageStatus.Level d) {
    List<Entry> figures = new ArrayList<>();
    figures.add(new Entry("resolutionMillis", d.resolution()));
    figures.add(new Entry("afterMillis", d.after()));
    figures.add(new Entry("keepMillis", d.keep()));
    figures.add(new Entry("blocks", d.blocks()));
    figures.add(new Entry("bytes", d.bytes()));
    figures.add(new Entry("buckets", d.buckets()));
    if (d.blocks() > 0) {
      figures.add(new Entry("minTime", d.minTime()));
      figures.add(new Entry("maxTime", d.maxTime()));
    }
    return new Downsampled(Downsampling.text(d.resolution()), d.configured(), figures);
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
                    b.bytes(),
                    b.level(),
                    b.sources(),
                    b.fromLateSamples() ? List.of("from-out-of-order") : List.of(),
                    b.resolution()))
        .toList();
  }

  /** Returns no progress, because the log is read within moments. */
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
