package dev.tethys.pipeline.volume;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Recently read strings of values: most batches have the same few, so their bytes are not decoded
 * again. Thread-safe, because entries are immutable; a lost one is decoded again.
 */
final class RecentTexts {
  private static final int SLOTS = 256; // a power of two

  /** Maximum length of a stored text, in bytes. */
  private static final int MAX_LENGTH = 128;

  @SuppressWarnings("ArrayRecordComponent") // not compared
  private record Entry(byte[] bytes, String text) {}

  private final @Nullable Entry[] slots = new Entry[SLOTS];

  String of(byte[] b, int from, int length) {
    if (length > MAX_LENGTH) {
      return VolumePlan.utf8(b, from, length);
    }
    int hash = length;
    for (int i = from; i < from + length; i++) {
      hash = 31 * hash + b[i];
    }
    int slot = (hash ^ hash >>> 8 ^ hash >>> 16) & SLOTS - 1;
    Entry e = slots[slot];
    if (e == null || !Arrays.equals(e.bytes, 0, e.bytes.length, b, from, from + length)) {
      e = new Entry(Arrays.copyOfRange(b, from, from + length), VolumePlan.utf8(b, from, length));
      slots[slot] = e;
    }
    return e.text;
  }
}
