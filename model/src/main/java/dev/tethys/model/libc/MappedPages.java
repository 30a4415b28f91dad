package dev.tethys.model.libc;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Pages of files that a process has mapped. */
public final class MappedPages {
  private static final int MADV_DONTNEED = 4; // asm-generic/mman-common.h

  private static final MethodHandle MADVISE =
      LibraryFunction.plain(
          "madvise", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));

  private MappedPages() {}

  /**
   * Removes pages from the process and leaves them in the system's cache, from which they are
   * mapped again in microseconds when accessed. A hint: whether it succeeds does not matter.
   *
   * @param pages whole pages with the content of their file: changes made by the process itself
   *     would be lost
   */
  public static void release(MemorySegment pages) {
    LibraryFunction.call(() -> (int) MADVISE.invokeExact(pages, pages.byteSize(), MADV_DONTNEED));
  }
}
