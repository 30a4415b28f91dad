package dev.tethys.store.metrics.internal.block;

import dev.tethys.model.Labels;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.FileAccess.WritableFile;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.store.files.ByteSink;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Writes a block: a folder of two files (and meta.json for people). All numbers little-endian;
 * uvarint and svarint as in {@link ByteSink}.
 *
 * <pre>
 * chunks: 8 bytes "TTHSCHK" 1 (2 in downsampled blocks), then groups ({@link GroupWriter}) of
 *   chunks        one after the other, in the order of series, then time
 *   time sets     one after the other: IntColumn of the timestamps
 * chunk: byte: bit 0 histograms, bit 1 start timestamps; [IntColumn of the start timestamps];
 *   ValueColumn or HistogramColumn. Bit 2, in downsampled blocks: {@link SummaryColumns} instead, and
 *   the time set is of the last samples of their rows. How many samples it has, and when, its time set says: series that
 *   were scraped together share one, and so do the chunks of one length of a regular series.
 *
 * index: 8 bytes "TTHSIDX" 2, then
 *   series pages: groups of up to 128 series, labels ascending:
 *     uvarint groups of chunks begun before the page, uvarint bytes of chunks in the last of them,
 *     uvarint n, then columns:
 *     n * uvarint labels shared with the series before (the first of a page: 0)
 *     n * uvarint further labels
 *     n * further * uvarint label number - the one before in the series - 1 (the first: - 0)
 *     n * uvarint chunks
 *     chunks * svarint time set - time set of the chunk before (first: - 0)
 *     chunks * uvarint length * 4 + (2: histograms, or a value that is not finite, may be in it)
 *       + (1: starts the next group that holds chunks)
 *   postings pages: groups of labels' series: uvarint first label number, uvarint n,
 *     n * { uvarint count, count * uvarint (series - the one before - 1; the first: - 0) }
 *   DICTIONARY   label values, by label number: of 16 the first whole, of the others what differs:
 *                  uvarint bytes shared with the value before, uvarint more bytes, bytes
 *   NAMES        uvarint names, each { name, uvarint values }; uvarint restarts, uvarint distance of
 *                  each in DICTIONARY to the one before. A name starts a restart
 *   SERIES_DIRECTORY    uvarint pages, uvarint offset of the first, uvarint length of each
 *   POSTINGS_DIRECTORY  uvarint pages, uvarint offset of the first, { uvarint labels, uvarint length }
 *   GROUPS       uvarint groups, { uvarint length * 2 + (1: of time sets) } in file order from byte 8
 *   TIMES        uvarint sets, { uvarint group - group before, uvarint offset in the group,
 *                  uvarint count, svarint first time - first time of the set before,
 *                  uvarint last time - first time }
 *   META         {@link BlockMeta}, and where the bytes of the block go
 *   footer       7 * { 8 bytes offset, 8 bytes length, 4 bytes CRC-32C } of the sections in this order,
 *                  4 bytes CRC-32C of the footer so far, 8 bytes "TTHSIDX" 2
 * </pre>
 *
 * A label is a (name, value) pair; numbers ascend by name, then value (as UTF-8 bytes), from 0. The
 * footer is written last and the folder gets its name after everything is durable.
 */
public final class BlockWriter implements AutoCloseable {
  private final long resolution;
  private final FileAccess files;
  private final Path folder;
  private final WritableFile file;
  private final GroupWriter groups;
  private final GroupStream stream;
  private final TimeSetWriter times;
  private final ChunkWriter chunks;
  private final LabelTable labels = new LabelTable();
  private Labels last = Labels.EMPTY;

  /** Starts a block in a folder that is made here and is not yet named as a block. */
  public BlockWriter(FileAccess files, Path folder) throws IOException {
    this(files, folder, 0);
  }

  /**
   * Variant for a downsampled block.
   *
   * @param resolution milliseconds of its buckets; 0 for samples
   */
  public BlockWriter(FileAccess files, Path folder, long resolution) throws IOException {
    this(files, folder, resolution, new GroupWriter());
  }

  BlockWriter(FileAccess files, Path folder, long resolution, GroupWriter groups)
      throws IOException {
    this.resolution = resolution;
    this.groups = groups;
    this.files = files;
    this.folder = folder;
    files.delete(folder);
    files.createDirectories(folder);
    file = files.create(folder.resolve(BlockLayout.CHUNKS));
    stream = new GroupStream(file, groups, resolution > 0);
    times = new TimeSetWriter(stream);
    chunks = new ChunkWriter(stream, times);
  }

  /** Observer of each written chunk of samples: milliseconds, samples, bytes. */
  @FunctionalInterface
  public interface ChunkObserver {
    /** Observes a chunk of a number of samples over a span of milliseconds. */
    void chunk(long millis, int samples, int bytes);
  }

  /** Reports each chunk to an observer from now on. */
  public void observer(ChunkObserver o) {
    chunks.observer(o::chunk);
  }

  /** Whether a series was added. */
  public boolean isEmpty() {
    return labels.seriesCount() == 0;
  }

  /** Bytes of chunks written so far. */
  public long bytes() {
    return file.position();
  }

  /** Adds a series with its samples; labels ascend from call to call. */
  public void add(Labels series, SampleBuffer samples) throws IOException {
    if (samples.size == 0 && (samples.summaries == null || samples.summaries.size == 0)) {
      return;
    }
    if (samples.summaries != null && resolution == 0) {
      throw new IllegalArgumentException("summaries for a block of samples");
    }
    if (!isEmpty() && last.compareTo(series) >= 0) {
      throw new IllegalArgumentException(
          "series are not in ascending order: " + last + ", " + series);
    }
    last = series;
    labels.add(series);
    chunks.series(samples);
  }

  /**
   * Writes the index and makes all durable.
   *
   * @param draft description of the block; its counts are replaced by the counts of added data
   */
  public BlockMeta finish(BlockMeta draft) throws IOException {
    chunks.flush();
    times.flush();
    file.force();
    file.close();
    if (!isEmpty() && (chunks.minTime() < draft.minTime() || chunks.maxTime() >= draft.maxTime())) {
      throw new IllegalStateException(
          "samples from " + chunks.minTime() + " to " + chunks.maxTime() + " do not fit " + draft);
    }
    BlockMeta meta;
    try (WritableFile f = files.create(folder.resolve(BlockLayout.INDEX))) {
      meta = index(f, draft);
      f.force();
    }
    byte[] json = meta.toJson(0).getBytes(StandardCharsets.UTF_8);
    try (WritableFile f = files.create(folder.resolve(BlockLayout.META))) {
      f.write(json, 0, json.length);
      f.force();
    }
    files.syncDirectory(folder);
    return meta;
  }

  private BlockMeta index(WritableFile f, BlockMeta draft) throws IOException {
    IndexWriter w = new IndexWriter(f, groups);
    LabelTable.Ordered ordered = labels.order();
    w.series(ordered, chunks.refs(), labels.seriesCount());
    w.postings(ordered);
    ByteSink dictionary = new ByteSink();
    ByteSink names = new ByteSink();
    ordered.write(dictionary, names);
    w.section(BlockLayout.DICTIONARY, SizeShare.LABELS, dictionary);
    w.section(BlockLayout.NAMES, SizeShare.LABELS, names);
    w.section(BlockLayout.GROUPS, SizeShare.DIRECTORY, stream.directory());
    w.section(BlockLayout.TIMES, SizeShare.TIMESTAMPS, times.directory());
    BlockSizeBreakdown account = new BlockSizeBreakdown();
    account.add(chunks.account());
    account.add(times.account());
    account.add(w.account());
    BlockMeta meta =
        draft
            .downsampled(resolution)
            .with(
                chunks.floats(),
                chunks.histograms(),
                labels.seriesCount(),
                chunks.chunks(),
                account.shares());
    ByteSink m = new ByteSink();
    meta.write(m);
    w.section(BlockLayout.META_SECTION, SizeShare.DIRECTORY, m);
    w.finish();
    return meta;
  }

  @Override
  public void close() throws IOException {
    groups.close();
    file.close();
  }
}
