package dev.tethys.store.traces.block;

import dev.tethys.store.files.ByteSource;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Shapes of a block, not changed once read: elements of all shapes of an owner follow each other.
 */
final class BlockShapes {
  static final int OWNERS = 3;

  /** Attribute keys. */
  final String[] keys;

  /** Type of each column. */
  final byte[] types;

  /** Number of values of each column. */
  final int[] counts;

  /** First element of each shape by owner, and the end of the last. */
  final int[][] starts = new int[OWNERS][];

  final int[][] elementKeys = new int[OWNERS][];
  final int[][] elementColumns = new int[OWNERS][];

  private BlockShapes(String[] keys, int columns) {
    this.keys = keys;
    types = new byte[columns];
    counts = new int[columns];
  }

  /** Shapes of rows without attributes, one for each owner. */
  static BlockShapes empty() {
    return new BlockShapes(new String[0], 0).without(0, new BitSet());
  }

  /**
   * The same shapes without some of their elements.
   *
   * @param owners number of the first owners that keep elements; others have one shape
   * @param columns columns whose elements are omitted
   */
  BlockShapes without(int owners, BitSet columns) {
    BlockShapes out = new BlockShapes(keys, types.length);
    System.arraycopy(types, 0, out.types, 0, types.length);
    System.arraycopy(counts, 0, out.counts, 0, counts.length);
    for (int o = 0; o < OWNERS; o++) {
      int[] first = new int[o < owners ? starts[o].length : 2];
      int n = o < owners ? starts[o][count(o)] : 0;
      int[] ofKeys = new int[n];
      int[] ofColumns = new int[n];
      int to = 0;
      for (int s = 0; s + 1 < first.length; s++) {
        for (int e = n == 0 ? 0 : starts[o][s]; n > 0 && e < starts[o][s + 1]; e++) {
          if (!columns.get(elementColumns[o][e])) {
            ofKeys[to] = elementKeys[o][e];
            ofColumns[to++] = elementColumns[o][e];
          }
        }
        first[s + 1] = to;
      }
      out.starts[o] = first;
      out.elementKeys[o] = ofKeys;
      out.elementColumns[o] = ofColumns;
    }
    return out;
  }

  static BlockShapes read(ByteSource in) {
    String[] keys = new String[in.count()];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = new String(in.sized(), StandardCharsets.UTF_8);
    }
    BlockShapes out = new BlockShapes(keys, in.count());
    for (int c = 0; c < out.types.length; c++) {
      out.types[c] = (byte) in.getByte();
      out.counts[c] = in.count(Integer.MAX_VALUE / 16);
    }
    for (int o = 0; o < OWNERS; o++) {
      out.readOwner(o, in);
    }
    return out;
  }

  private void readOwner(int owner, ByteSource in) {
    int n = in.count();
    int[] first = new int[n + 1];
    int[] ofKeys = new int[16];
    int[] ofColumns = new int[16];
    for (int s = 0; s < n; s++) {
      int length = in.count();
      first[s + 1] = first[s] + length;
      if (first[s + 1] > ofKeys.length) {
        ofKeys = Arrays.copyOf(ofKeys, Math.max(first[s + 1], ofKeys.length * 2));
        ofColumns = Arrays.copyOf(ofColumns, ofKeys.length);
      }
      for (int e = first[s]; e < first[s + 1]; e++) {
        ofKeys[e] = in.count(keys.length - 1L);
        ofColumns[e] = in.count(types.length - 1L);
      }
    }
    starts[owner] = first;
    elementKeys[owner] = ofKeys;
    elementColumns[owner] = ofColumns;
  }

  /** Returns the number of shapes of an owner. */
  int count(int owner) {
    return starts[owner].length - 1;
  }

  /** Returns the number of elements in a column, by shape of an owner. */
  int[] widths(int owner, int column) {
    int[] out = new int[count(owner)];
    for (int s = 0; s < out.length; s++) {
      for (int e = starts[owner][s]; e < starts[owner][s + 1]; e++) {
        out[s] += elementColumns[owner][e] == column ? 1 : 0;
      }
    }
    return out;
  }
}
