package dev.tethys.collect.logs.file;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * A shared lock by flock(2) of Linux on an open file, which keeps out whoever locks it for himself
 * in this way. The locks that the JDK has are those of fcntl(2), which these do not see.
 */
final class AdvisoryLock implements AutoCloseable {
  private static final int O_RDONLY = 0;
  private static final int O_CLOEXEC = 0x80000;
  private static final int LOCK_SH = 1;
  private static final int LOCK_NB = 4;
  private static final int LOCK_UN = 8;

  private static final MethodHandle OPEN =
      function(
          "open",
          FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT),
          Linker.Option.firstVariadicArg(2));
  private static final MethodHandle FLOCK =
      function("flock", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle CLOSE =
      function("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

  private final int descriptor;

  private AdvisoryLock(int descriptor) {
    this.descriptor = descriptor;
  }

  @SuppressWarnings("restricted") // this is what the flag --enable-native-access allows
  private static MethodHandle function(
      String name, FunctionDescriptor type, Linker.Option... options) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type, options);
  }

  /** Opens a file, without locking it yet. */
  static AdvisoryLock open(Path path) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      int d = (int) OPEN.invokeExact(arena.allocateFrom(path.toString()), O_RDONLY | O_CLOEXEC);
      if (d < 0) {
        throw new IOException(path + " cannot be opened to be locked");
      }
      return new AdvisoryLock(d);
    } catch (IOException e) {
      throw e;
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  /** A path to the very file that is open here, whatever became of its name. */
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
    try {
      return (int) FLOCK.invokeExact(descriptor, operation) == 0;
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  /** Closes the file, which releases it. */
  @Override
  public void close() {
    try {
      int unused = (int) CLOSE.invokeExact(descriptor);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }
}
