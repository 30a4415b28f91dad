package dev.tethys.store.archive.prometheus;

import dev.tethys.codec.CodecException;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.store.archive.Progress;
import dev.tethys.store.metrics.DatabaseOptions;
import dev.tethys.store.metrics.SampleSorter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the in-memory data of Prometheus from its recovery files: the WAL ({@code wal}), the log of
 * out-of-order samples ({@code wbl}) and full chunks ({@code chunks_head}). They overlap; of
 * samples at one time the first that is found is kept.
 *
 * <p>In-order samples older than the end of the newest block are in blocks.
 */
final class PrometheusHead implements WalRecords.Sink {
  private final Path folder;
  private final long blocksEnd;
  private final SampleSorter into;
  private final Progress progress;
  private final Consumer<String> problems;
  private final Map<Long, Labels> series = new HashMap<>();
  private final Tombstones<Labels> deleted = new Tombstones<>();
  private final Map<String, MetricMetadata> metadata = new TreeMap<>();
  private boolean late; // of the log that is read
  private long orphans;
  private long invalid;
  private String anInvalid = "";
  private final ArrayDeque<SeriesExemplar> exemplars = new ArrayDeque<>();
  private long exemplarsDropped;

  // Samples of one series mostly differ from those of the previous one.
  private long knownRef = -1;
  private @Nullable Labels known;

  /**
   * Prepares to read.
   *
   * @param blocksEnd exclusive end of the blocks of in-order samples
   * @param problems receives descriptions of unreadable data
   */
  PrometheusHead(
      Path folder,
      long blocksEnd,
      SampleSorter into,
      Progress progress,
      Consumer<String> problems) {
    this.folder = folder;
    this.blocksEnd = blocksEnd;
    this.into = into;
    this.progress = progress;
    this.problems = problems;
  }

  /** Reads everything. */
  void read() throws IOException {
    List<Path> wal = WalFiles.read(folder.resolve("wal"));
    List<Path> wbl = WalFiles.read(folder.resolve("wbl"));
    List<Path> chunks = HeadChunks.files(folder.resolve("chunks_head"));
    List<Path> all = new ArrayList<>(wal);
    all.addAll(wbl);
    all.addAll(chunks);
    long total = 0;
    for (Path p : all) {
      total += Files.size(p);
    }
    progress.step("write-ahead log", total);
    gaps(wal);
    WalReader reader = new WalReader();
    WalRecords records = new WalRecords(this);
    for (List<Path> log : List.of(wal, wbl)) {
      late = log == wbl;
      for (Path p : log) {
        reader.read(
            p,
            (buf, length) -> {
              try {
                records.read(buf, length);
              } catch (CodecException e) {
                problems.accept(p + ": " + e.getMessage());
              }
            },
            problems);
        progress.advance(Files.size(p));
      }
    }
    for (Path p : chunks) {
      HeadChunks.read(p, this::chunk, problems);
      progress.advance(Files.size(p));
    }
    if (orphans > 0) {
      problems.accept(
          String.format(
              Locale.ROOT,
              "%s: %d samples belong to series whose names are in no record that could be read",
              folder.resolve("wal"),
              orphans));
    }
    if (invalid > 0) {
      problems.accept(
          String.format(
              Locale.ROOT,
              "%s: %d histograms contradict themselves and were left out, such as %s",
              folder.resolve("wal"),
              invalid,
              anInvalid));
    }
  }

  private void gaps(List<Path> wal) {
    for (int i = 1; i < wal.size(); i++) {
      Path a = wal.get(i - 1);
      Path b = wal.get(i);
      if (String.valueOf(a.getParent()).equals(String.valueOf(b.getParent()))
          && WalFiles.number(b) != WalFiles.number(a) + 1) {
        problems.accept("segments are missing between " + a + " and " + b);
      }
    }
  }

  /** Removes deleted samples from a series. */
  void edit(Labels labels, SampleBuffer b) {
    deleted.apply(labels, b);
  }

  /** Known metadata of metric families. */
  Map<String, MetricMetadata> metadata() {
    return metadata;
  }

  /** An exemplar with its series. */
  record SeriesExemplar(Labels series, Exemplar exemplar) {}

  /** Returns the newest exemplars, at most as many as a store keeps, in the order of arrival. */
  Collection<SeriesExemplar> exemplars() {
    return exemplars;
  }

  /** Exemplars that were older than those. */
  long exemplarsDropped() {
    return exemplarsDropped;
  }

  private @Nullable Labels labels(long ref) {
    if (ref != knownRef || known == null) {
      known = series.get(ref);
      knownRef = ref;
    }
    if (known == null) {
      orphans++;
    }
    return known;
  }

  @Override
  public void series(long ref, Labels labels) {
    series.put(ref, labels);
    knownRef = -1;
  }

  @Override
  public void sample(long ref, long start, long time, double value) {
    if (late || time >= blocksEnd) {
      Labels l = labels(ref);
      if (l != null) {
        into.add(l, start, time, value);
      }
    }
  }

  @Override
  public void histogram(long ref, long start, long time, Histogram h) {
    if (late || time >= blocksEnd) {
      Labels l = labels(ref);
      if (l != null) {
        into.add(l, start, time, h);
      }
    }
  }

  @Override
  public void deletion(long ref, long min, long max) {
    Labels l = series.get(ref);
    if (l != null) {
      deleted.add(l, min, max);
    }
  }

  @Override
  public void metadata(long ref, MetricType type, String unit, String help) {
    Labels l = series.get(ref);
    if (l != null) {
      metadata.put(l.metricName(), new MetricMetadata(type, help, unit));
    }
  }

  @Override
  public void invalid(long ref, long time, String reason) {
    invalid++;
    Labels l = series.get(ref);
    anInvalid =
        (l == null ? "a series without a name" : l.toString()) + " at " + time + ": " + reason;
  }

  @Override
  public void exemplar(long ref, Exemplar e) {
    Labels l = series.get(ref);
    if (l == null) {
      exemplarsDropped++;
      return;
    }
    exemplars.addLast(new SeriesExemplar(l, e));
    if (exemplars.size() > DatabaseOptions.DEFAULTS.exemplars()) {
      exemplars.removeFirst();
      exemplarsDropped++;
    }
  }

  private void chunk(long ref, boolean lateChunk, long min, long max, SampleBuffer b) {
    if (!lateChunk && max < blocksEnd) {
      return;
    }
    Labels l = series.get(ref);
    if (l == null) {
      orphans += b.size;
      return;
    }
    if (!lateChunk) {
      Buffers.clip(b, blocksEnd, Long.MAX_VALUE);
    }
    into.add(l, b);
  }
}
