package dev.tethys.model.libc;

import static dev.tethys.model.libc.LibraryFunction.call;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** File descriptors inherited at process start. */
public final class Descriptors {
  private static final MethodHandle DUP2 =
      LibraryFunction.of("dup2", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));

  private static final MethodHandle CLOSE =
      LibraryFunction.of("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

  private Descriptors() {}

  /**
   * Closes a descriptor that nothing else in this process uses (close(2)).
   *
   * @throws IOException if it is not open
   */
  public static void close(int descriptor) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = LibraryFunction.errnoState(arena);
      if (call(() -> (int) CLOSE.invokeExact(state, descriptor)) < 0) {
        throw new IOException(
            "descriptor " + descriptor + ": " + Errno.text(LibraryFunction.errno(state)));
      }
    }
  }

  /**
   * Duplicates a descriptor onto another (dup2(2)).
   *
   * @throws IOException if the other is not open
   */
  public static void duplicate(int from, int to) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = LibraryFunction.errnoState(arena);
      if (call(() -> (int) DUP2.invokeExact(state, from, to)) < 0) {
        throw new IOException(
            "descriptor " + from + ": " + Errno.text(LibraryFunction.errno(state)));
      }
    }
  }
}
