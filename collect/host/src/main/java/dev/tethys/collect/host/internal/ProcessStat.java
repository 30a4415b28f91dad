package dev.tethys.collect.host.internal;

import dev.tethys.model.libc.Errno;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Content of /proc/PID/stat for a process or a thread (proc_pid_stat(5)). */
final class ProcessStat {
  private static final int ESRCH = 3;

  /** Last column needed after the name, counted from the state, which is 0. */
  private static final int LAST = 39; // delayacct_blkio_ticks

  private static final int PARENT = 1;
  private static final int MINOR_FAULTS = 7;
  private static final int MAJOR_FAULTS = 9;
  private static final int USER = 11;
  private static final int SYSTEM = 12;
  static final int THREADS = 17;
  private static final int START = 19;

  final String name;
  final char state;
  private final long[] columns = new long[LAST + 1];

  private ProcessStat(Text t) throws MalformedException {
    int from = findName(t) + 1;
    name = new String(t.buf, from, t.fieldEnd - 1 - from, StandardCharsets.UTF_8);
    t.needField();
    state = (char) t.buf[t.fieldStart];
    int count = 0;
    for (int i = 1; i <= LAST && t.nextField(); i++) {
      columns[i] = t.integer();
      count = i;
    }
    if (count < THREADS) {
      throw t.malformed("too few columns");
    }
  }

  /** Reads a process; returns null if it no longer exists. */
  static @Nullable ProcessStat read(HostFiles files, String path) throws IOException {
    Text t = open(files, path);
    return t == null ? null : new ProcessStat(t);
  }

  /** The same, not yet parsed. */
  static @Nullable Text open(HostFiles files, String path) throws IOException {
    Text t = files.tryRead(path);
    if (t == null && !isGone(files.errno())) {
      throw new HostFileException("read", path, files.errno());
    }
    return t;
  }

  /**
   * Returns the position of the opening bracket of the name; the closing bracket ends the field
   * before the state.
   */
  static int findName(Text t) throws MalformedException {
    t.nextLine();
    int open = t.lineStart;
    while (open < t.lineEnd && t.buf[open] != '(') {
      open++;
    }
    int close = t.limit - 1; // the name before it may hold anything, line ends too
    while (close > open && t.buf[close] != ')') {
      close--;
    }
    if (close <= open) {
      throw t.malformed("no name in \"" + t.line() + "\"");
    }
    t.lineEnd = t.limit;
    t.fieldEnd = close + 1;
    return open;
  }

  /** Whether an error means that the process has ended. */
  static boolean isGone(int errno) {
    return errno == Errno.ENOENT || errno == ESRCH;
  }

  int parent() {
    return (int) columns[PARENT];
  }

  long minorFaults() {
    return columns[MINOR_FAULTS];
  }

  long majorFaults() {
    return columns[MAJOR_FAULTS];
  }

  double userSeconds() {
    return columns[USER] / CpuLines.USER_HZ;
  }

  double systemSeconds() {
    return columns[SYSTEM] / CpuLines.USER_HZ;
  }

  double waitSeconds() {
    return columns[LAST] / CpuLines.USER_HZ;
  }

  long threads() {
    return columns[THREADS];
  }

  /** Since the host was started. */
  double startSeconds() {
    return columns[START] / CpuLines.USER_HZ;
  }
}
