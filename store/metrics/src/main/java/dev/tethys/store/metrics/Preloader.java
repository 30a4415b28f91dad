package dev.tethys.store.metrics;

import com.github.luben.zstd.Zstd;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Loads code that the first read of a store needs and that no start-up cache contains. These are
 * method handles for reading mapped files, which the JDK creates at their first use, and zstd's
 * native library, which is extracted from its archive. On one core this takes some thirty
 * milliseconds.
 */
final class Preloader {
  @GuardedBy("Preloader.class")
  private static boolean tried;

  @GuardedBy("Preloader.class")
  private static @Nullable LinkageError problem; // the first: those after it do not say why

  private Preloader() {}

  /** Loads it once. */
  static synchronized @Nullable LinkageError load() {
    if (!tried) {
      tried = true;
      try {
        touch();
      } catch (LinkageError e) {
        problem = e;
      }
    }
    return problem;
  }

  /**
   * Loads the library, or waits until it is loaded.
   *
   * @throws IOException if it cannot be, which a store would otherwise discover when it writes its
   *     first block, hours later
   */
  static void require() throws IOException {
    LinkageError e = load();
    if (e != null) {
      throw new IOException(
          "the library of zstd cannot be loaded from the folder for temporary files, "
              + System.getProperty("java.io.tmpdir")
              + ": "
              + (e.getMessage() == null ? e.getCause() : e.getMessage())
              + ". It must exist, be writable and not be mounted noexec; set another with"
              + " -Djava.io.tmpdir=FOLDER in TETHYS_JAVA_OPTS",
          e);
    }
  }

  /** Runs the code paths once; the result has no meaning. */
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
