package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.store.metrics.internal.encoding.ByteSink;
import dev.tethys.store.metrics.internal.encoding.ByteSource;
import dev.tethys.store.metrics.internal.encoding.DamageException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Rows of samples of one stripe (64 neighbouring series) in one block range. A row is what one
 * batch brought for the stripe at one timestamp: which series are present, which changed, and how.
 *
 * <pre>
 * row: svarint timestamp - timestamp of the row before (first row: - range start)
 *      byte: bit 0 "presence mask follows" (else as in the row before),
 *            bits 1-2 changed: 0 none, 1 mask follows, 2 all that are present
 *      [8 bytes presence] [8 bytes changed]
 *      if any changed: uvarint bytes of the rest of the row,
 *        a nibble a changed series (low half first): its code; then its bytes
 * code: 0 none, 1-4 zigzag of the difference of integers in as many bytes,
 *       5-10 xor with the bits before, its lowest 3-8 bytes,
 *       11-15 xor with the bits before, its highest 2-6 bytes
 * </pre>
 *
 * <p>"Before" is the value of the series in this page, +0.0 at first: a page stands alone. One
 * series can be read without decoding its neighbours: nibbles say where its bytes are.
 *
 * <p>Invariants: bytes below {@link #size} never change once written, so that a reader who noted
 * (buf, size, rows) under the head's lock may read without it; the samples of a series ascend by
 * time. Written by one thread at a time.
 */
final class RowPage {
  /** A page takes no more rows than this, nor starts one beyond so many bytes. */
  static final int MAX_ROWS = 512;

  static final int MAX_BYTES = 12 * 1024;
  private static final int FULL_ROWS = 120;
  private static final int FULL_BYTES = 4 * 1024;

  static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** Bytes of a value by its code. */
  private static final int[] LENGTH = {0, 1, 2, 3, 4, 3, 4, 5, 6, 7, 8, 2, 3, 4, 5, 6};

  /** Bytes of two values by the byte that holds their codes. */
  private static final byte[] PAIR_LENGTH = new byte[256];

  static {
    for (int i = 0; i < 256; i++) {
      PAIR_LENGTH[i] = (byte) (LENGTH[i & 15] + LENGTH[i >>> 4]);
    }
  }

  /** Start of the block range that the rows belong to. */
  final long rangeStart;

  byte[] buf;
  int size;
  int rows;
  long minTime = Long.MAX_VALUE;
  long maxTime = Long.MIN_VALUE;

  /** Series that have a value in this page. */
  long seen;

  private long presence;
  private long lastTime;

  RowPage(long rangeStart, int capacity) {
    this.rangeStart = rangeStart;
    this.lastTime = rangeStart;
    this.buf = new byte[capacity];
  }

  /** Whether the next row should start a new page. */
  boolean full() {
    return size >= MAX_BYTES || rows >= MAX_ROWS || rows >= FULL_ROWS && size >= FULL_BYTES;
  }

  long bytes() {
    return buf.length + 96L;
  }

  /** Gives back what was reserved for growth. Readers keep the array they noted. */
  void trim() {
    if (buf.length - size > 64) {
      buf = Arrays.copyOf(buf, size);
    }
  }

  /** Scratch of the one writer. */
  static final class Scratch {
    final byte[] payload = new byte[64 * 8 + 16];
    final byte[] nibbles = new byte[40];
  }

  /**
   * Appends a row.
   *
   * @param slots ascending series numbers of this stripe; their low six bits count
   * @param bits the values' bits
   * @param last the bits of each series' newest value in this page, updated here
   */
  void append(long time, int[] slots, long[] bits, int from, int to, long[] last, Scratch s) {
    long present = 0;
    long changed = 0;
    int codes = 0;
    int p = 0;
    byte[] payload = s.payload;
    byte[] nibbles = s.nibbles;
    long seen = this.seen;
    for (int i = from; i < to; i++) {
      int k = slots[i] & 63;
      long bit = 1L << k;
      present |= bit;
      long before = (seen & bit) != 0 ? last[k] : 0;
      long now = bits[i];
      last[k] = now;
      if (now == before) {
        continue;
      }
      changed |= bit;
      int code = code(before, now, payload, p);
      p += LENGTH[code];
      if ((codes & 1) == 0) {
        nibbles[codes >>> 1] = (byte) code;
      } else {
        nibbles[codes >>> 1] |= (byte) (code << 4);
      }
      codes++;
    }
    this.seen = seen | present;
    int nibbleBytes = (codes + 1) >>> 1;
    int need = 10 + 1 + 16 + 3 + nibbleBytes + p + 8;
    if (buf.length - size < need) {
      buf = Arrays.copyOf(buf, Math.max(size + need, buf.length + (buf.length >>> 1)));
    }
    byte[] b = buf;
    int at = size;
    at = uvarint(b, at, ByteSink.zigzag(time - lastTime));
    boolean maskFollows = rows == 0 || present != presence;
    int form = changed == 0 ? 0 : changed == present ? 2 : 1;
    b[at++] = (byte) ((maskFollows ? 1 : 0) | form << 1);
    if (maskFollows) {
      LONG.set(b, at, present);
      at += 8;
    }
    if (form == 1) {
      LONG.set(b, at, changed);
      at += 8;
    }
    if (form != 0) {
      at = uvarint(b, at, nibbleBytes + p);
      System.arraycopy(nibbles, 0, b, at, nibbleBytes);
      at += nibbleBytes;
      System.arraycopy(payload, 0, b, at, p);
      at += p;
    }
    size = at;
    rows++;
    presence = present;
    lastTime = time;
    minTime = Math.min(minTime, time);
    maxTime = Math.max(maxTime, time);
  }

  private static int uvarint(byte[] b, int p, long v) {
    while ((v & ~0x7fL) != 0) {
      b[p++] = (byte) (v | 0x80);
      v >>>= 7;
    }
    b[p++] = (byte) v;
    return p;
  }

  private static int code(long before, long now, byte[] out, int p) {
    double a = Double.longBitsToDouble(before);
    double v = Double.longBitsToDouble(now);
    long m = (long) a;
    long k = (long) v;
    if ((double) k == v && (double) m == a && now != Long.MIN_VALUE) {
      long zz = ByteSink.zigzag(k - m);
      if (zz >>> 32 == 0 && Math.abs(k) < 1L << 53 && Math.abs(m) < 1L << 53) {
        LONG.set(out, p, zz);
        return Math.max(1, (39 - Integer.numberOfLeadingZeros((int) zz)) >>> 3);
      }
    }
    long x = now ^ before;
    int low = Math.max(3, (71 - Long.numberOfLeadingZeros(x)) >>> 3);
    int high = Math.max(2, (71 - Long.numberOfTrailingZeros(x)) >>> 3);
    if (high < low && high <= 6) {
      LONG.set(out, p, x >>> (64 - 8 * high));
      return high + 9;
    }
    LONG.set(out, p, x);
    return low + 2;
  }

  private static long decode(int code, byte[] b, int p, long before) {
    int n = LENGTH[code];
    long raw;
    if (p + 8 <= b.length) {
      raw = (long) LONG.get(b, p);
      raw = n == 8 ? raw : raw & ((1L << (8 * n)) - 1);
    } else {
      raw = 0;
      for (int i = 0; i < n; i++) {
        raw |= (b[p + i] & 0xffL) << (8 * i);
      }
    }
    if (code <= 4) {
      long d = (raw >>> 1) ^ -(raw & 1);
      return Double.doubleToRawLongBits((double) ((long) Double.longBitsToDouble(before) + d));
    }
    return before ^ (code <= 10 ? raw : raw << (64 - 8 * n));
  }

  /**
   * Appends the samples of one series in a closed time range to a buffer.
   *
   * @param b the page's bytes as noted together with {@code rows}
   * @param k the series' number in the stripe
   */
  static void read(
      byte[] b, int rows, long rangeStart, int k, long minTime, long maxTime, SampleBuffer into) {
    long bit = 1L << k;
    long below = bit - 1;
    long time = rangeStart;
    long presence = 0;
    long value = 0;
    boolean special = false;
    int p = 0;
    into.ensure(into.size + rows);
    long[] ts = into.timestamps;
    double[] vs = into.values;
    int n = into.size;
    for (int r = 0; r < rows; r++) {
      long zz = b[p++];
      if (zz < 0) {
        zz &= 0x7f;
        for (int shift = 7; ; shift += 7) {
          byte x = b[p++];
          zz |= (x & 0x7fL) << shift;
          if (x >= 0) {
            break;
          }
        }
      }
      time += (zz >>> 1) ^ -(zz & 1);
      int form = b[p++];
      if ((form & 1) != 0) {
        presence = (long) LONG.get(b, p);
        p += 8;
      }
      if (form >= 2) {
        long changed = presence;
        if (form < 4) {
          changed = (long) LONG.get(b, p);
          p += 8;
        }
        int len = b[p++];
        if (len < 0) {
          len = len & 0x7f | b[p++] << 7;
        }
        if ((changed & bit) != 0) {
          int index = Long.bitCount(changed & below);
          int at = p + ((Long.bitCount(changed) + 1) >>> 1);
          int half = index >>> 1;
          for (int i = 0; i < half; i++) {
            at += PAIR_LENGTH[b[p + i] & 0xff];
          }
          int codes = b[p + half];
          int code;
          if ((index & 1) != 0) {
            at += LENGTH[codes & 15];
            code = codes >>> 4 & 15;
          } else {
            code = codes & 15;
          }
          value = decode(code, b, at, value);
        }
        p += len;
      }
      if ((presence & bit) != 0 && time >= minTime && time <= maxTime) {
        ts[n] = time;
        vs[n] = Double.longBitsToDouble(value);
        special |= (value & 0x7ff0000000000000L) == 0x7ff0000000000000L;
        n++;
      }
    }
    into.size = n;
    into.mayBeStale |= special;
  }

  /** Whether a series has a sample at a time, which is then the only one in the scratch buffer. */
  static boolean find(RowPage page, int k, long time, SampleBuffer scratch) {
    scratch.clear();
    if ((page.seen & 1L << k) == 0 || time < page.minTime || time > page.maxTime) {
      return false;
    }
    read(page.buf, page.rows, page.rangeStart, k, time, time, scratch);
    return scratch.size > 0;
  }

  static boolean overlaps(RowPage p, int k, long minTime, long maxTime, SampleBuffer scratch) {
    scratch.clear();
    if ((p.seen & 1L << k) == 0 || maxTime < p.minTime || minTime > p.maxTime) {
      return false;
    }
    read(p.buf, p.rows, p.rangeStart, k, minTime, maxTime, scratch);
    return scratch.size > 0;
  }

  /** Receives rows in order; {@code values} holds the bits of all series present. */
  private interface RowVisitor {
    void row(long time, long presence, long[] values);
  }

  /** A page with these rows, less the samples of one series in a closed range. */
  RowPage without(int k, long from, long to, Scratch s) {
    RowPage out = new RowPage(rangeStart, size + 64);
    long bit = 1L << k;
    int[] slots = new int[64];
    long[] bits = new long[64];
    long[] last = new long[64];
    walk(
        new ByteSource(buf, 0, size),
        rows,
        rangeStart,
        (time, presence, values) -> {
          long p = time >= from && time <= to ? presence & ~bit : presence;
          int n = 0;
          for (long rest = p; rest != 0; rest &= rest - 1) {
            slots[n] = Long.numberOfTrailingZeros(rest);
            bits[n] = values[slots[n]];
            n++;
          }
          if (n > 0) {
            out.append(time, slots, bits, 0, n, last, s);
          }
        });
    return out;
  }

  /** Writes the first rows of a page as they are: for the snapshot of the head. */
  static void save(byte[] b, int size, long rangeStart, int rows, ByteSink out) {
    out.svarint(rangeStart);
    out.uvarint(rows);
    out.uvarint(size);
    out.put(b, 0, size);
  }

  /** Reads a saved page; its bytes are checked against their own structure. */
  static RowPage load(ByteSource in) {
    long rangeStart = in.svarint();
    int rows = in.count(MAX_ROWS);
    byte[] bytes = in.sized();
    RowPage page = new RowPage(rangeStart, 0);
    page.buf = bytes;
    page.size = bytes.length;
    page.rows = rows;
    ByteSource b = new ByteSource(bytes);
    walk(
        b,
        rows,
        rangeStart,
        (time, presence, values) -> {
          page.seen |= presence;
          page.minTime = Math.min(page.minTime, time);
          page.maxTime = Math.max(page.maxTime, time);
          page.presence = presence;
          page.lastTime = time;
        });
    if (b.remaining() != 0) {
      throw new DamageException("a page of rows has bytes left over");
    }
    return page;
  }

  private static void walk(ByteSource b, int rows, long rangeStart, RowVisitor to) {
    long[] values = new long[64];
    long time = rangeStart;
    long presence = 0;
    for (int r = 0; r < rows; r++) {
      time += b.svarint();
      int form = b.getByte();
      if ((form & 1) != 0) {
        presence = b.getLong();
      }
      long changed = (form & 6) == 2 ? b.getLong() : (form & 6) == 4 ? presence : 0;
      if ((changed & ~presence) != 0 || form > 5) {
        throw new DamageException("a row changes series that it does not hold");
      }
      if (form >= 2) {
        changes(b, changed, values);
      }
      to.row(time, presence, values);
    }
  }

  private static void changes(ByteSource b, long changed, long[] values) {
    int len = b.count();
    int nibbles = b.pos;
    int end = b.pos + len;
    int count = Long.bitCount(changed);
    b.skip((count + 1) >>> 1);
    int i = 0;
    for (long rest = changed; rest != 0; rest &= rest - 1, i++) {
      int k = Long.numberOfTrailingZeros(rest);
      int code = b.buf[nibbles + (i >>> 1)] >>> ((i & 1) * 4) & 15;
      int at = b.pos;
      b.skip(LENGTH[code]);
      values[k] = decode(code, b.buf, at, values[k]);
    }
    if (b.pos != end) {
      throw new DamageException("a row is as long as it does not say");
    }
  }
}
