package dev.tethys.api;

import dev.tethys.model.DecimalDigits;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * The times of the points of an answer as the JSON that stands between two values: {@code
 * "],[1435781430.781,"}. Most series of an answer share their times, so the texts are laid out once
 * and copied in whole words; a series with gaps has some of the same times.
 *
 * <p>Invariant: the first {@code size} slots hold the texts of {@code times}, which ascend.
 */
final class TimeTexts {
  /** Bytes that {@link #copy} may touch; no text is longer. */
  static final int ROOM = 32;

  /** Bytes of a text before its time. */
  static final int BEFORE = 4;

  /** Times whose texts are kept; an answer has no more steps, but a subquery's may be any. */
  static final int MAX_TIMES = 1 << 14;

  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private long @Nullable [] times;
  private int size;
  private byte[] texts = {};
  private byte[] lengths = {};
  private final byte[] lone = new byte[ROOM];

  /** Whether these are the times whose texts stand here, at the same places. */
  boolean has(long[] t, int n) {
    return t == times && n <= size;
  }

  /** Lays out the texts of a series' times unless as many others stand here already. */
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

  /** The place of a time, at or behind {@code from}; -1 when it has no text. */
  int find(long time, int from) {
    long[] t = times;
    if (t == null) {
      return -1;
    }
    int i = from;
    while (i < size && t[i] < time) {
      i++;
    }
    return i < size && t[i] == time ? i : -1;
  }

  /** Copies a text into {@link #ROOM} bytes and returns where it ends. */
  int copy(int place, byte[] to, int at) {
    return copy(texts, place * ROOM, to, at) + lengths[place];
  }

  /** Writes the text of a time that has none here, as {@link #copy}. */
  int copy(long time, byte[] to, int at) {
    int length = write(lone, 0, time);
    return copy(lone, 0, to, at) + length;
  }

  private static int copy(byte[] from, int p, byte[] to, int at) {
    WORD.set(to, at, (long) WORD.get(from, p));
    WORD.set(to, at + 8, (long) WORD.get(from, p + 8));
    WORD.set(to, at + 16, (long) WORD.get(from, p + 16));
    WORD.set(to, at + 24, (long) WORD.get(from, p + 24));
    return at;
  }

  /** The text into {@link #ROOM} bytes; its length. */
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

  /** Milliseconds as seconds with up to three decimals; where they end, at most 22 bytes on. */
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
