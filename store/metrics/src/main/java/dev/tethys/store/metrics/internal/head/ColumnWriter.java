package dev.tethys.store.metrics.internal.head;

import dev.tethys.store.files.ByteSink;
import java.util.Arrays;

/**
 * Turns pages of rows into columns as {@link ColumnPage} has them. Codes stay unchanged: nothing is
 * decoded. Keeps scratch arrays: one per thread.
 */
final class ColumnWriter {
  private static final int MASK = RowPage.MAX_ROWS / 8;
  private static final int NIBBLES = RowPage.MAX_ROWS / 2;
  private static final int VALUES = RowPage.MAX_ROWS * 8 + 8;

  // Of 64 series, one after another.
  private final byte[] present = new byte[64 * MASK];
  private final byte[] changed = new byte[64 * MASK];
  private final byte[] nibbles = new byte[64 * NIBBLES];
  private final byte[] values = new byte[64 * VALUES];
  private final int[] changes = new int[64];
  private final int[] ends = new int[64]; // of values

  /** Appends both parts of a page of columns. */
  void write(RowPage.View p, ByteSink heads, ByteSink out) {
    int mask = p.rows() + 7 >> 3;
    for (int k = 0; k < 64; k++) {
      Arrays.fill(present, k * MASK, k * MASK + mask, (byte) 0);
      Arrays.fill(changed, k * MASK, k * MASK + mask, (byte) 0);
      changes[k] = 0;
      ends[k] = k * VALUES;
    }
    long[] masks = p.presents();
    for (int r = 0; r < p.rows(); r++) {
      turn(p, r);
      for (long rest = masks == null ? 0 : masks[r]; rest != 0; rest &= rest - 1) {
        present[Long.numberOfTrailingZeros(rest) * MASK + (r >> 3)] |= (byte) (1 << (r & 7));
      }
    }
    int start = out.size;
    for (int r = 0; r < p.rows(); r++) {
      heads.putLong(p.times()[r]);
    }
    for (long rest = p.seen(); rest != 0; rest &= rest - 1) {
      int k = Long.numberOfTrailingZeros(rest);
      heads.putByte(out.size - start);
      heads.putByte(out.size - start >>> 8);
      if (masks != null) {
        out.put(present, k * MASK, mask);
      }
      out.put(changed, k * MASK, mask);
      out.put(nibbles, k * NIBBLES, changes[k] + 1 >> 1);
      out.put(values, k * VALUES, ends[k] - k * VALUES);
    }
  }

  /** Appends the changes of a row to those of their series. */
  private void turn(RowPage.View p, int r) {
    byte[] b = p.bytes();
    int at = r == 0 ? 0 : p.ends()[r - 1];
    long mask = p.changed()[r];
    int from = at + (Long.bitCount(mask) + 1 >>> 1);
    int i = 0;
    for (long rest = mask; rest != 0; rest &= rest - 1, i++) {
      int k = Long.numberOfTrailingZeros(rest);
      int code = b[at + (i >>> 1)] >>> ((i & 1) << 2) & 15;
      RowPage.LONG.set(values, ends[k], (long) RowPage.LONG.get(b, from));
      int n = (code & 7) + 1;
      from += n;
      ends[k] += n;
      int c = changes[k]++;
      int nibble = k * NIBBLES + (c >> 1);
      nibbles[nibble] = (byte) ((c & 1) == 0 ? code : nibbles[nibble] | code << 4);
      changed[k * MASK + (r >> 3)] |= (byte) (1 << (r & 7));
    }
  }
}
