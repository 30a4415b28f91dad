package dev.tethys.codec.exposition;

import dev.tethys.model.GoFloat;
import dev.tethys.model.Labels;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Assembles labels in any order into canonical form. Names and values are copied into one reused
 * buffer; only the canonical array is allocated. A label with an empty value is omitted, but its
 * name still counts in the check for duplicates.
 */
final class LabelAssembler {
  /** Largest number of labels sorted in place by insertion, since most arrive in order. */
  private static final int FEW = 64;

  private byte[] bytes = new byte[512];
  private int size;
  private int[] at = new int[64]; // four a label: name offset, length, value offset, length
  private int count;
  private @Nullable String duplicate;

  void clear() {
    size = 0;
    count = 0;
  }

  private void room(int n) {
    if (bytes.length - size < n) {
      bytes = Arrays.copyOf(bytes, Math.max(size + n, bytes.length * 2));
    }
  }

  /** Starts a label. */
  void name(byte[] b, int from, int to, boolean escaped) {
    if (at.length < count * 4 + 4) {
      at = Arrays.copyOf(at, at.length * 2);
    }
    at[count * 4] = size;
    copy(b, from, to, escaped);
    at[count * 4 + 1] = size - at[count * 4];
  }

  /** Ends the label begun last. */
  void value(byte[] b, int from, int to, boolean escaped) {
    at[count * 4 + 2] = size;
    copy(b, from, to, escaped);
    at[count * 4 + 3] = size - at[count * 4 + 2];
    count++;
  }

  /** A complete label. */
  void add(byte[] name, byte[] value) {
    name(name, 0, name.length, false);
    value(value, 0, value.length, false);
  }

  /** Ends the label begun last with a number in OpenMetrics form. */
  void value(double v) {
    byte[] b = GoFloat.openMetrics(v).getBytes(StandardCharsets.US_ASCII);
    value(b, 0, b.length, false);
  }

  /** Whether the name of the label begun last is this one. */
  boolean nameIs(byte[] name) {
    int o = at[count * 4];
    return Arrays.equals(bytes, o, o + at[count * 4 + 1], name, 0, name.length);
  }

  /** Discards the label begun last. */
  void dropBegun() {
    size = at[count * 4];
  }

  /** Whether the name of the label ended last is this one. */
  boolean lastNameIs(byte[] name) {
    int o = at[count * 4 - 4];
    return Arrays.equals(bytes, o, o + at[count * 4 - 3], name, 0, name.length);
  }

  /** Discards the label ended last. */
  void dropLast() {
    count--;
    size = at[count * 4];
  }

  private void copy(byte[] b, int from, int to, boolean escaped) {
    room(to - from);
    if (!escaped) {
      System.arraycopy(b, from, bytes, size, to - from);
      size += to - from;
      return;
    }
    size = unescape(b, from, to, bytes, size, true);
  }

  /**
   * Unescapes {@code \\}, {@code \n} and, if {@code quotes}, {@code \"}; any other backslash stays
   * unchanged. Returns the end of the output, which is never longer than the input.
   */
  static int unescape(byte[] b, int from, int to, byte[] out, int p, boolean quotes) {
    for (int i = from; i < to; i++) {
      byte c = b[i];
      if (c == '\\' && i + 1 < to) {
        byte e = b[i + 1];
        if (e == '\\' || quotes && e == '"') {
          c = e;
          i++;
        } else if (e == 'n') {
          c = '\n';
          i++;
        }
      }
      out[p++] = c;
    }
    return p;
  }

  /** The labels, or null for a duplicate name, which {@link #duplicate()} returns. */
  @Nullable Labels build() {
    if (count > FEW) {
      sortMany();
    } else {
      sortFew();
    }
    int n = 0;
    for (int i = 0; i < count; i++) {
      if (i > 0 && compareNames(i - 1, i) == 0) {
        duplicate = new String(bytes, at[i * 4], at[i * 4 + 1], StandardCharsets.UTF_8);
        return null;
      }
      if (at[i * 4 + 3] != 0) {
        n += varintSize(at[i * 4 + 1]) + at[i * 4 + 1] + varintSize(at[i * 4 + 3]) + at[i * 4 + 3];
      }
    }
    byte[] out = new byte[n];
    int p = 0;
    for (int i = 0; i < count; i++) {
      if (at[i * 4 + 3] != 0) {
        p = put(out, p, at[i * 4], at[i * 4 + 1]);
        p = put(out, p, at[i * 4 + 2], at[i * 4 + 3]);
      }
    }
    return Labels.ofCanonicalBytes(out);
  }

  /** The names of the labels with an empty value, in their order. */
  List<String> emptyNames() {
    List<String> names = List.of();
    for (int i = 0; i < count; i++) {
      if (at[i * 4 + 3] == 0) {
        if (names.isEmpty()) {
          names = new ArrayList<>();
        }
        names.add(new String(bytes, at[i * 4], at[i * 4 + 1], StandardCharsets.UTF_8));
      }
    }
    return names;
  }

  private void sortFew() {
    for (int i = 1; i < count; i++) {
      for (int j = i; j > 0 && compareNames(j - 1, j) > 0; j--) {
        for (int k = 0; k < 4; k++) {
          int t = at[j * 4 + k];
          at[j * 4 + k] = at[j * 4 - 4 + k];
          at[j * 4 - 4 + k] = t;
        }
      }
    }
  }

  private void sortMany() {
    Integer[] order = new Integer[count];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, this::compareNames);
    int[] sorted = new int[at.length];
    for (int i = 0; i < count; i++) {
      System.arraycopy(at, order[i] * 4, sorted, i * 4, 4);
    }
    at = sorted;
  }

  String duplicate() {
    String d = duplicate;
    return d == null ? "" : d;
  }

  private int compareNames(int i, int j) {
    int a = at[i * 4];
    int b = at[j * 4];
    return Arrays.compareUnsigned(bytes, a, a + at[i * 4 + 1], bytes, b, b + at[j * 4 + 1]);
  }

  private static int varintSize(int n) {
    return n < 1 << 7 ? 1 : n < 1 << 14 ? 2 : n < 1 << 21 ? 3 : n < 1 << 28 ? 4 : 5;
  }

  private int put(byte[] out, int p, int from, int length) {
    int n = length;
    while (n >= 0x80) {
      out[p++] = (byte) (n | 0x80);
      n >>>= 7;
    }
    out[p++] = (byte) n;
    System.arraycopy(bytes, from, out, p, length);
    return p + length;
  }
}
