package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Rows of samples of one stripe (64 neighbouring series) in one block range. A row is what one
 * batch brought for the stripe at one timestamp: when, which series are present, which changed, and
 * how.
 *
 * <pre>
 * times[row]    milliseconds
 * changed[row]  a bit a series whose value is not the one before
 * present[row]  a bit a series; as long as all rows of the page hold the same, only one mask is kept
 * ends[row]     end of its bytes; they start where those of the row before end:
 *   a nibble a changed series, in the order of bits, the low half of a byte first; then its bytes
 *   nibble: bits 0-2 how many bytes less one; bit 3 clear: zigzag of the difference of integers, set:
 *           xor with the bits before
 * </pre>
 *
 * <p>"Before" is the value of the series in this page, +0.0 at first: a page is independent of
 * others. One series is read without decoding its neighbours: nibbles say where its bytes are,
 * sixteen of them summed in one step.
 *
 * <p>Invariants: the elements of the arrays below {@link #rows} never change, so that a reader who
 * took a {@link View} under the head's lock reads them without the lock; the samples of a series
 * ascend by time. Written by one thread at a time.
 */
final class RowPage implements Page {
  /** Maximum number of rows of a page; {@link #MAX_BYTES} bounds its size. */
  static final int MAX_ROWS = 512;

  static final int MAX_BYTES = 12 * 1024;

  /** The longest row: 32 bytes of nibbles, 64 values. */
  private static final int MAX_ROW_BYTES = 32 + 64 * 8;

  private static final int SLACK = 8;

  /** Overhead of a row in addition to its bytes. */
  private static final int ROW_BYTES = 18;

  /** Kind of a page in a snapshot: saved as {@link RowColumns}, or as {@link ColumnPage}. */
  static final int COLUMNS = 2;

  static final int STORED = 3;

  private static final long EXPONENT = 0x7ff0000000000000L;

  static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** Start of the block range that the rows belong to. */
  final long rangeStart;

  int rows;
  long minTime = Long.MAX_VALUE;
  long maxTime = Long.MIN_VALUE;

  /** Series that have a value in this page. */
  long seen;

  private RowClasses same = RowClasses.ALL;

  /** Series that may have a value that is not finite, such as a stale marker, in this page. */
  private long special;

  private long[] times;
  private long[] changed;
  private char[] ends;
  private byte[] bytes;
  private long allPresent; // the mask of every row while presents is null
  private long @Nullable [] presents;

  /** Expected number of rows and bytes of the page; 0 if unknown. */
  private int likelyRows;

  private int likelyBytes;

  RowPage(long rangeStart, int rowCapacity, int byteCapacity) {
    this.rangeStart = rangeStart;
    this.times = new long[rowCapacity];
    this.changed = new long[rowCapacity];
    this.ends = new char[rowCapacity];
    this.bytes = new byte[byteCapacity + SLACK];
  }

  /**
   * The page after another of the same series, which is likely to become as large. It grows in two
   * steps: each outgrown array becomes garbage that has been promoted to the old generation by
   * then.
   */
  static RowPage after(RowPage before, long rangeStart) {
    boolean changed = before.rangeStart == rangeStart;
    int r = before.rows + (before.rows >>> 4);
    int b = before.size() + (before.size() >>> 4);
    int likelyRows = changed ? r : Math.max(r, before.likelyRows);
    int likelyBytes = changed ? b : Math.max(b, before.likelyBytes);
    RowPage p = new RowPage(rangeStart, (likelyRows >>> 1) + 1, likelyBytes >>> 1);
    p.likelyRows = likelyRows;
    p.likelyBytes = likelyBytes;
    return p;
  }

  private int size() {
    return rows == 0 ? 0 : ends[rows - 1];
  }

  /** Whether the next row should start a new page. */
  boolean full() {
    return size() >= MAX_BYTES || rows >= MAX_ROWS;
  }

  /** Returns the number of bytes used by its rows. */
  int weight() {
    return size() + rows * ROW_BYTES;
  }

  @Override
  public long rangeStart() {
    return rangeStart;
  }

  @Override
  public int rows() {
    return rows;
  }

  @Override
  public long minTime() {
    return minTime;
  }

  @Override
  public long maxTime() {
    return maxTime;
  }

  @Override
  public ColumnPage.Shape shape() {
    return new ColumnPage.Shape(
        rangeStart,
        minTime,
        maxTime,
        rows,
        seen,
        special,
        same,
        presents != null,
        presents == null ? allPresent : 0);
  }

  @Override
  public long fileBytes() {
    return 0;
  }

  @Override
  public long bytes() {
    return bytes.length + times.length * (ROW_BYTES + (presents == null ? 0L : 8L)) + 160;
  }

  /**
   * Releases the memory reserved for growth, if that is worth a copy. Readers keep their arrays.
   */
  void trim() {
    if (times.length > rows + (rows >>> 3)) {
      resize(rows);
    }
    if (bytes.length > size() + (size() >>> 3) + SLACK + 32) {
      bytes = Arrays.copyOf(bytes, size() + SLACK);
    }
  }

  private void resize(int capacity) {
    times = Arrays.copyOf(times, capacity);
    changed = Arrays.copyOf(changed, capacity);
    ends = Arrays.copyOf(ends, capacity);
    if (presents != null) {
      presents = Arrays.copyOf(presents, capacity);
    }
  }

  /** Scratch buffers of the single writer. */
  static final class Scratch {
    final byte[] payload = new byte[64 * 8 + SLACK];
    final byte[] nibbles = new byte[33];
  }

  /**
   * Appends a row.
   *
   * @param slots ascending series numbers of this stripe; their low six bits count
   * @param bits the values' bits
   * @param last the bits of each series' newest value in this page, updated here
   */
  long append(long time, int[] slots, long[] bits, int from, int to, long[] last, Scratch s) {
    long present = 0;
    long change = 0;
    int codes = 0;
    int p = 0;
    byte[] payload = s.payload;
    byte[] nibbles = s.nibbles;
    long known = seen;
    for (int i = from; i < to; i++) {
      int k = slots[i] & 63;
      long bit = 1L << k;
      present |= bit;
      long before = (known & bit) != 0 ? last[k] : 0;
      long now = bits[i];
      last[k] = now;
      if (now == before) {
        continue;
      }
      change |= bit;
      if ((now & EXPONENT) == EXPONENT) {
        special |= bit;
      }
      int code = encode(before, now, payload, p);
      p += (code & 7) + 1;
      if ((codes & 1) == 0) {
        nibbles[codes >>> 1] = (byte) code;
      } else {
        nibbles[codes >>> 1] |= (byte) (code << 4);
      }
      codes++;
    }
    seen = known | present;
    int nibbleBytes = (codes + 1) >>> 1;
    int at = size();
    int end = at + nibbleBytes + p;
    if (bytes.length < end + SLACK) {
      bytes = Arrays.copyOf(bytes, grown(end, likelyBytes) + SLACK);
    }
    System.arraycopy(nibbles, 0, bytes, at, nibbleBytes);
    System.arraycopy(payload, 0, bytes, at + nibbleBytes, p);
    row(time, present, change, end);
    return present;
  }

  private static int grown(int needed, int likely) {
    return needed <= likely ? likely : needed + (needed >>> (likely == 0 ? 1 : 3));
  }

  private void row(long time, long present, long change, int end) {
    if (rows == times.length) {
      resize(grown(rows + 4, likelyRows));
    }
    if (rows == 0) {
      allPresent = present;
    } else if (presents == null && present != allPresent) {
      long[] masks = new long[times.length];
      Arrays.fill(masks, 0, rows, allPresent);
      presents = masks;
    }
    if (rows == 0 || presents != null) {
      same = same.with(present);
    }
    times[rows] = time;
    changed[rows] = change;
    ends[rows] = (char) end;
    if (presents != null) {
      presents[rows] = present;
    }
    rows++;
    minTime = Math.min(minTime, time);
    maxTime = Math.max(maxTime, time);
  }

  /** Writes how a value came of the previous one and returns its nibble. */
  private static int encode(long before, long now, byte[] out, int p) {
    double a = Double.longBitsToDouble(before);
    double v = Double.longBitsToDouble(now);
    long m = (long) a;
    long k = (long) v;
    long x = now ^ before;
    int low = (71 - Long.numberOfLeadingZeros(x)) >>> 3;
    if ((double) k == v
        && (double) m == a
        && now != Long.MIN_VALUE
        && Math.abs(k) < 1L << 53
        && Math.abs(m) < 1L << 53) {
      long zz = ByteSink.zigzag(k - m);
      int n = Math.max(1, (71 - Long.numberOfLeadingZeros(zz)) >>> 3);
      if (n <= low) {
        LONG.set(out, p, zz);
        return n - 1;
      }
    }
    LONG.set(out, p, x);
    return (low - 1) | 8;
  }

  private static long decode(int code, byte[] b, int p, long before) {
    int n = (code & 7) + 1;
    long raw = (long) LONG.get(b, p) & (-1L >>> (64 - 8 * n));
    if ((code & 8) != 0) {
      return before ^ raw;
    }
    long d = (raw >>> 1) ^ -(raw & 1);
    return Double.doubleToRawLongBits((double) ((long) Double.longBitsToDouble(before) + d));
  }

  /** Sum of the lengths in the first n codes of a row, which start at p. */
  private static int lengths(byte[] b, int p, int n) {
    int sum = n;
    while (n >= 16) {
      sum += nibbles((long) LONG.get(b, p));
      p += 8;
      n -= 16;
    }
    if (n > 0) {
      sum += nibbles((long) LONG.get(b, p) & ((1L << (4 * n)) - 1));
    }
    return sum;
  }

  /** Returns the sum of the low three bits of sixteen nibbles. */
  static int nibbles(long x) {
    long pairs = (x & 0x0707070707070707L) + (x >>> 4 & 0x0707070707070707L);
    return (int) (pairs * 0x0101010101010101L >>> 56);
  }

  /** Snapshot for a reader: the page as it is now. */
  record View(
      RowPage page,
      int rows,
      long seen,
      RowClasses same,
      long special,
      long[] times,
      long[] changed,
      char[] ends,
      byte[] bytes,
      long allPresent,
      long @Nullable [] presents)
      implements Page.View {

    @Override
    public void read(int k, long minTime, long maxTime, SampleBuffer into) {
      if ((seen & 1L << k) == 0) {
        return;
      }
      int n = into.size;
      into.ensure(n + rows);
      into.mayBeStale |= (special & 1L << k) != 0;
      long[] masks = presents;
      if (masks != null) {
        values(k, 0, rows, into.values, n);
        into.size = present(masks, k, minTime, maxTime, into);
        return;
      }
      // Every row has the series, whose times ascend: so a part of them without gaps is requested.
      int from = times[0] >= minTime ? 0 : lower(minTime);
      int to = times[rows - 1] <= maxTime ? rows : lower(maxTime + 1);
      if (from < to) {
        System.arraycopy(times, from, into.timestamps, n, to - from);
        values(k, from, to, into.values, n);
        into.size = n + to - from;
      }
    }

    /**
     * Keeps, of values of all rows at the end of a buffer, those that a series has in a closed time
     * range; where they end. Nothing waits for a jump that is hard to foresee.
     */
    private int present(long[] masks, int k, long minTime, long maxTime, SampleBuffer into) {
      long[] ts = into.timestamps;
      double[] vs = into.values;
      int start = into.size;
      int end = start;
      for (int r = 0; r < rows; r++) {
        long t = times[r];
        ts[end] = t;
        vs[end] = vs[start + r];
        end += t >= minTime && t <= maxTime ? (int) (masks[r] >>> k) & 1 : 0;
      }
      return end;
    }

    private int lower(long time) {
      int i = Arrays.binarySearch(times, 0, rows, time);
      return i < 0 ? -i - 1 : i;
    }

    @Override
    public int values(int k, double[] out, int at) {
      if ((seen & 1L << k) == 0) {
        return at;
      }
      values(k, 0, rows, out, at);
      long[] masks = presents;
      if (masks == null) {
        return at + rows;
      }
      int end = at;
      for (int r = 0; r < rows; r++) {
        out[end] = out[at + r];
        end += (int) (masks[r] >>> k) & 1;
      }
      return end;
    }

    @Override
    public int times(int k, long[] out, int at) {
      if ((seen & 1L << k) == 0) {
        return at;
      }
      System.arraycopy(times, 0, out, at, rows);
      long[] masks = presents;
      if (masks == null) {
        return at + rows;
      }
      int end = at;
      for (int r = 0; r < rows; r++) {
        out[end] = out[at + r];
        end += (int) (masks[r] >>> k) & 1;
      }
      return end;
    }

    @Override
    public boolean isSound() {
      return true;
    }

    @Override
    public void readTimes(int k, long minTime, long maxTime, SampleBuffer into) {
      long bit = 1L << k;
      if ((seen & bit) == 0) {
        return;
      }
      if ((special & bit) != 0) {
        read(k, minTime, maxTime, into);
        return;
      }
      int n = into.size;
      into.ensure(n + rows);
      long[] masks = presents;
      if (masks == null) {
        int from = times[0] >= minTime ? 0 : lower(minTime);
        int to = times[rows - 1] <= maxTime ? rows : lower(maxTime + 1);
        if (from < to) {
          System.arraycopy(times, from, into.timestamps, n, to - from);
          into.size = n + to - from;
        }
        return;
      }
      int end = n;
      for (int r = 0; r < rows; r++) {
        long t = times[r];
        into.timestamps[end] = t;
        end += t >= minTime && t <= maxTime ? (int) (masks[r] >>> k) & 1 : 0;
      }
      into.size = end;
    }

    /**
     * Copies the values of rows. Most series change by integers or never: then nothing in a step
     * waits for the step before but one addition.
     */
    private void values(int k, int from, int to, double[] out, int n) {
      long bit = 1L << k;
      long[] masks = changed;
      long bits = 0;
      long integer = 0;
      boolean isInteger = true;
      double v = 0;
      for (int r = 0; r < to; r++) {
        long mask = masks[r];
        if ((mask & bit) != 0) {
          int at = r == 0 ? 0 : ends[r - 1];
          int index = Long.bitCount(mask & (bit - 1));
          int code = bytes[at + (index >>> 1)] >>> ((index & 1) << 2) & 15;
          int p = at + ((Long.bitCount(mask) + 1) >>> 1) + lengths(bytes, at, index);
          long raw = (long) LONG.get(bytes, p) & (-1L >>> (56 - 8 * (code & 7)));
          if ((code & 8) != 0) {
            if (isInteger) {
              bits = Double.doubleToRawLongBits(v);
              isInteger = false;
            }
            bits ^= raw;
            v = Double.longBitsToDouble(bits);
          } else {
            if (!isInteger) {
              integer = (long) v;
              isInteger = true;
            }
            integer += (raw >>> 1) ^ -(raw & 1);
            v = (double) integer;
          }
        }
        if (r >= from) {
          out[n++] = v;
        }
      }
    }

    /** Brings the values of all series from the row before to this one. */
    void row(int r, long[] values) {
      int at = r == 0 ? 0 : ends[r - 1];
      int p = at + ((Long.bitCount(changed[r]) + 1) >>> 1);
      int i = 0;
      for (long rest = changed[r]; rest != 0; rest &= rest - 1, i++) {
        int k = Long.numberOfTrailingZeros(rest);
        int code = bytes[at + (i >>> 1)] >>> ((i & 1) << 2) & 15;
        values[k] = decode(code, bytes, p, values[k]);
        p += (code & 7) + 1;
      }
    }

    @Override
    public void times(long[] into, int at) {
      System.arraycopy(times, 0, into, at, rows);
    }

    @Override
    public void columns(double[][] into, int at) {
      long[] row = new long[64];
      for (int r = 0; r < rows; r++) {
        row(r, row);
        for (long rest = seen; rest != 0; rest &= rest - 1) {
          int k = Long.numberOfTrailingZeros(rest);
          into[k][at + r] = Double.longBitsToDouble(row[k]);
        }
      }
    }

    @Override
    public void save(ByteSink out, @Nullable RowColumns columns) {
      saveHead(out, page.rangeStart, rows, special);
      if (columns != null && rows > 0) {
        out.putByte(COLUMNS);
        columns.save(this, page.rangeStart, out);
        return;
      }
      out.putByte(presents == null ? 0 : 1);
      if (presents == null) {
        out.putLong(allPresent);
      }
      saveRows(out);
      out.put(bytes, 0, rows == 0 ? 0 : ends[rows - 1]);
    }

    private void saveRows(ByteSink out) {
      long before = page.rangeStart;
      for (int r = 0; r < rows; r++) {
        out.svarint(times[r] - before);
        before = times[r];
        out.putLong(changed[r]);
        if (presents != null) {
          out.putLong(presents[r]);
        }
        out.uvarint(ends[r] - (r == 0 ? 0 : ends[r - 1]));
      }
    }
  }

  /** Writes what every saved page begins with. */
  static void saveHead(ByteSink out, long rangeStart, int rows, long special) {
    out.svarint(rangeStart);
    out.uvarint(rows);
    out.putLong(special);
  }

  /** Writes what follows the head of a saved page without rows. */
  static void saveEmpty(ByteSink out) {
    out.putByte(0);
    out.putLong(0);
  }

  @Override
  public void writeColumns(ColumnWriter by, ByteSink heads, ByteSink columns) {
    by.write(view(), heads, columns);
  }

  @Override
  public View view() {
    return new View(
        this, rows, seen, same, special, times, changed, ends, bytes, allPresent, presents);
  }

  /**
   * A page of rows that are given as columns, less samples that a mask omits.
   *
   * @param likelyBytes estimated size of the values
   */
  static RowPage of(
      long rangeStart,
      int rows,
      long[] times,
      long[] presents,
      double[][] columns,
      int likelyBytes,
      Scratch s) {
    RowPage page = new RowPage(rangeStart, rows, likelyBytes);
    int[] slots = new int[64];
    long[] bits = new long[64];
    long[] last = new long[64];
    for (int r = 0; r < rows; r++) {
      int n = 0;
      for (long rest = presents[r]; rest != 0; rest &= rest - 1) {
        int k = Long.numberOfTrailingZeros(rest);
        slots[n] = k;
        bits[n++] = Double.doubleToRawLongBits(columns[k][r]);
      }
      if (n > 0) {
        page.append(times[r], slots, bits, 0, n, last, s);
      }
    }
    page.trim();
    return page;
  }

  /** Reads a saved page; its bytes are checked against their own structure. */
  static Page load(ByteSource in, RowColumns columns) {
    long rangeStart = in.svarint();
    int rows = in.count(MAX_ROWS);
    long special = in.getLong();
    int form = in.getByte();
    if (form == COLUMNS) {
      return columns.load(in, rangeStart, rows);
    }
    if (form == STORED) {
      return ColumnPage.load(in, rangeStart, rows, special);
    }
    boolean masks = form != 0;
    long all = masks ? 0 : in.getLong();
    RowPage page = new RowPage(rangeStart, rows, 0);
    page.special = special;
    long time = rangeStart;
    int end = 0;
    for (int r = 0; r < rows; r++) {
      time += in.svarint();
      long change = in.getLong();
      long present = masks ? in.getLong() : all;
      int length = in.count(MAX_ROW_BYTES);
      end += length;
      if ((change & ~present) != 0 || end > Character.MAX_VALUE) {
        throw new CorruptionException("a row modifies series it does not contain");
      }
      page.row(time, present, change, end);
      page.seen |= present;
    }
    byte[] b = in.bytes(end);
    page.bytes = Arrays.copyOf(b, end + SLACK);
    int at = 0;
    for (int r = 0; r < rows; r++) {
      int codes = Long.bitCount(page.changed[r]);
      int nibbles = (codes + 1) >>> 1;
      if (nibbles > page.ends[r] - at
          || at + nibbles + lengths(page.bytes, at, codes) != page.ends[r]) {
        throw new CorruptionException("a row differs from its declared length");
      }
      at = page.ends[r];
    }
    return page;
  }
}
