package dev.tethys.collect.kubernetes.state;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes the series of one object after the other, in the format of {@link StateObject}. Label
 * values and objects have limits: longer values are cut, further series are dropped and counted.
 * Not thread-safe.
 */
final class SeriesBuffer {
  /** Most bytes of a label value. */
  static final int MAX_VALUE = 8 << 10;

  /** Most bytes of an object. */
  static final int MAX_BYTES = 1 << 20;

  private static final int MAX_OWN_LABELS = 256;

  private byte[] bytes = new byte[8 << 10];
  private int n;
  private int family;
  private int labels;
  private int dropped;

  /** Starts an object with the values of its common labels. */
  void begin(String... common) {
    n = 0;
    dropped = 0;
    for (String s : common) {
      string(s);
    }
  }

  /** Starts the series of a family. Families follow in ascending order. */
  void family(int index, int labelCount) {
    family = index;
    labels = labelCount;
  }

  /** Adds a series of the family with the values of its labels. */
  void add(double value, String... values) {
    if (values.length != labels) {
      throw new IllegalArgumentException(values.length + " values for " + labels + " labels");
    }
    int start = open(value);
    for (String s : values) {
      string(s);
    }
    close(start);
  }

  /** Adds a series with labels of the object's own; characters that labels lack become "_". */
  void addOwn(String prefix, Map<String, String> own) {
    TreeMap<String, String> sorted = new TreeMap<>();
    for (Map.Entry<String, String> e : own.entrySet()) {
      if (sorted.size() == MAX_OWN_LABELS) {
        dropped++;
        break;
      }
      String name = prefix + sanitized(e.getKey());
      int conflict = 1;
      String unique = name;
      while (sorted.containsKey(unique)) {
        unique = name + "_conflict" + ++conflict;
      }
      sorted.put(unique, e.getValue());
    }
    int start = open(1);
    sorted.forEach(
        (name, value) -> {
          string(name);
          string(value);
        });
    close(start);
  }

  /** A name with the characters of labels of Prometheus. */
  static String sanitized(String name) {
    StringBuilder out = new StringBuilder(name.length());
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean legal = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
      out.append(legal ? c : '_');
    }
    return out.toString();
  }

  private int open(double value) {
    uvarint(family);
    int start = n;
    need(StateObject.LENGTH_BYTES + 9);
    n += StateObject.LENGTH_BYTES;
    if (value == 0 && 1 / value > 0) {
      bytes[n++] = StateObject.ZERO;
    } else if (value == 1) {
      bytes[n++] = StateObject.ONE;
    } else if (value > 0 && value < 1L << 53 && value == (long) value) {
      bytes[n++] = StateObject.WHOLE;
      uvarint((long) value);
    } else {
      bytes[n++] = StateObject.DOUBLE;
      long bits = Double.doubleToLongBits(value);
      for (int i = 0; i < Double.BYTES; i++) {
        bytes[n++] = (byte) (bits >>> 8 * i);
      }
    }
    return start;
  }

  private void close(int start) {
    int length = n - start - StateObject.LENGTH_BYTES;
    if (n > MAX_BYTES) {
      dropped++;
      n = start - (family < 0x80 ? 1 : 2);
      return;
    }
    for (int i = 0; i < StateObject.LENGTH_BYTES; i++) {
      bytes[start + i] = (byte) (length >>> 8 * i);
    }
  }

  private void string(String s) {
    byte[] b = s.getBytes(StandardCharsets.UTF_8);
    int length = b.length;
    if (length > MAX_VALUE) {
      length = MAX_VALUE;
      while ((b[length] & 0xc0) == 0x80) {
        length--;
      }
    }
    uvarint(length);
    need(length);
    System.arraycopy(b, 0, bytes, n, length);
    n += length;
  }

  private void uvarint(long v) {
    need(10);
    while (v >= 0x80) {
      bytes[n++] = (byte) (v | 0x80);
      v >>>= 7;
    }
    bytes[n++] = (byte) v;
  }

  private void need(int more) {
    if (n + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, n + more));
    }
  }

  /** Number of series and labels of the object beyond its limits. */
  int dropped() {
    return dropped;
  }

  /** Bytes of the object. */
  byte[] end() {
    return Arrays.copyOf(bytes, n);
  }
}
