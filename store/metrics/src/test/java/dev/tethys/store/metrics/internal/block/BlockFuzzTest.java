package dev.tethys.store.metrics.internal.block;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.StorageException;
import dev.tethys.model.storage.Summaries;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import dev.tethys.testkit.FileCorruption;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damaged blocks: for any bytes, a read gives what was written or nothing, or fails with an error
 * that names the damage. {@code tethys bench fuzz blocks} does the same a million times.
 */
@Tag("slow")
class BlockFuzzTest {
  /** What reading a damaged block of some twenty kilobytes may allocate. */
  private static final long MAX_ALLOCATED = 512L << 20;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private static final long RESOLUTION = 7000;

  @TempDir Path dir;

  private final Map<Labels, SampleBuffer> written = SampleBlock.series();
  private byte[] chunks = {};
  private byte[] index = {};
  private byte[] plainChunks = {};
  private byte[] plainIndex = {};
  private byte[] coarseChunks = {};
  private byte[] coarseIndex = {};
  private byte[] plainCoarseChunks = {};
  private byte[] plainCoarseIndex = {};
  private final Map<Labels, Summaries> rows = new TreeMap<>();

  @BeforeEach
  void write() throws IOException {
    Path a = write("sound", new GroupWriter());
    chunks = Files.readAllBytes(a.resolve(BlockLayout.CHUNKS));
    index = Files.readAllBytes(a.resolve(BlockLayout.INDEX));
    // Without compression damage reaches the decoders instead of ending in the decompressor.
    Path b = write("plain", GroupWriter.uncompressed());
    plainChunks = Files.readAllBytes(b.resolve(BlockLayout.CHUNKS));
    plainIndex = Files.readAllBytes(b.resolve(BlockLayout.INDEX));
    Path c = writeCoarse("coarse", new GroupWriter());
    coarseChunks = Files.readAllBytes(c.resolve(BlockLayout.CHUNKS));
    coarseIndex = Files.readAllBytes(c.resolve(BlockLayout.INDEX));
    Path d = writeCoarse("plain coarse", GroupWriter.uncompressed());
    plainCoarseChunks = Files.readAllBytes(d.resolve(BlockLayout.CHUNKS));
    plainCoarseIndex = Files.readAllBytes(d.resolve(BlockLayout.INDEX));
  }

  /** The same series as rows that need not make sense: columns of every kind. */
  private Path writeCoarse(String name, GroupWriter groups) throws IOException {
    Path folder = dir.resolve(name);
    try (BlockWriter w = new BlockWriter(new RealFiles(), folder, RESOLUTION, groups)) {
      SampleBuffer out = new SampleBuffer();
      for (Map.Entry<Labels, SampleBuffer> e : written.entrySet()) {
        SampleBuffer in = e.getValue();
        out.clear();
        Summaries s = out.startSummaries();
        for (int i = 0; i < in.size; i++) {
          if (in.histograms != null && in.histograms[i] != null) {
            out.add(in, i);
            continue;
          }
          s.add(in.timestamps[i], in.values[i]);
          s.to[i] = Math.ceilDiv(in.timestamps[i], RESOLUTION) * RESOLUTION;
          s.from[i] = s.to[i] - RESOLUTION;
          s.firstTimes[i] = Math.max(s.from[i] + 1, in.timestamps[i] - i % 5);
          s.counts[i] = 2 + i % 3;
          s.resets[i] = i % 40 == 39 ? 1 : 0;
          s.lost[i] = s.resets[i] * 4.5;
          s.sums[i] = in.values[i] * 3;
          s.min[i] = i % 2 == 0 ? in.values[i] - 1 : in.values[i];
        }
        w.add(e.getKey(), out);
        Summaries kept = new Summaries();
        for (int i = 0; i < s.size; i++) {
          kept.add(s, i);
        }
        rows.put(e.getKey(), kept);
      }
      w.finish(
          BlockMeta.draft(
              "01HF7YAT00SAMPLEBLOCK00003",
              SampleBlock.MIN_TIME - RESOLUTION,
              SampleBlock.MAX_TIME,
              1,
              false,
              List.of(),
              List.of()));
    }
    return folder;
  }

  private Path write(String name, GroupWriter groups) throws IOException {
    Path folder = dir.resolve(name);
    try (BlockWriter w = new BlockWriter(new RealFiles(), folder, 0, groups)) {
      for (Map.Entry<Labels, SampleBuffer> e : written.entrySet()) {
        w.add(e.getKey(), e.getValue());
      }
      w.finish(
          BlockMeta.draft(
              "01HF7YAT00SAMPLEBLOCK00002",
              SampleBlock.MIN_TIME,
              SampleBlock.MAX_TIME,
              1,
              false,
              List.of(),
              List.of()));
    }
    return folder;
  }

  @Test
  void soundBlocksAnswer() throws IOException {
    assertThat(read(chunks, index, true)).isEqualTo(written.size());
    assertThat(read(plainChunks, plainIndex, true)).isEqualTo(written.size());
    assertThat(read(coarseChunks, coarseIndex, true)).isEqualTo(written.size());
    assertThat(read(plainCoarseChunks, plainCoarseIndex, true)).isEqualTo(written.size());
  }

  @Test
  void checksumsDetectDiskErrors() throws IOException {
    int caught = 0;
    byte[] fine = chunks;
    byte[] fineIndex = index;
    for (int seed = 0; seed < 1500; seed++) {
      Random r = new Random(seed);
      boolean coarse = seed % 3 == 0;
      chunks = coarse ? coarseChunks : fine;
      index = coarse ? coarseIndex : fineIndex;
      boolean first = r.nextBoolean();
      try {
        read(
            first ? FileCorruption.of(chunks, r) : chunks,
            first ? index : FileCorruption.of(index, r),
            true);
      } catch (StorageException | CorruptionException e) {
        caught++;
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
    assertThat(caught).isGreaterThan(1000);
  }

  @Test
  void hostileBytesWithValidChecksumsCauseAnError() throws IOException {
    for (int seed = 0; seed < 3000; seed++) {
      Random r = new Random(seed);
      boolean first = r.nextInt(3) > 0;
      boolean plain = r.nextInt(4) > 0;
      boolean coarse = seed % 3 == 0;
      byte[] soundChunks =
          coarse ? plain ? plainCoarseChunks : coarseChunks : plain ? plainChunks : chunks;
      byte[] soundIndex =
          coarse ? plain ? plainCoarseIndex : coarseIndex : plain ? plainIndex : index;
      byte[] c = soundChunks.clone();
      byte[] i = soundIndex.clone();
      for (int n = 1 + r.nextInt(4); n > 0; n--) {
        overwrite(first ? c : i, r);
      }
      sealGroups(c, soundChunks, 8, c.length);
      sealIndex(i, soundIndex);
      long before = THREADS.getCurrentThreadAllocatedBytes();
      long began = System.nanoTime();
      try {
        read(c, i, false);
      } catch (StorageException | CorruptionException e) {
        // told as it should be
      } catch (RuntimeException | Error e) {
        throw new AssertionError("seed " + seed, e);
      }
      assertThat(THREADS.getCurrentThreadAllocatedBytes() - before)
          .as("allocated with seed %d", seed)
          .isLessThan(MAX_ALLOCATED);
      assertThat(System.nanoTime() - began).as("hangs: seed %d", seed).isLessThan(30_000_000_000L);
    }
  }

  /** FileCorruption that leaves every byte at its position. */
  private static void overwrite(byte[] b, Random r) {
    int at = 8 + r.nextInt(b.length - 8);
    switch (r.nextInt(4)) {
      case 0 -> b[at] ^= (byte) (1 << r.nextInt(8));
      case 1 -> b[at] = (byte) r.nextInt();
      case 2 -> Arrays.fill(b, at, Math.min(b.length, at + 1 + r.nextInt(9)), (byte) 0xff);
      default -> {
        int from = r.nextInt(b.length);
        int n = Math.min(1 + r.nextInt(64), b.length - Math.max(from, at));
        System.arraycopy(b, from, b, at, n);
      }
    }
  }

  /** Gives the groups of a file headers that agree with the content after them. */
  private static void sealGroups(byte[] b, byte[] sound, int from, int to) {
    ByteSource in = new ByteSource(sound);
    ByteSink out = new ByteSink();
    for (int p = from; p + BlockLayout.GROUP_HEADER <= to; ) {
      in.pos = p + 4;
      int stored = in.getInt();
      System.arraycopy(sound, p + 4, b, p + 4, 8);
      out.clear();
      out.putInt(ByteSink.crc(b, p + 4, stored + 8));
      System.arraycopy(out.buf, 0, b, p, 4);
      p += BlockLayout.GROUP_HEADER + stored;
    }
  }

  private static void sealIndex(byte[] b, byte[] sound) {
    int footer = sound.length - BlockLayout.FOOTER;
    System.arraycopy(sound, footer, b, footer, BlockLayout.FOOTER);
    ByteSource in = new ByteSource(sound);
    in.pos = footer;
    int pages = (int) in.getLong(); // the first section follows the pages
    sealGroups(b, sound, 8, pages);
    ByteSink out = new ByteSink();
    for (int s = 0; s < BlockLayout.SECTIONS; s++) {
      in.pos = footer + s * 20;
      int offset = (int) in.getLong();
      int length = (int) in.getLong();
      out.clear();
      out.putInt(ByteSink.crc(b, offset, length));
      System.arraycopy(out.buf, 0, b, footer + s * 20 + 16, 4);
    }
    out.clear();
    out.putInt(ByteSink.crc(b, footer, BlockLayout.SECTIONS * 20));
    System.arraycopy(out.buf, 0, b, footer + BlockLayout.SECTIONS * 20, 4);
  }

  /** Reads everything in every way; how many series there were. */
  private int read(byte[] c, byte[] i, boolean mustAgree) throws IOException {
    Path folder = dir.resolve("damaged");
    Files.createDirectories(folder);
    Files.write(folder.resolve(BlockLayout.CHUNKS), c);
    Files.write(folder.resolve(BlockLayout.INDEX), i);
    BlockReader block = new BlockReader(new RealFiles(), folder);
    int n = 0;
    try {
      SampleBuffer b = new SampleBuffer();
      try (SourceSelection s =
          block.select(
              SampleBlock.MIN_TIME,
              SampleBlock.MAX_TIME,
              List.of(Matcher.equal("host", "höst-1")),
              lost -> assertThat(lost).contains("is damaged"))) {
        for (int k = 0; k < s.size(); k++) {
          b.clear();
          s.readTimes(k, SampleBlock.MIN_TIME + 60_000, SampleBlock.MAX_TIME - 60_000, b);
          b.clear();
          s.read(k, SampleBlock.MIN_TIME + 60_000, SampleBlock.MAX_TIME - 60_000, b);
        }
      }
      block.answer(
          () ->
              block.values("__name__", "m", (number, v, series) -> series.get().getCardinality()));
      try (SourceSelection s = block.everything()) {
        for (int k = 0; k < s.size(); k++) {
          b.clear();
          s.read(k, Long.MIN_VALUE, Long.MAX_VALUE, b);
          if (block.meta().resolution() > 0) {
            b.clear();
            Summaries got = b.startSummaries();
            s.readSummaries(k, Long.MIN_VALUE, Long.MAX_VALUE, got, b);
            if (mustAgree) {
              agree(got, rows.get(s.labels(k)));
            }
          } else if (mustAgree) {
            agree(b, written.get(s.labels(k)));
          }
          n++;
        }
      }
    } finally {
      block.release();
    }
    return n;
  }

  private static void agree(Summaries got, @Nullable Summaries want) {
    assertThat(want).isNotNull();
    if (want == null) {
      return;
    }
    assertThat(got.size).isEqualTo(want.size);
    long[][] longs = {got.from, got.to, got.firstTimes, got.lastTimes, got.counts, got.resets};
    long[][] same = {want.from, want.to, want.firstTimes, want.lastTimes, want.counts, want.resets};
    double[][] doubles = {got.first, got.last, got.min, got.max, got.sums, got.lost};
    double[][] equal = {want.first, want.last, want.min, want.max, want.sums, want.lost};
    for (int c = 0; c < longs.length; c++) {
      assertThat(Arrays.equals(longs[c], 0, got.size, same[c], 0, got.size)).isTrue();
      for (int i = 0; i < got.size; i++) {
        if (Double.doubleToRawLongBits(doubles[c][i]) != Double.doubleToRawLongBits(equal[c][i])) {
          throw new AssertionError(doubles[c][i] + " was " + equal[c][i]);
        }
      }
    }
  }

  private static void agree(SampleBuffer got, @Nullable SampleBuffer want) {
    assertThat(want).isNotNull();
    if (want == null) {
      return;
    }
    assertThat(got.size).isEqualTo(want.size);
    assertThat(Arrays.equals(got.timestamps, 0, got.size, want.timestamps, 0, got.size)).isTrue();
    for (int k = 0; k < got.size; k++) {
      Histogram h = got.histograms == null ? null : got.histograms[k];
      Histogram g = want.histograms == null ? null : want.histograms[k];
      assertThat(h).isEqualTo(g);
      if (h == null
          && Double.doubleToRawLongBits(got.values[k])
              != Double.doubleToRawLongBits(want.values[k])) {
        throw new AssertionError(got.values[k] + " was " + want.values[k]);
      }
    }
  }
}
