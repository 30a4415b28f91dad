package dev.tethys.store.metrics.internal.head;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * Number of series changes per slot. All start at 0, and most stay there, so slots are in chunks
 * that share one of zeros until the first change.
 *
 * <p>Invariants: written by one thread at a time; read by others at any time. A reader whose {@link
 * #getAcquire} sees the value of a {@link #set} sees all earlier writes of the writer; writes that
 * must become visible only afterwards need a fence after {@link #set}, as {@link SeriesKeys#start}
 * has.
 */
final class Generations {
  private static final VarHandle INT = MethodHandles.arrayElementVarHandle(int[].class);
  private static final VarHandle CHUNKS = MethodHandles.arrayElementVarHandle(int[][].class);
  private static final int BITS = 12;
  private static final int CHUNK = 1 << BITS;
  private static final int[] ZEROS = new int[CHUNK];

  private final int[][] chunks;
  private final int capacity;

  Generations(int capacity) {
    this.capacity = capacity;
    this.chunks = new int[(capacity + CHUNK - 1) >> BITS][];
    Arrays.fill(chunks, ZEROS);
  }

  private Generations(Generations from, int capacity) {
    this(capacity);
    System.arraycopy(from.chunks, 0, chunks, 0, from.chunks.length);
  }

  /** Returns a table with more slots that replaces this one: they share chunks. */
  Generations grown(int slots) {
    return new Generations(this, slots);
  }

  int capacity() {
    return capacity;
  }

  int get(int slot) {
    return chunks[slot >> BITS][slot & CHUNK - 1];
  }

  /** The same, before anything that is read afterwards. */
  int getAcquire(int slot) {
    int[] chunk = (int[]) CHUNKS.getAcquire(chunks, slot >> BITS);
    return (int) INT.getAcquire(chunk, slot & CHUNK - 1);
  }

  void set(int slot, int generation) {
    int[] chunk = chunks[slot >> BITS];
    if (chunk != ZEROS) {
      INT.setRelease(chunk, slot & CHUNK - 1, generation);
    } else if (generation != 0) {
      int[] own = new int[CHUNK];
      own[slot & CHUNK - 1] = generation;
      CHUNKS.setRelease(chunks, slot >> BITS, own);
    }
  }

  /** Copies the generations of the first slots. */
  int[] copy(int slots) {
    int[] out = new int[slots];
    for (int at = 0; at < slots; at += CHUNK) {
      System.arraycopy(chunks[at >> BITS], 0, out, at, Math.min(CHUNK, slots - at));
    }
    return out;
  }

  /** Bytes in use. */
  long bytes() {
    long b = chunks.length * 8L;
    for (int[] c : chunks) {
      b += c == ZEROS ? 0 : CHUNK * 4L;
    }
    return b;
  }
}
