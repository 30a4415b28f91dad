package dev.tethys.collect.logs.file;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.tethys.model.libc.LibraryException;
import dev.tethys.model.libc.LibraryFunction;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * Shared lock by flock(2) of Linux on an open file, which excludes holders of an exclusive lock.
 * The JDK uses fcntl(2) locks, which flock ignores.
 */
final class AdvisoryLock implements AutoCloseable {
  private static final int O_RDONLY = 0;
  private static final int O_CLOEXEC = 0x80000;
  private static final int LOCK_SH = 1;
  private static final int LOCK_NB = 4;
  private static final int LOCK_UN = 8;

  private static final MethodHandle OPEN =
      LibraryFunction.variadic("open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT), 2);
  private static final MethodHandle FLOCK =
      LibraryFunction.plain("flock", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle CLOSE =
      LibraryFunction.plain("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

  private final int descriptor;

  private AdvisoryLock(int descriptor) {
    this.descriptor = descriptor;
  }

  /** Opens a file, without locking it yet. */
  static AdvisoryLock open(Path path) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = LibraryFunction.errnoState(arena);
      MemorySegment name = arena.allocateFrom(path.toString());
      long d =
          LibraryFunction.call(() -> (int) OPEN.invokeExact(state, name, O_RDONLY | O_CLOEXEC));
      if (d < 0) {
        throw new LibraryException(
            path + " cannot be opened for locking", LibraryFunction.errno(state));
      }
      return new AdvisoryLock((int) d);
    }
  }

  /** A path to the very file that is open here, regardless of its name now. */
  Path file() {
    return Path.of("/proc/self/fd/" + descriptor);
  }

  /** Locks it, without waiting; whether that could be. */
  boolean take() {
    return flock(LOCK_SH | LOCK_NB);
  }

  void release() {
    flock(LOCK_UN);
  }

  private boolean flock(int operation) {
    return LibraryFunction.call(() -> (int) FLOCK.invokeExact(descriptor, operation)) == 0;
  }

  /** Closes the file, which releases it. */
  @Override
  public void close() {
    LibraryFunction.call(() -> (int) CLOSE.invokeExact(descriptor));
  }
}
