package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.Histogram;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import dev.tethys.store.metrics.internal.encoding.HistogramColumn;
import dev.tethys.store.metrics.internal.encoding.IntColumn;
import dev.tethys.store.metrics.internal.encoding.MappedFaults;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Histograms of one series as columns: times, start times, then the histograms. In memory, or in a
 * file with others (see {@link SealedPages}); immutable.
 */
final class HistogramChunk {
  /** The most histograms of one. */
  static final int MOST = 32;

  private static final Logger LOG = JulLogger.of(HistogramChunk.class.getName());

  private final long minTime;
  private final long maxTime;
  private final int count;
  private final PageBytes bytes;
  private final int at;
  private final int length;
  private final int sum;
  private boolean isDamaged; // by any thread, to the same

  private HistogramChunk(
      long minTime, long maxTime, int count, PageBytes bytes, int at, int length, int sum) {
    this.minTime = minTime;
    this.maxTime = maxTime;
    this.count = count;
    this.bytes = bytes;
    this.at = at;
    this.length = length;
    this.sum = sum;
  }

  private static HistogramChunk inMemory(long minTime, long maxTime, int count, byte[] data) {
    PageBytes own = new PageBytes.InMemory(MemorySegment.ofArray(data));
    return new HistogramChunk(minTime, maxTime, count, own, 0, data.length, 0);
  }

  /** Buffers for encoding histograms; one per thread. */
  static final class Encoder {
    final ByteSink out = new ByteSink(4096);
    final HistogramColumn column = new HistogramColumn();
    final ByteSink saved = new ByteSink(4096);
    private final IntColumn ints = new IntColumn();

    /** One of the first of some histograms, of which there is at least one. */
    HistogramChunk encode(long[] times, long[] starts, Histogram[] h, int n) {
      out.clear();
      ints.encode(times, n, out);
      ints.encode(starts, n, out);
      column.encode(h, n, out);
      return inMemory(times[0], times[n - 1], n, out.toArray());
    }

    HistogramChunk encode(HistogramRows.Decoded d) {
      return encode(d.times(), d.starts(), d.histograms(), d.times().length);
    }

    /** Rest of a chunk outside a closed range; null if the rest is empty. */
    @Nullable HistogramChunk without(HistogramChunk c, long min, long max) {
      HistogramRows.Decoded d = c.decode();
      if (d == null) {
        return null; // what is damaged is not answered, either
      }
      int n = 0;
      for (int i = 0; i < c.count; i++) {
        if (d.times()[i] < min || d.times()[i] > max) {
          d.times()[n] = d.times()[i];
          d.starts()[n] = d.starts()[i];
          d.histograms()[n++] = d.histograms()[i];
        }
      }
      return n == 0 ? null : encode(d.times(), d.starts(), d.histograms(), n);
    }
  }

  /** Copy of this chunk with its bytes in a file. */
  HistogramChunk in(PageBytes file, int offset, int crc) {
    return new HistogramChunk(minTime, maxTime, count, file, offset, length, crc);
  }

  long minTime() {
    return minTime;
  }

  long maxTime() {
    return maxTime;
  }

  boolean isFile() {
    return bytes.isFile();
  }

  int length() {
    return length;
  }

  /** Returns the memory in bytes. */
  long memory() {
    return 80L + (isFile() ? 0 : length + 80L);
  }

  /** Bytes of the chunk; null if they differ from the written ones, which is logged once. */
  private byte @Nullable [] data() {
    byte[] b = new byte[length];
    bytes.read(at, b, 0, length);
    if (isFile() && !isDamaged) {
      // Each time, because the histograms are encoded again: a failed read of the disk is not
      // damage.
      MappedFaults.await();
      if (ByteSink.crc(b, 0, length) != sum) {
        isDamaged = true;
        LOG.log(
            Level.ERROR,
            "{0} histograms from {1} to {2} (milliseconds) do not match their checksum"
                + " and are omitted from results; check the disk",
            count,
            Long.toString(minTime),
            Long.toString(maxTime));
      }
    }
    return isDamaged ? null : b;
  }

  /** Decoded histograms; null if the bytes are damaged. */
  HistogramRows.@Nullable Decoded decode() {
    byte[] b = data();
    if (b == null) {
      return null;
    }
    ByteSource in = new ByteSource(b);
    long[] t = new long[count];
    long[] s = new long[count];
    IntColumn.decode(in, t, count);
    IntColumn.decode(in, s, count);
    return new HistogramRows.Decoded(t, s, HistogramColumn.decode(in, count));
  }

  /** Reads the histograms of a closed range. */
  void read(long min, long max, SampleBuffer into) {
    HistogramRows.Decoded d = maxTime < min || minTime > max ? null : decode();
    if (d != null) {
      d.read(min, max, into);
    }
  }

  /** Their times only. */
  void times(long[] scratch, SampleBuffer into) {
    byte[] b = data();
    if (b != null) {
      IntColumn.decode(new ByteSource(b), scratch, count);
      for (int i = 0; i < count; i++) {
        into.add(0, scratch[i], 0);
      }
    }
  }

  /** Appends its bytes, of one that is in memory. */
  void copyTo(ByteSink out) {
    out.ensure(length);
    bytes.read(at, out.buf, out.size, length);
    out.size += length;
  }

  // ---- in a snapshot

  /**
   * Appends all of it, unless it is damaged; whether it did.
   *
   * <pre>
   * svarint oldest time, svarint newest time, uvarint count, uvarint length, bytes
   * </pre>
   */
  boolean save(ByteSink out) {
    byte[] b = data();
    if (b == null) {
      return false;
    }
    out.svarint(minTime);
    out.svarint(maxTime);
    out.uvarint(count);
    out.putSized(b);
    return true;
  }

  /** Reads a saved chunk; its bytes are checked against their own structure. */
  static HistogramChunk load(ByteSource in) {
    HistogramChunk c = inMemory(in.svarint(), in.svarint(), in.count(MOST), in.sized());
    HistogramRows.Decoded d = c.count == 0 ? null : c.decode();
    if (d == null || d.times()[0] != c.minTime || d.times()[c.count - 1] != c.maxTime) {
      throw new CorruptionException("the histograms have different timestamps");
    }
    return c;
  }
}
