package dev.tethys.store.traces.block;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Values of one type of a field, in the order of their rows.
 *
 * @param type type as in {@link dev.tethys.model.traces.SpanColumn}; OTHER: strings are the bytes
 *     of {@link dev.tethys.model.traces.ValueBytes}
 * @param count number of values
 * @param rows row of each value; null if value i is of row i
 * @param order place of each value among those of all pieces of the field; null if a row has one
 *     value at most in all pieces
 * @param bits value by its type; strings are codes of the table
 * @param texts strings; null if the type has none
 */
@SuppressWarnings("ArrayRecordComponent") // shared, read only
record Piece(
    byte type,
    int count,
    int @Nullable [] rows,
    int @Nullable [] order,
    long[] bits,
    @Nullable TextTable texts) {
  int row(int i) {
    return rows == null ? i : rows[i];
  }

  /** Bytes of the values and their strings. */
  long bytes() {
    long n = 8L * bits.length + (rows == null ? 0 : 4L * rows.length);
    n += order == null ? 0 : 4L * order.length;
    return texts == null ? n : n + texts.bytes.length + 8L * texts.starts.length;
  }

  /** The same values for other rows. */
  Piece at(int[] otherRows, int @Nullable [] otherOrder) {
    return new Piece(type, count, otherRows, otherOrder, bits, texts);
  }

  /** Returns the piece of the values that a mask of rows has or has not. */
  Piece where(long[] mask, boolean isSet) {
    int[] kept = new int[count];
    long[] values = new long[count];
    int[] places = order == null ? null : new int[count];
    int n = 0;
    for (int i = 0; i < count; i++) {
      int r = row(i);
      if ((mask[r >>> 6] >>> r & 1) == 1 == isSet) {
        kept[n] = r;
        values[n] = bits[i];
        if (places != null && order != null) {
          places[n] = order[i];
        }
        n++;
      }
    }
    return new Piece(
        type,
        n,
        Arrays.copyOf(kept, n),
        places == null ? null : Arrays.copyOf(places, n),
        values,
        texts);
  }
}
