package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import dev.tethys.store.metrics.internal.encoding.MappedFaults;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A page that accepts no more rows, with one column per series, so that one series is read without
 * touching the others, in a file ({@link SealedPages}) or in memory. It has two parts, apart from
 * each other in a file, so that who reads columns one after the other touches little else;
 * little-endian:
 *
 * <pre>
 * head:
 *   times    rows * 8 bytes, milliseconds
 *   offsets  2 bytes a series with a value: where its column begins among the columns
 * columns, each:
 *   present  a bit a row, in whole bytes; only where rows hold different series
 *   changed  a bit a row, in whole bytes: the value is not the one before
 *   a nibble a change, the low half of a byte first; then their bytes, as in {@link RowPage}
 * </pre>
 *
 * <p>Invariants: never changes, and has rows; its bytes are readable as long as it is referred to.
 * Safe for several threads.
 */
final class ColumnPage implements Page, Page.View {
  private static final Logger LOG = JulLogger.of(ColumnPage.class.getName());
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfChar CHAR =
      ValueLayout.JAVA_CHAR_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** A value is read as a complete word. */
  private static final int SLACK = 8;

  /** Bytes of a page that are summed per step: a buffer of its own size would be garbage. */
  private static final int SUMMED = 2 << 10;

  /** Description of a page without its bytes. */
  record Shape(
      long rangeStart,
      long minTime,
      long maxTime,
      int rows,
      long seen,
      long special,
      RowClasses same,
      boolean masked,
      long allPresent) {
    Shape with(RowClasses classes) {
      return new Shape(
          rangeStart, minTime, maxTime, rows, seen, special, classes, masked, allPresent);
    }
  }

  private final long rangeStart;
  private final long minTime;
  private final long maxTime;
  private final long seen;
  private final long special;
  private final long allPresent;
  private final RowClasses same;
  private final PageBytes bytes;
  private final int head; // where it begins
  private final int columns;
  private final char length; // of the columns
  private final char rows;
  private final boolean masked; // rows hold different series
  private final boolean sparing;
  private final int sum; // CRC32C of head and columns
  private byte soundness; // 0 not checked, 1 sound, -1 damaged; a race only checks twice

  ColumnPage(Shape s, PageBytes bytes, int head, int columns, int length, int sum) {
    this(s, bytes, head, columns, length, sum, false);
  }

  private ColumnPage(
      Shape s, PageBytes bytes, int head, int columns, int length, int sum, boolean sparing) {
    this.rangeStart = s.rangeStart;
    this.minTime = s.minTime;
    this.maxTime = s.maxTime;
    this.seen = s.seen;
    this.special = s.special;
    this.same = s.same;
    this.masked = s.masked;
    this.allPresent = s.allPresent;
    this.bytes = bytes;
    this.head = head;
    this.columns = columns;
    this.length = (char) length;
    this.rows = (char) s.rows;
    this.sum = sum;
    this.sparing = sparing;
  }

  @Override
  public Shape shape() {
    return new Shape(rangeStart, minTime, maxTime, rows, seen, special, same, masked, allPresent);
  }

  @Override
  public long rangeStart() {
    return rangeStart;
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
  public long bytes() {
    return 96L + (bytes.isFile() ? 0 : headBytes() + length + 64);
  }

  @Override
  public long fileBytes() {
    return bytes.isFile() ? headBytes() + length : 0;
  }

  private int headBytes() {
    return 8 * rows + 2 * Long.bitCount(seen);
  }

  @Override
  public void writeColumns(ColumnWriter by, ByteSink heads, ByteSink columns) {
    copyTo(heads, columns);
  }

  private void copyTo(ByteSink heads, ByteSink columns) {
    copy(head, headBytes(), heads);
    copy(this.columns, length, columns);
  }

  private void copy(int at, int n, ByteSink out) {
    out.ensure(n);
    if (sparing) {
      bytes.read(at, out.buf, out.size, n);
    } else {
      MemorySegment.copy(bytes.memory(), ValueLayout.JAVA_BYTE, at, out.buf, out.size, n);
    }
    out.size += n;
  }

  /**
   * Whether its bytes are those that were written; checked when they are first needed. After that
   * the system's cache has them, or the disk.
   */
  @Override
  public boolean isSound() {
    if (soundness == 0) {
      CRC32C c = new CRC32C();
      ByteSink piece = new ByteSink(SUMMED);
      sum(head, headBytes(), piece, c);
      sum(columns, length, piece, c);
      MappedFaults.await(); // a failed read of the disk is not damage
      soundness = (byte) ((int) c.getValue() == sum ? 1 : -1);
      if (soundness < 0) {
        LOG.log(
            Level.ERROR,
            "{0} rows of {1} series from {2} to {3} (milliseconds) do not match their"
                + " checksum and are omitted from results; check the disk",
            (int) rows,
            Long.bitCount(seen),
            Long.toString(minTime),
            Long.toString(maxTime));
      }
    }
    return soundness > 0;
  }

  private void sum(int at, int n, ByteSink piece, CRC32C c) {
    for (int i = 0; i < n; i += SUMMED) {
      copy(at + i, Math.min(SUMMED, n - i), piece.clear());
      c.update(piece.buf, 0, piece.size);
    }
  }

  /**
   * The same in a new array, read in one step without mapping the file; null if its bytes are
   * unreadable, or differ from the written ones.
   */
  @Nullable ColumnPage inMemory() {
    int n = headBytes();
    byte[] b = new byte[n + length];
    try {
      bytes.read(head, b, 0, n);
      bytes.read(columns, b, n, length);
      if (PageBytes.sum(b, 0, n, b, n, length) != sum) {
        return isSound() ? this : null;
      }
    } catch (InternalError e) { // so a mapped file fails
      LOG.log(Level.WARNING, "an unreadable page is kept unchanged; check the disk", e);
      return null;
    }
    PageBytes own = new PageBytes.InMemory(MemorySegment.ofArray(b));
    return new ColumnPage(shape(), own, 0, n, length, sum);
  }

  // ---- reading

  @Override
  public View view() {
    return this;
  }

  @Override
  public View sparingView(ReadAhead ahead) {
    return new ColumnPage(shape(), ahead.of(bytes), head, columns, length, sum, true);
  }

  @Override
  public int rows() {
    return rows;
  }

  @Override
  public long seen() {
    return seen;
  }

  @Override
  public RowClasses same() {
    return same;
  }

  @Override
  public long special() {
    return special;
  }

  @Override
  public long allPresent() {
    return allPresent;
  }

  @Override
  public void read(int k, long min, long max, SampleBuffer into) {
    long bit = 1L << k;
    if ((seen & bit) == 0 || !isSound()) {
      return;
    }
    into.mayBeStale |= (special & bit) != 0;
    int n = into.size;
    into.ensure(n + rows);
    byte[] column = column(k);
    values(column, changed(), rows, into.values, n);
    into.size = times(masked ? column : null, min, max, n, into.timestamps, into.values);
  }

  @Override
  public int values(int k, double[] out, int at) {
    if ((seen & 1L << k) == 0 || !isSound()) {
      return at;
    }
    byte[] column = column(k);
    values(column, changed(), rows, out, at);
    if (!masked) {
      return at + rows;
    }
    int end = at;
    for (int r = 0; r < rows; r++) {
      out[end] = out[at + r];
      end += column[r >> 3] >>> (r & 7) & 1;
    }
    return end;
  }

  @Override
  public int times(int k, long[] out, int at) {
    if ((seen & 1L << k) == 0 || !isSound()) {
      return at;
    }
    byte[] column = masked ? column(k) : null;
    return times(column, Long.MIN_VALUE, Long.MAX_VALUE, at, out, null);
  }

  @Override
  public void readTimes(int k, long min, long max, SampleBuffer into) {
    long bit = 1L << k;
    if ((special & bit) != 0) {
      read(k, min, max, into);
    } else if ((seen & bit) != 0 && isSound()) {
      int n = into.size;
      into.ensure(n + rows);
      into.size = times(masked ? column(k) : null, min, max, n, into.timestamps, null);
    }
  }

  /**
   * Puts the times of a series in a closed range at a place, and moves its values, which are given
   * for all rows, to their times.
   *
   * @param column column of the series, if its rows hold different ones
   * @return end position
   */
  private int times(
      byte @Nullable [] column,
      long min,
      long max,
      int n,
      long[] times,
      double @Nullable [] values) {
    MemorySegment.copy(bytes.memory(), LONG, head, times, n, rows);
    if (column == null && min <= minTime && max >= maxTime) {
      return n + rows;
    }
    int end = n;
    for (int r = 0; r < rows; r++) {
      long t = times[n + r];
      times[end] = t;
      if (values != null) {
        values[end] = values[n + r];
      }
      int present = column == null ? 1 : column[r >> 3] >>> (r & 7) & 1;
      end += t >= min && t <= max ? present : 0;
    }
    return end;
  }

  /** Returns the size of the bits of changes at the start of a column. */
  private int changed() {
    return masked ? rows + 7 >> 3 : 0;
  }

  /** The bytes of a series' column, and some more. */
  private byte[] column(int k) {
    int i = Long.bitCount(seen & (1L << k) - 1);
    int n = Long.bitCount(seen);
    long offsets = head + 8L * rows;
    MemorySegment m = bytes.memory();
    int from = m.get(CHAR, offsets + 2L * i);
    int to = i + 1 < n ? m.get(CHAR, offsets + 2L * i + 2) : length;
    byte[] b = new byte[to - from + SLACK];
    if (sparing) {
      bytes.read(columns + from, b, 0, to - from);
    } else {
      MemorySegment.copy(m, ValueLayout.JAVA_BYTE, columns + (long) from, b, 0, to - from);
    }
    return b;
  }

  /**
   * Returns the values of a column at its first rows.
   *
   * @param b the column
   * @param changed position of its change bits
   */
  private static void values(byte[] b, int changed, int rows, double[] out, int n) {
    int mask = rows + 7 >> 3;
    int nibbles = changed + mask;
    int p = nibbles + (changes(b, changed, mask) + 1 >> 1);
    int i = 0;
    long bits = 0;
    long integer = 0;
    boolean isInteger = true;
    double v = 0;
    for (int r = 0; r < rows; r++) {
      if ((b[changed + (r >> 3)] >>> (r & 7) & 1) != 0) {
        int code = b[nibbles + (i >> 1)] >>> ((i & 1) << 2) & 15;
        long raw = (long) RowPage.LONG.get(b, p) & -1L >>> 56 - 8 * (code & 7);
        p += (code & 7) + 1;
        i++;
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
          integer += raw >>> 1 ^ -(raw & 1);
          v = (double) integer;
        }
      }
      out[n + r] = v;
    }
  }

  private static int changes(byte[] b, int from, int bytes) {
    int sum = 0;
    for (int i = 0; i < bytes; i++) {
      sum += Integer.bitCount(b[from + i] & 0xff);
    }
    return sum;
  }

  @Override
  public void times(long[] into, int at) {
    MemorySegment.copy(bytes.memory(), LONG, head, into, at, rows);
  }

  @Override
  public long @Nullable [] presents() {
    if (!masked) {
      return null;
    }
    long[] out = new long[rows];
    for (long rest = seen; rest != 0; rest &= rest - 1) {
      int k = Long.numberOfTrailingZeros(rest);
      byte[] column = column(k);
      for (int r = 0; r < rows; r++) {
        out[r] |= (column[r >> 3] >>> (r & 7) & 1L) << k;
      }
    }
    return out;
  }

  @Override
  public void columns(double[][] into, int at) {
    for (long rest = seen; rest != 0; rest &= rest - 1) {
      int k = Long.numberOfTrailingZeros(rest);
      values(column(k), changed(), rows, into[k], at);
    }
  }

  // ---- in a snapshot

  @Override
  public void save(ByteSink out, @Nullable RowColumns columns) {
    RowPage.saveHead(out, rangeStart, isSound() ? rows : 0, special);
    if (!isSound()) {
      RowPage.saveEmpty(out);
      return;
    }
    if (columns != null) {
      out.putByte(RowPage.COLUMNS);
      columns.save(this, rangeStart, out);
      return;
    }
    out.putByte(RowPage.STORED);
    out.putLong(seen);
    out.putByte(masked ? 1 : 0);
    out.uvarint(headBytes() + length);
    copyTo(out, out);
  }

  /** Reads a saved page; its bytes are checked against their own structure. */
  static ColumnPage load(ByteSource in, long rangeStart, int rows, long special) {
    long seen = in.getLong();
    boolean masked = in.getByte() != 0;
    byte[] b = in.bytes(in.count(Character.MAX_VALUE));
    int n = Long.bitCount(seen);
    int head = 8 * rows + 2 * n;
    if (rows == 0 || seen == 0 || b.length < head) {
      throw new CorruptionException("a page of " + rows + " rows in " + b.length + " bytes");
    }
    int column = 0;
    for (int i = 0; i < n; i++) {
      int offset = 8 * rows + 2 * i;
      int end = i + 1 < n ? (int) word(b, offset + 2, 2) : b.length - head;
      if (word(b, offset, 2) != column
          || end > b.length - head
          || end < column
          || !isColumn(b, head + column, head + end, rows, masked)) {
        throw new CorruptionException("a column differs from its declared length");
      }
      column = end;
    }
    long min = Long.MAX_VALUE;
    long max = Long.MIN_VALUE;
    for (int r = 0; r < rows; r++) {
      long t = (long) RowPage.LONG.get(b, 8 * r);
      min = Math.min(min, t);
      max = Math.max(max, t);
    }
    Shape s =
        new Shape(
            rangeStart, min, max, rows, seen, special, RowClasses.ALL, masked, masked ? 0 : seen);
    PageBytes bytes = new PageBytes.InMemory(MemorySegment.ofArray(b));
    int columns = b.length - head;
    int sum = PageBytes.sum(b, 0, head, b, head, columns);
    long[] presents = new ColumnPage(s, bytes, 0, head, columns, sum).presents();
    RowClasses same = RowClasses.ALL;
    for (int r = 0; r < (masked ? rows : 1); r++) {
      same = same.with(presents == null ? seen : presents[r]);
    }
    return new ColumnPage(s.with(same), bytes, 0, head, columns, sum);
  }

  /**
   * Whether bytes form exactly one column. A start checks all pages that it finds, with code that
   * is not compiled yet, so bits and nibbles are checked in words.
   */
  private static boolean isColumn(byte[] b, int from, int end, int rows, boolean masked) {
    int mask = rows + 7 >> 3;
    int changed = masked ? from + mask : from;
    int nibbles = changed + mask;
    if (end < nibbles) {
      return false;
    }
    int n = 0;
    for (int i = 0; i < mask; i += 8) {
      int remaining = Math.min(8, mask - i);
      long changes = word(b, changed + i, remaining);
      long present = masked ? word(b, from + i, remaining) : -1;
      int here = rows - 8 * i;
      long inRows = here >= 64 ? -1 : (1L << here) - 1;
      if ((changes & ~(present & inRows)) != 0) {
        return false; // a change where there is no value, or no row
      }
      n += Long.bitCount(changes);
    }
    int p = nibbles + (n + 1 >> 1);
    if (p > end) {
      return false;
    }
    p += n; // each says how many bytes there are beyond one
    for (int i = 0; i < n; i += 16) {
      int remaining = Math.min(16, n - i);
      long x = word(b, nibbles + (i >> 1), remaining + 1 >> 1);
      if (remaining < 16) {
        x &= (1L << 4 * remaining) - 1;
      }
      p += RowPage.nibbles(x);
    }
    return p == end;
  }

  /** Up to eight bytes, the first in the lowest bits. */
  private static long word(byte[] b, int at, int bytes) {
    if (bytes == 8) {
      return (long) RowPage.LONG.get(b, at);
    }
    long x = 0;
    for (int i = bytes - 1; i >= 0; i--) {
      x = x << 8 | b[at + i] & 0xff;
    }
    return x;
  }
}
