package dev.tethys.codec.otlp.wire;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Cache of frequent byte strings: keys, names, severities. A new string replaces the one in its
 * slot, so the cache is bounded: {@link #SLOTS} strings of up to {@link #MAX_LENGTH} bytes. Any
 * number of threads: entries never change, and a lost update only costs a string.
 */
final class NameCache {
  static final int SLOTS = 1 << 12;
  static final int MAX_LENGTH = 96;

  private record Entry(byte[] bytes, String text) {}

  private final @Nullable Entry[] entries = new Entry[SLOTS];

  String get(byte[] b, int offset, int length) {
    if (length == 0) {
      return "";
    }
    if (length > MAX_LENGTH) {
      return new String(b, offset, length, StandardCharsets.UTF_8);
    }
    int h = length;
    for (int i = offset; i < offset + length; i++) {
      h = 31 * h + b[i];
    }
    int slot = (h ^ h >>> 16) & SLOTS - 1;
    Entry e = entries[slot];
    if (e != null && Arrays.equals(e.bytes, 0, e.bytes.length, b, offset, offset + length)) {
      return e.text;
    }
    String s = new String(b, offset, length, StandardCharsets.UTF_8);
    entries[slot] = new Entry(Arrays.copyOfRange(b, offset, offset + length), s);
    return s;
  }
}
