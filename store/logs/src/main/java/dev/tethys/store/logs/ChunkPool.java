package dev.tethys.store.logs;

import dev.tethys.store.logs.block.LogRows;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Memory of heads that were written to parts, for reuse by new heads. Under load the arrays of
 * heads are most of the memory that the old generation of the garbage collector would have to free.
 * Thread-safe.
 */
final class ChunkPool {
  private static final int SMALLEST = 4 << 20; // the first chunk of a head is never taken from here
  private static final long MAX_BYTES = Math.min(40L << 20, Runtime.getRuntime().maxMemory() / 16);

  private final ArrayDeque<LogRows> free = new ArrayDeque<>();
  private long bytes;

  /** Rows without content, or null. */
  synchronized @Nullable LogRows take() {
    LogRows rows = free.pollLast();
    if (rows != null) {
      bytes -= rows.bytes.buf.length;
      rows.clear();
    }
    return rows;
  }

  /** Returns memory to the pool that no reader uses any longer. */
  synchronized void release(LogRows rows) {
    int size = rows.bytes.buf.length;
    if (size >= SMALLEST && bytes + size <= MAX_BYTES) {
      free.add(rows);
      bytes += size;
    }
  }

  synchronized void clear() {
    free.clear();
    bytes = 0;
  }
}
