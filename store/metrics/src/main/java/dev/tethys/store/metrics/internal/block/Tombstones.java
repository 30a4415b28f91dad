package dev.tethys.store.metrics.internal.block;

import dev.tethys.model.file.FileAccess;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.Summaries;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.IntIterator;
import org.roaringbitmap.RoaringBitmap;

/**
 * Deletions of a block: closed time ranges by series. Immutable.
 *
 * <pre>
 * tombstones: 8 bytes "TTHSTMB" 1, uvarint series, each { uvarint series, uvarint ranges,
 *   ranges * { svarint min, svarint max } }, 4 bytes CRC-32C of all before
 * </pre>
 */
final class Tombstones {
  private static final Tombstones NONE = new Tombstones(Map.of());

  private final Map<Integer, long[]> ranges; // disjoint, ascending pairs of min, max

  private Tombstones(Map<Integer, long[]> ranges) {
    this.ranges = Map.copyOf(ranges);
  }

  /** Reads the content of a folder. */
  static Tombstones read(FileAccess files, Path folder) throws IOException {
    Path p = folder.resolve(BlockLayout.TOMBSTONES);
    if (!files.exists(p)) {
      return NONE;
    }
    byte[] b = files.read(p);
    if (b.length < 12 || !Arrays.equals(Arrays.copyOf(b, 8), BlockLayout.TOMBSTONES_MAGIC)) {
      throw new CorruptionException("its tombstones file is not valid");
    }
    ByteSource in = new ByteSource(b, b.length - 4, 4);
    if (in.getInt() != ByteSink.crc(b, 0, b.length - 4)) {
      throw new CorruptionException("checksum of its tombstones does not match");
    }
    in = new ByteSource(b, 8, b.length - 12);
    Map<Integer, long[]> out = new HashMap<>();
    for (int n = in.count(); n > 0; n--) {
      int series = in.count(Integer.MAX_VALUE);
      long[] r = new long[2 * in.count()];
      for (int i = 0; i < r.length; i++) {
        r[i] = in.svarint();
      }
      out.put(series, r);
    }
    return new Tombstones(out);
  }

  /** Returns these tombstones and a closed range of further series. */
  Tombstones with(RoaringBitmap series, long min, long max) {
    Map<Integer, long[]> next = new HashMap<>(ranges);
    for (IntIterator it = series.getIntIterator(); it.hasNext(); ) {
      next.merge(it.next(), new long[] {min, max}, Tombstones::union);
    }
    return new Tombstones(next);
  }

  /** Merges a range into disjoint, ascending ones. */
  private static long[] union(long[] ranges, long[] one) {
    long min = one[0];
    long max = one[1];
    List<long[]> out = new ArrayList<>();
    for (int i = 0; i < ranges.length; i += 2) {
      if (ranges[i + 1] < min - 1 || ranges[i] > max + 1) {
        out.add(new long[] {ranges[i], ranges[i + 1]});
      } else {
        min = Math.min(min, ranges[i]);
        max = Math.max(max, ranges[i + 1]);
      }
    }
    out.add(new long[] {min, max});
    out.sort((a, b) -> Long.compare(a[0], b[0]));
    return out.stream().flatMapToLong(Arrays::stream).toArray();
  }

  /** Writes the tombstones to a folder, durably and in one step. */
  void write(FileAccess files, Path folder) throws IOException {
    ByteSink out = new ByteSink();
    out.put(BlockLayout.TOMBSTONES_MAGIC, 0, 8);
    out.uvarint(ranges.size());
    ranges.forEach(
        (series, r) -> {
          out.uvarint(series);
          out.uvarint(r.length / 2);
          for (long x : r) {
            out.svarint(x);
          }
        });
    out.putInt(ByteSink.crc(out.buf, 0, out.size));
    files.replace(folder.resolve(BlockLayout.TOMBSTONES), Arrays.copyOf(out.buf, out.size));
  }

  /** Returns the number of series affected by a deletion. */
  int series() {
    return ranges.size();
  }

  /** Ranges, counted over all series. */
  int count() {
    int n = 0;
    for (long[] r : ranges.values()) {
      n += r.length / 2;
    }
    return n;
  }

  /** Whether part of a series is deleted. */
  boolean touches(int series) {
    return !ranges.isEmpty() && ranges.containsKey(series);
  }

  /** Removes deleted samples of a series from a buffer. */
  void erase(int series, SampleBuffer b) {
    long @Nullable [] r = ranges.isEmpty() ? null : ranges.get(series);
    if (r != null) {
      erase(r, b);
    }
  }

  /** Takes rows of which a sample is deleted out, from a row on. */
  void erase(int series, int from, Summaries s) {
    long @Nullable [] r = ranges.isEmpty() ? null : ranges.get(series);
    if (r == null) {
      return;
    }
    int n = from;
    for (int i = from; i < s.size; i++) {
      boolean dead = false;
      for (int k = 0; k < r.length; k += 2) {
        dead |= s.lastTimes[i] >= r[k] && s.firstTimes[i] <= r[k + 1];
      }
      if (!dead) {
        s.copy(s, i, n++);
      }
    }
    s.size = n;
  }

  private static void erase(long[] ranges, SampleBuffer b) {
    int n = 0;
    for (int i = 0; i < b.size; i++) {
      boolean dead = false;
      for (int r = 0; r < ranges.length; r += 2) {
        dead |= b.timestamps[i] >= ranges[r] && b.timestamps[i] <= ranges[r + 1];
      }
      if (dead) {
        continue;
      }
      b.timestamps[n] = b.timestamps[i];
      b.values[n] = b.values[i];
      if (b.histograms != null) {
        b.histograms[n] = b.histograms[i];
      }
      if (b.startTimestamps != null) {
        b.startTimestamps[n] = b.startTimestamps[i];
      }
      n++;
    }
    b.size = n;
  }
}
