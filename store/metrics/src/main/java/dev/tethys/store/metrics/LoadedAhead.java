package dev.tethys.store.metrics;

import com.github.luben.zstd.Zstd;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What the first look at a store needs that no start-up cache holds: handles by which mapped files
 * are read, which the JDK puts together when they are first used, and zstd's library, which is
 * taken out of its archive. On one core it takes some thirty milliseconds.
 */
final class LoadedAhead {
  private static final System.Logger LOG = System.getLogger(LoadedAhead.class.getName());

  private LoadedAhead() {}

  /** Loads it, or leaves it to who opens a store to say why that cannot be. */
  static void load() {
    try {
      touch();
    } catch (LinkageError e) {
      LOG.log(Level.DEBUG, "loading what a store needs", e);
    }
  }

  /** What it gives means nothing. */
  private static long touch() {
    MemorySegment any = MemorySegment.ofArray(new byte[Long.BYTES]);
    byte[] to = new byte[1];
    MemorySegment.copy(any, ValueLayout.JAVA_BYTE, 0, to, 0, 1);
    return any.get(ValueLayout.JAVA_INT_UNALIGNED, 0)
        + any.get(ValueLayout.JAVA_LONG_UNALIGNED, 0)
        + any.get(ValueLayout.JAVA_CHAR_UNALIGNED, 0)
        + Zstd.compressBound(1);
  }
}
