package dev.tethys.query.traceql.exec;

import dev.tethys.model.traces.SpanColumn;
import java.util.Arrays;

/** Numbers of the distinct values of a column in one scan, from 1, without objects for values. */
final class ValueIds {
  private final int most;
  private int[] byCode = {};
  private long[] keys = new long[32];
  private byte[] keyTypes = new byte[32];
  private int[] numbers = new int[32];

  /** Type and bits of each value by its number. */
  byte[] types = new byte[16];

  long[] bits = new long[16];
  private int size;
  private boolean full;
  private boolean numeric;

  /** Strings of the scan, by code. */
  String[] strings = {};

  /**
   * @param most number of values after which new ones have the number 0
   */
  ValueIds(int most) {
    this.most = most;
  }

  int size() {
    return size;
  }

  /** True if a value was a number. */
  boolean hasNumbers() {
    return numeric;
  }

  /** True if there were more values than are numbered. */
  boolean isFull() {
    return full;
  }

  /**
   * Sets the number of the first value of each row.
   *
   * @param out numbers; 0 for rows without a value, or with one too many
   */
  void ids(SpanColumn c, int rows, int[] out) {
    if (c.offsets != null) {
      for (int i = 0; i < rows; i++) {
        int from = Frame.from(c, i);
        out[i] = from < Frame.to(c, i) ? id(c, from) : 0;
      }
      return;
    }
    byte[] t = c.types;
    long[] b = c.bits;
    for (int i = 0; i < rows; i++) {
      byte type = t[i];
      if (type == SpanColumn.ABSENT) {
        out[i] = 0;
      } else if (type == SpanColumn.STRING && b[i] < byCode.length && byCode[(int) b[i]] != 0) {
        out[i] = byCode[(int) b[i]];
      } else {
        out[i] = id(c, i);
      }
    }
  }

  /** Returns the number of a value; 0 if it is one too many, or no value. */
  int id(SpanColumn c, int at) {
    byte type = c.types[at];
    long v = c.bits[at];
    if (type == SpanColumn.STRING) {
      int code = (int) v;
      if (code >= byCode.length) {
        byCode = Arrays.copyOf(byCode, Math.max(code + 1, c.strings.length));
      }
      strings = c.strings;
      int known = byCode[code];
      if (known == 0) {
        if (size >= most) {
          full = true;
          return 0;
        }
        known = add(type, v);
        byCode[code] = known;
      }
      return known;
    }
    if (type == SpanColumn.ABSENT || type == SpanColumn.OTHER) {
      return 0;
    }
    numeric |= type != SpanColumn.BOOL;
    int mask = numbers.length - 1;
    int s = (int) ((v * 0x9E3779B97F4A7C15L + type) >>> 33) & mask;
    while (numbers[s] != 0) {
      if (keys[s] == v && keyTypes[s] == type) {
        return numbers[s];
      }
      s = (s + 1) & mask;
    }
    if (size >= most) {
      full = true;
      return 0;
    }
    int n = add(type, v);
    keys[s] = v;
    keyTypes[s] = type;
    numbers[s] = n;
    if (n * 2 >= numbers.length) {
      rehash();
    }
    return n;
  }

  private int add(byte type, long v) {
    int n = ++size;
    if (n >= types.length) {
      types = Arrays.copyOf(types, 2 * n);
      bits = Arrays.copyOf(bits, 2 * n);
    }
    types[n] = type;
    bits[n] = v;
    return n;
  }

  private void rehash() {
    long[] k = keys;
    byte[] t = keyTypes;
    int[] n = numbers;
    keys = new long[2 * k.length];
    keyTypes = new byte[2 * k.length];
    numbers = new int[2 * k.length];
    int mask = keys.length - 1;
    for (int i = 0; i < k.length; i++) {
      if (n[i] != 0) {
        int s = (int) ((k[i] * 0x9E3779B97F4A7C15L + t[i]) >>> 33) & mask;
        while (numbers[s] != 0) {
          s = (s + 1) & mask;
        }
        keys[s] = k[i];
        keyTypes[s] = t[i];
        numbers[s] = n[i];
      }
    }
  }
}
