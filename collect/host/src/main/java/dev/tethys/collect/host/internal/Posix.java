package dev.tethys.collect.host.internal;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tethys.model.libc.LibraryFunction;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Map;

/**
 * The few calls of the C library that the collectors need, on 64-bit Linux. They are called
 * directly because the error number matters (a file of /sys says with EINVAL that it has no value)
 * and because hundreds of small files are read a scrape.
 */
final class Posix {
  static final int EPERM = 1;
  static final int ENOENT = 2;
  static final int EIO = 5;
  static final int ENXIO = 6;
  static final int EACCES = 13;
  static final int ENODEV = 19;
  static final int ENOTDIR = 20;
  static final int EINVAL = 22;
  static final int EFBIG = 27;
  static final int ENODATA = 61;
  static final int EOPNOTSUPP = 95;

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
  private static final MethodHandle UNAME =
      LibraryFunction.of("uname", FunctionDescriptor.of(JAVA_INT, ADDRESS));
  private static final MethodHandle ADJTIMEX =
      LibraryFunction.of("adjtimex", FunctionDescriptor.of(JAVA_INT, ADDRESS));
  private static final MethodHandle IOCTL =
      LibraryFunction.variadic(
          "ioctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS), 2);

  /**
   * Texts of errors, which stand in labels: the words that Go has for them. The C library's would
   * come in the language of the environment.
   */
  private static final Map<Integer, String> ERRORS =
      Map.ofEntries(
          Map.entry(EPERM, "operation not permitted"),
          Map.entry(ENOENT, "no such file or directory"),
          Map.entry(3, "no such process"),
          Map.entry(4, "interrupted system call"),
          Map.entry(EIO, "input/output error"),
          Map.entry(ENXIO, "no such device or address"),
          Map.entry(9, "bad file descriptor"),
          Map.entry(11, "resource temporarily unavailable"),
          Map.entry(12, "cannot allocate memory"),
          Map.entry(EACCES, "permission denied"),
          Map.entry(16, "device or resource busy"),
          Map.entry(ENODEV, "no such device"),
          Map.entry(ENOTDIR, "not a directory"),
          Map.entry(21, "is a directory"),
          Map.entry(EINVAL, "invalid argument"),
          Map.entry(23, "too many open files in system"),
          Map.entry(24, "too many open files"),
          Map.entry(25, "inappropriate ioctl for device"),
          Map.entry(EFBIG, "file too large"),
          Map.entry(36, "file name too long"),
          Map.entry(38, "function not implemented"),
          Map.entry(40, "too many levels of symbolic links"),
          Map.entry(ENODATA, "no data available"),
          Map.entry(EOPNOTSUPP, "operation not supported"),
          Map.entry(107, "transport endpoint is not connected"),
          Map.entry(108, "cannot send after transport endpoint shutdown"),
          Map.entry(110, "connection timed out"),
          Map.entry(111, "connection refused"),
          Map.entry(112, "host is down"),
          Map.entry(113, "no route to host"),
          Map.entry(116, "stale NFS file handle"),
          Map.entry(117, "structure needs cleaning"));

  private Posix() {}

  /** A descriptor, or -1. Opening never waits for a peer (a FIFO, a terminal). */
  static int open(MemorySegment state, MemorySegment path) {
    try {
      return (int) OPEN.invokeExact(state, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  /** A descriptor of a folder, only to find files in it; or -1. */
  static int openFolder(MemorySegment state, MemorySegment path) {
    try {
      return (int) OPEN.invokeExact(state, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  /** A descriptor of a file in a folder, or -1. */
  static int openAt(MemorySegment state, int folder, MemorySegment name) {
    try {
      return (int) OPENAT.invokeExact(state, folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  static long read(MemorySegment state, int fd, MemorySegment to, long count) {
    try {
      return (long) READ.invokeExact(state, fd, to, count);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  static void close(int fd) {
    try {
      int ignored = (int) CLOSE.invokeExact(fd);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  static int statfs(MemorySegment state, MemorySegment path, MemorySegment to) {
    try {
      return (int) STATFS.invokeExact(state, path, to);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  static int uname(MemorySegment state, MemorySegment to) {
    try {
      return (int) UNAME.invokeExact(state, to);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  static int adjtimex(MemorySegment state, MemorySegment to) {
    try {
      return (int) ADJTIMEX.invokeExact(state, to);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  static int ioctl(MemorySegment state, int fd, long request, MemorySegment argument) {
    try {
      return (int) IOCTL.invokeExact(state, fd, request, argument);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  /** The text of an error number as node_exporter shows it. */
  static String errorText(int errno) {
    return ERRORS.getOrDefault(errno, "errno " + errno);
  }
}
