package dev.tethys.collect.host.internal;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tethys.model.libc.LibraryFunction;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The few calls of the C library that the collectors need, on 64-bit Linux. They are called
 * directly because the error number matters (a file of /sys without a value fails with EINVAL) and
 * because a scrape reads hundreds of small files.
 */
public final class Posix {
  private static final int O_RDONLY = 0;
  private static final int O_NONBLOCK = 0x800;
  private static final int O_CLOEXEC = 0x80000;
  private static final int O_PATH = 0x200000;

  /** The one number here that ARM and POWER do not share with the others. */
  private static final int O_DIRECTORY =
      switch (System.getProperty("os.arch", "")) {
        case "aarch64", "arm", "ppc64", "ppc64le" -> 0x4000;
        default -> 0x10000;
      };

  private static final MethodHandle OPEN =
      LibraryFunction.variadic("open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT), 2);
  private static final MethodHandle OPENAT =
      LibraryFunction.variadic(
          "openat", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT), 3);
  private static final MethodHandle READ =
      LibraryFunction.of("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
  private static final MethodHandle CLOSE =
      LibraryFunction.plain("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
  private static final MethodHandle STATFS =
      LibraryFunction.of("statfs", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));
  private static final MethodHandle READLINK =
      LibraryFunction.of("readlink", FunctionDescriptor.of(JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG));
  private static final MethodHandle UNAME =
      LibraryFunction.of("uname", FunctionDescriptor.of(JAVA_INT, ADDRESS));
  private static final MethodHandle ADJTIMEX =
      LibraryFunction.of("adjtimex", FunctionDescriptor.of(JAVA_INT, ADDRESS));
  private static final MethodHandle IOCTL =
      LibraryFunction.variadic(
          "ioctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS), 2);

  private Posix() {}

  /** A descriptor, or -1. Opening never waits for a peer (a FIFO, a terminal). */
  public static int open(MemorySegment state, MemorySegment path) {
    try {
      return (int) OPEN.invokeExact(state, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  /** A descriptor of a folder, only for looking up files in it; or -1. */
  public static int openFolder(MemorySegment state, MemorySegment path) {
    try {
      return (int) OPEN.invokeExact(state, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  /** A descriptor of a file in a folder, or -1. */
  public static int openAt(MemorySegment state, int folder, MemorySegment name) {
    try {
      return (int) OPENAT.invokeExact(state, folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  public static long read(MemorySegment state, int fd, MemorySegment to, long count) {
    try {
      return (long) READ.invokeExact(state, fd, to, count);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  public static void close(int fd) {
    try {
      int ignored = (int) CLOSE.invokeExact(fd);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  public static int statfs(MemorySegment state, MemorySegment path, MemorySegment to) {
    try {
      return (int) STATFS.invokeExact(state, path, to);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  /** Writes the target of a link and returns its length, or -1. */
  public static long readlink(
      MemorySegment state, MemorySegment path, MemorySegment to, long size) {
    try {
      return (long) READLINK.invokeExact(state, path, to, size);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  public static int uname(MemorySegment state, MemorySegment to) {
    try {
      return (int) UNAME.invokeExact(state, to);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  public static int adjtimex(MemorySegment state, MemorySegment to) {
    try {
      return (int) ADJTIMEX.invokeExact(state, to);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  public static int ioctl(MemorySegment state, int fd, long request, MemorySegment argument) {
    try {
      return (int) IOCTL.invokeExact(state, fd, request, argument);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }
}
