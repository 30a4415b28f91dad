package dev.tethys.store.events;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Byte arrays for the sections of blocks, of lengths that are powers of two. They are too large for
 * the young generation of the garbage collector and live for milliseconds: new arrays for each
 * query would cause full collections. Thread-safe.
 */
public final class ArrayPool {
  private static final int SMALLEST = 14; // as a power of two; shorter ones are not kept
  private static final int LARGEST = 24;
  private static final long MAX_BYTES = Math.min(24L << 20, Runtime.getRuntime().maxMemory() / 32);

  private static final ArrayPool SHARED = new ArrayPool();

  private final ArrayDeque<byte[]>[] free = queues();
  private long bytes;

  private ArrayPool() {}

  @SuppressWarnings({"unchecked", "rawtypes"}) // an array of a generic type
  private static ArrayDeque<byte[]>[] queues() {
    ArrayDeque<byte[]>[] out = new ArrayDeque[LARGEST + 1];
    for (int i = 0; i < out.length; i++) {
      out[i] = new ArrayDeque<>();
    }
    return out;
  }

  /** Returns an array of at least a length, with any content. */
  public static byte[] take(int length) {
    int power = 32 - Integer.numberOfLeadingZeros(Math.max(1, length - 1));
    if (power < SMALLEST || power > LARGEST) {
      return new byte[length];
    }
    byte[] kept = SHARED.poll(power);
    return kept == null ? new byte[1 << power] : kept;
  }

  private synchronized byte @Nullable [] poll(int power) {
    byte[] b = free[power].pollLast();
    if (b != null) {
      bytes -= b.length;
    }
    return b;
  }

  /** Returns an array to the pool; the caller no longer uses it. */
  public static void release(byte[] b) {
    int power = 31 - Integer.numberOfLeadingZeros(Math.max(1, b.length));
    if (b.length == 1 << power && power >= SMALLEST && power <= LARGEST) {
      SHARED.add(power, b);
    }
  }

  private synchronized void add(int power, byte[] b) {
    if (bytes + b.length <= MAX_BYTES) {
      free[power].addLast(b);
      bytes += b.length;
    }
  }
}
