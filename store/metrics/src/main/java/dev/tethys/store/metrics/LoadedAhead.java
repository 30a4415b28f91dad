package dev.tethys.store.metrics;

import com.github.luben.zstd.Zstd;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What the first look at a store needs that no start-up cache holds: handles by which mapped files
 * are read, which the JDK puts together when they are first used, and zstd's library, which is
 * taken out of its archive. On one core it takes some thirty milliseconds.
 */
final class LoadedAhead {
  private LoadedAhead() {}

  /** Loads it; what it gives means nothing. */
  static long load() {
    MemorySegment any = MemorySegment.ofArray(new byte[Long.BYTES]);
    byte[] to = new byte[1];
    MemorySegment.copy(any, ValueLayout.JAVA_BYTE, 0, to, 0, 1);
    return any.get(ValueLayout.JAVA_INT_UNALIGNED, 0)
        + any.get(ValueLayout.JAVA_LONG_UNALIGNED, 0)
        + any.get(ValueLayout.JAVA_CHAR_UNALIGNED, 0)
        + Zstd.compressBound(1);
  }
}
