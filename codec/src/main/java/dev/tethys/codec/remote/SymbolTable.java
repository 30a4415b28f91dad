package dev.tethys.codec.remote;

import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.Labels;
import dev.tethys.model.Surrogates;
import java.util.Arrays;

/**
 * The strings of one remote write 2.0 request, each once; number 0 is the empty string. Bytes are
 * stored consecutively in {@code arena}; {@code table} is an open-addressed hash table of numbers +
 * 1. Reusable; not for several threads concurrently.
 */
final class SymbolTable {
  private byte[] arena = new byte[1 << 12];
  private int[] ends = new int[256]; // symbol i is arena[ends[i - 1] .. ends[i])
  private int[] table = new int[1 << 9];
  private int size;

  SymbolTable() {
    clear();
  }

  void clear() {
    Arrays.fill(table, 0);
    size = 1;
    ends[0] = 0;
  }

  int add(String s) {
    byte[] b = Surrogates.utf8(s);
    return add(b, 0, b.length);
  }

  int add(byte[] b, int offset, int length) {
    if (length == 0) {
      return 0;
    }
    int mask = table.length - 1;
    int slot = (int) Labels.hash64(b, offset, length) & mask;
    while (table[slot] != 0) {
      int symbol = table[slot] - 1;
      if (Arrays.equals(arena, ends[symbol - 1], ends[symbol], b, offset, offset + length)) {
        return symbol;
      }
      slot = slot + 1 & mask;
    }
    int start = ends[size - 1];
    if (arena.length - start < length) {
      arena = Arrays.copyOf(arena, Math.max(arena.length * 2, start + length));
    }
    System.arraycopy(b, offset, arena, start, length);
    if (size == ends.length) {
      ends = Arrays.copyOf(ends, size * 2);
    }
    ends[size] = start + length;
    table[slot] = size + 1;
    int symbol = size++;
    if (size * 2 > table.length) {
      rehash();
    }
    return symbol;
  }

  private void rehash() {
    int[] bigger = new int[table.length * 2];
    int mask = bigger.length - 1;
    for (int symbol = 1; symbol < size; symbol++) {
      int from = ends[symbol - 1];
      int slot = (int) Labels.hash64(arena, from, ends[symbol] - from) & mask;
      while (bigger[slot] != 0) {
        slot = slot + 1 & mask;
      }
      bigger[slot] = symbol + 1;
    }
    table = bigger;
  }

  void write(ProtoWriter w, int field) {
    w.bytes(field, arena, 0, 0);
    for (int i = 1; i < size; i++) {
      w.bytes(field, arena, ends[i - 1], ends[i] - ends[i - 1]);
    }
  }
}
