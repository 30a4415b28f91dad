package dev.tethys.api.prometheus;

import dev.tethys.model.DecimalDigits;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * JSON of the timestamps between two values of a response: {@code "],[1435781430.781,"}. Maximum
 * number of series of a response share their timestamps, so the strings are written once and copied
 * in whole words; a series with gaps has some of the same timestamps.
 *
 * <p>Invariant: the first {@code size} slots hold the strings of {@code times}, which ascend.
 */
final class TimestampJson {
  /** Bytes of a slot; no text is longer. */
  static final int ROOM = 32;

  /** Bytes of a text before its time. */
  static final int BEFORE = 4;

  /**
   * Maximum number of times whose strings are cached; a response has no more steps, but a subquery
   * may have any number.
   */
  static final int MAX_TIMES = 1 << 14;

  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private long @Nullable [] times;
  private int size;
  private byte[] texts = {};
  private byte[] lengths = {};

  /** Writes the strings of a series' times unless at least as many are present already. */
  void prepare(long[] t, int n) {
    if (n <= size || n > MAX_TIMES) {
      return;
    }
    times = t;
    size = n;
    texts = new byte[n * ROOM];
    lengths = new byte[n];
    for (int i = 0; i < n; i++) {
      lengths[i] = (byte) write(texts, i * ROOM, t[i]);
    }
  }

  /** Finds the slot of the k-th time, at or after {@code from}; -1 if it has no text. */
  int find(long[] t, int k, int from) {
    long[] known = times;
    if (known == null) {
      return -1;
    }
    int i = from;
    while (i < size && known[i] < t[k]) {
      i++;
    }
    return i < size && known[i] == t[k] ? i : -1;
  }

  /**
   * Returns how many times, from the k-th up to {@code end}, match the slots starting at {@code
   * slot}.
   */
  int run(long[] t, int k, int end, int slot) {
    long[] known = times;
    if (known == null) {
      return 0;
    }
    int most = Math.min(end - k, size - slot);
    if (known == t && slot == k) {
      return most;
    }
    int run = 0;
    while (run < most && t[k + run] == known[slot + run]) {
      run++;
    }
    return run;
  }

  /** Returns the slots, {@link #ROOM} bytes each. */
  byte[] slots() {
    return texts;
  }

  /** Lengths of the strings in the slots. */
  byte[] lengths() {
    return lengths;
  }

  /** Writes the text of a time without a slot into {@link #ROOM} bytes; returns its end. */
  int single(long time, byte[] to, int at) {
    return at + write(to, at, time);
  }

  /** Copies {@link #ROOM} bytes. */
  static void copy(byte[] from, int p, byte[] to, int at) {
    WORD.set(to, at, (long) WORD.get(from, p));
    WORD.set(to, at + 8, (long) WORD.get(from, p + 8));
    WORD.set(to, at + 16, (long) WORD.get(from, p + 16));
    WORD.set(to, at + 24, (long) WORD.get(from, p + 24));
  }

  /** Writes the text into {@link #ROOM} bytes and returns its length. */
  private static int write(byte[] to, int at, long time) {
    to[at] = '"';
    to[at + 1] = ']';
    to[at + 2] = ',';
    to[at + 3] = '[';
    int end = seconds(to, at + BEFORE, time);
    to[end] = ',';
    to[end + 1] = '"';
    return end + 2 - at;
  }

  /**
   * Writes milliseconds as seconds with up to three decimals and returns the end, at most 22 bytes
   * on.
   */
  static int seconds(byte[] to, int at, long millis) {
    long t = millis;
    if (t < 0) {
      to[at++] = '-';
      t = -t;
    }
    at = DecimalDigits.write(to, at, t / 1000);
    int fraction = (int) (t % 1000);
    if (fraction != 0) {
      to[at++] = '.';
      to[at++] = (byte) ('0' + fraction / 100);
      to[at++] = (byte) ('0' + fraction / 10 % 10);
      to[at++] = (byte) ('0' + fraction % 10);
    }
    return at;
  }
}
