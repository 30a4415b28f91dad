package dev.tethys.query.logql.pipeline;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Label names as numbers, found by their bytes without an object. Not thread-safe. */
public final class NameTable {
  /** {@code __error__}. */
  public static final int ERROR = 0;

  /** {@code __error_details__}. */
  public static final int ERROR_DETAILS = 1;

  /** Suffix of an extracted name that the stream or the metadata has already. */
  public static final String DUPLICATE_SUFFIX = "_extracted";

  private static final byte[] SUFFIX = DUPLICATE_SUFFIX.getBytes(StandardCharsets.UTF_8);

  private byte[][] names = new byte[32][];
  private String[] texts = new String[32];
  private int[] duplicates = new int[32];
  private int[] table = new int[64];
  private int size;

  /** Table with the names of errors. */
  public NameTable() {
    id("__error__");
    id("__error_details__");
  }

  /** Number of a name, which is added if it is new. */
  public int id(String name) {
    byte[] b = name.getBytes(StandardCharsets.UTF_8);
    return id(b, 0, b.length);
  }

  /** Number of a name, which is added if it is new. */
  public int id(byte[] bytes, int from, int to) {
    int slot = slot(bytes, from, to);
    int i = table[slot] - 1;
    return i >= 0 ? i : add(Arrays.copyOfRange(bytes, from, to), slot);
  }

  /** Number of a name; -1 if it is unknown. */
  public int find(byte[] bytes, int from, int to) {
    return table[slot(bytes, from, to)] - 1;
  }

  private int slot(byte[] bytes, int from, int to) {
    int h = 0;
    for (int i = from; i < to; i++) {
      h = 31 * h + bytes[i];
    }
    h ^= h >>> 15;
    int mask = table.length - 1;
    int slot = h & mask;
    while (table[slot] != 0) {
      byte[] n = names[table[slot] - 1];
      if (Arrays.equals(n, 0, n.length, bytes, from, to)) {
        return slot;
      }
      slot = slot + 1 & mask;
    }
    return slot;
  }

  private int add(byte[] name, int slot) {
    if (size == names.length) {
      names = Arrays.copyOf(names, 2 * size);
      texts = Arrays.copyOf(texts, 2 * size);
      duplicates = Arrays.copyOf(duplicates, 2 * size);
    }
    int i = size++;
    names[i] = name;
    texts[i] = new String(name, StandardCharsets.UTF_8);
    duplicates[i] = -1;
    table[slot] = i + 1;
    if (2 * size > table.length) {
      table = new int[2 * table.length];
      for (int k = 0; k < size; k++) {
        table[slot(names[k], 0, names[k].length)] = k + 1;
      }
    }
    return i;
  }

  /** Text of a name. */
  public String name(int id) {
    return texts[id];
  }

  /** UTF-8 of a name; must not be changed. */
  public byte[] utf8(int id) {
    return names[id];
  }

  /** Number of the name with {@link #DUPLICATE_SUFFIX}. */
  public int duplicate(int id) {
    int d = duplicates[id];
    if (d < 0) {
      byte[] n = names[id];
      byte[] b = Arrays.copyOf(n, n.length + SUFFIX.length);
      System.arraycopy(SUFFIX, 0, b, n.length, SUFFIX.length);
      d = id(b, 0, b.length);
      duplicates[id] = d;
    }
    return d;
  }
}
