package dev.tethys.model.libc;

import java.util.Map;

/**
 * Linux error numbers that callers distinguish (errno(3)), with the texts of Go's package syscall,
 * which appear in labels and messages of the programs that Tethys replaces. The C library's own
 * texts depend on the locale.
 */
public final class Errno {
  public static final int EPERM = 1;
  public static final int ENOENT = 2;
  public static final int ESRCH = 3;
  public static final int EINTR = 4;
  public static final int EIO = 5;
  public static final int ENXIO = 6;
  public static final int EAGAIN = 11;
  public static final int EACCES = 13;
  public static final int ENODEV = 19;
  public static final int ENOTDIR = 20;
  public static final int EINVAL = 22;
  public static final int EFBIG = 27;
  public static final int ENODATA = 61;
  public static final int EMSGSIZE = 90;
  public static final int EPROTOTYPE = 91;
  public static final int EOPNOTSUPP = 95;
  public static final int EADDRINUSE = 98;
  public static final int ENOBUFS = 105;
  public static final int ENOTCONN = 107;
  public static final int ECONNREFUSED = 111;

  private static final Map<Integer, String> TEXTS =
      Map.ofEntries(
          Map.entry(EPERM, "operation not permitted"),
          Map.entry(ENOENT, "no such file or directory"),
          Map.entry(ESRCH, "no such process"),
          Map.entry(EINTR, "interrupted system call"),
          Map.entry(EIO, "input/output error"),
          Map.entry(ENXIO, "no such device or address"),
          Map.entry(9, "bad file descriptor"),
          Map.entry(EAGAIN, "resource temporarily unavailable"),
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
          Map.entry(30, "read-only file system"),
          Map.entry(32, "broken pipe"),
          Map.entry(36, "file name too long"),
          Map.entry(38, "function not implemented"),
          Map.entry(40, "too many levels of symbolic links"),
          Map.entry(ENODATA, "no data available"),
          Map.entry(EMSGSIZE, "message too long"),
          Map.entry(EPROTOTYPE, "protocol wrong type for socket"),
          Map.entry(92, "protocol not available"),
          Map.entry(93, "protocol not supported"),
          Map.entry(94, "socket type not supported"),
          Map.entry(EOPNOTSUPP, "operation not supported"),
          Map.entry(97, "address family not supported by protocol"),
          Map.entry(EADDRINUSE, "address already in use"),
          Map.entry(99, "cannot assign requested address"),
          Map.entry(100, "network is down"),
          Map.entry(101, "network is unreachable"),
          Map.entry(104, "connection reset by peer"),
          Map.entry(ENOBUFS, "no buffer space available"),
          Map.entry(ENOTCONN, "transport endpoint is not connected"),
          Map.entry(108, "cannot send after transport endpoint shutdown"),
          Map.entry(110, "connection timed out"),
          Map.entry(ECONNREFUSED, "connection refused"),
          Map.entry(112, "host is down"),
          Map.entry(113, "no route to host"),
          Map.entry(116, "stale NFS file handle"),
          Map.entry(117, "structure needs cleaning"));

  private Errno() {}

  /** Message for an error number. */
  public static String text(int errno) {
    return TEXTS.getOrDefault(errno, "errno " + errno);
  }
}
