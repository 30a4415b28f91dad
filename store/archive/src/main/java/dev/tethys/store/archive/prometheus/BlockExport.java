package dev.tethys.store.archive.prometheus;

import dev.tethys.codec.chunk.ChunkEncoder;
import dev.tethys.codec.chunk.ChunkEncoding;
import dev.tethys.model.Labels;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.store.archive.SeriesVisitor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Writes a block that Prometheus opens: chunks as its own encoder cuts them, index version 2, no
 * tombstones. The folder has a temporary name until everything is durable. Formats: {@link
 * IndexFile}, {@link ChunkFiles}.
 *
 * <p>Start timestamps are omitted: the chunks of Prometheus 3.5 have no place for them.
 */
public final class BlockExport implements SeriesVisitor, AutoCloseable {
  private static final int CHUNKS_MAGIC = 0x85BD40DD;
  private static final int TOMBSTONES_MAGIC = 0x0130BA30;

  /** Bytes of a file of chunks, as Prometheus cuts them. */
  static final long SEGMENT_BYTES = 512L << 20;

  private final Path target;
  private final String ulid;
  private final Path temporary;
  private final long segmentBytes;
  private final ChunkEncoder encoder = new ChunkEncoder();
  private final List<Entry> series = new ArrayList<>();
  private long[] metas = new long[48]; // of the present series: min, max, reference
  private int metaCount;
  private @Nullable BigEndianFile chunks;
  private int segment;
  private boolean done;
  private long samples;
  private long histograms;
  private long chunkCount;
  private long starts;
  private long minTime = Long.MAX_VALUE;
  private long maxTime = Long.MIN_VALUE;
  private @Nullable Labels last;

  /**
   * A series on its way into the index.
   *
   * @param chunks min, max and reference of each chunk
   */
  record Entry(Labels labels, long[] chunks) {}

  /** Starts a block in a folder. */
  public BlockExport(Path target, String ulid) throws IOException {
    this(target, ulid, SEGMENT_BYTES);
  }

  /** Creates an export whose files of chunks have another size. */
  public BlockExport(Path target, String ulid, long segmentBytes) throws IOException {
    this.target = target;
    this.ulid = ulid;
    this.segmentBytes = segmentBytes;
    this.temporary = target.resolve(ulid + ".tmp-for-creation");
    Files.createDirectories(temporary.resolve("chunks"));
  }

  /** Adds a series; labels ascend from call to call. */
  @Override
  public void series(Labels labels, SampleBuffer b) {
    if (b.size == 0) {
      return;
    }
    if (last != null && last.compareTo(labels) >= 0) {
      throw new IllegalArgumentException(
          "series are not in ascending order: " + last + ", " + labels);
    }
    last = labels;
    metaCount = 0;
    encoder.encode(b, this::chunk);
    series.add(new Entry(labels, Arrays.copyOf(metas, metaCount)));
    samples += b.size;
    for (int i = 0; i < b.size; i++) {
      histograms += b.histograms != null && b.histograms[i] != null ? 1 : 0;
      starts += b.startTimestamps != null && b.startTimestamps[i] != 0 ? 1 : 0;
    }
    minTime = Math.min(minTime, b.timestamps[0]);
    maxTime = Math.max(maxTime, b.timestamps[b.size - 1]);
  }

  private void chunk(
      ChunkEncoding encoding, long min, long max, byte[] buf, int offset, int length) {
    try {
      BigEndianFile f = chunks;
      if (f == null || f.position() + length + 16 > segmentBytes) {
        f = nextSegment();
      }
      if (metas.length < metaCount + 3) {
        metas = Arrays.copyOf(metas, metas.length * 2);
      }
      metas[metaCount++] = min;
      metas[metaCount++] = max;
      metas[metaCount++] = (long) (segment - 1) << 32 | f.position();
      f.uvarint(length);
      f.beginCrc();
      f.u8(encoding.number());
      f.bytes(buf, offset, length);
      f.endCrc();
      chunkCount++;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private BigEndianFile nextSegment() throws IOException {
    closeChunks();
    segment++;
    BigEndianFile f =
        new BigEndianFile(
            temporary.resolve("chunks").resolve(String.format(Locale.ROOT, "%06d", segment)));
    chunks = f;
    f.int32(CHUNKS_MAGIC);
    f.u8(1);
    f.bytes(new byte[3], 0, 3);
    return f;
  }

  private void closeChunks() throws IOException {
    BigEndianFile f = chunks;
    if (f != null) {
      f.close();
      chunks = null;
    }
  }

  /** Whether a series was added. */
  public boolean isEmpty() {
    return series.isEmpty();
  }

  /** Samples whose start timestamps were omitted. */
  public long starts() {
    return starts;
  }

  /** Writes the rest, makes everything durable and renames the folder. */
  public Path finish() throws IOException {
    closeChunks();
    try (BigEndianFile f = new BigEndianFile(temporary.resolve("index"))) {
      new IndexWriter(f).write(series);
    }
    try (BigEndianFile f = new BigEndianFile(temporary.resolve("tombstones"))) {
      f.int32(TOMBSTONES_MAGIC);
      f.u8(1);
      f.beginCrc();
      f.endCrc();
    }
    byte[] meta = meta().getBytes(StandardCharsets.UTF_8);
    try (BigEndianFile f = new BigEndianFile(temporary.resolve("meta.json"))) {
      f.bytes(meta, 0, meta.length);
    }
    sync(temporary.resolve("chunks"));
    sync(temporary);
    Path named = target.resolve(ulid);
    Files.move(temporary, named, StandardCopyOption.ATOMIC_MOVE);
    done = true;
    sync(target);
    return named;
  }

  private static void sync(Path folder) throws IOException {
    try (FileChannel ch = FileChannel.open(folder, StandardOpenOption.READ)) {
      ch.force(true);
    }
  }

  private String meta() {
    return String.format(
        Locale.ROOT,
        """
        {
        \t"ulid": "%s",
        \t"minTime": %d,
        \t"maxTime": %d,
        \t"stats": {
        \t\t"numSamples": %d,
        \t\t"numFloatSamples": %d,
        \t\t"numHistogramSamples": %d,
        \t\t"numSeries": %d,
        \t\t"numChunks": %d
        \t},
        \t"compaction": {
        \t\t"level": 1,
        \t\t"sources": [
        \t\t\t"%s"
        \t\t]
        \t},
        \t"version": 1
        }
        """,
        ulid,
        minTime,
        maxTime + 1,
        samples,
        samples - histograms,
        histograms,
        series.size(),
        chunkCount,
        ulid);
  }

  @Override
  public void close() throws IOException {
    closeChunks();
    if (!done && Files.exists(temporary)) {
      try (Stream<Path> s = Files.walk(temporary)) {
        for (Path p : s.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(p);
        }
      }
    }
  }
}
