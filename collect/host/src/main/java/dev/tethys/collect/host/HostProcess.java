package dev.tethys.collect.host;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Process as described by /proc/PID. Properties available for every process are read once, at
 * creation; others on request. A method returns null if the process has ended meanwhile, and throws
 * when this process lacks the permission. Valid as long as its {@link HostReadings}.
 */
public interface HostProcess {
  int pid();

  /** 0 for processes started by the kernel. */
  int parent();

  /** Name in the kernel: at most 15 bytes, except for kernel threads. */
  String name();

  /** Since the host was started, in seconds. */
  double startedAfterBoot();

  double userSeconds();

  double systemSeconds();

  /** Waiting for block devices. */
  double waitSeconds();

  long threads();

  long minorFaults();

  long majorFaults();

  /** Program and arguments; empty for kernel threads. */
  @Nullable List<String> arguments() throws IOException;

  /** Returns the path of the process executable. */
  @Nullable String executable() throws IOException;

  /** Control group lines. */
  @Nullable String controlGroups() throws IOException;

  /** User the process runs as, and its pending signals. */
  record Status(long user, long pendingSignals) {}

  @Nullable Status status() throws IOException;

  /** Resident and virtual memory, in bytes. */
  record Memory(long resident, long virtual) {}

  @Nullable Memory memory() throws IOException;

  /** Block device reads and writes, in bytes and calls. */
  record Io(long readBytes, long writtenBytes, long reads, long writes) {}

  @Nullable Io io() throws IOException;

  /**
   * Context switches of its first thread. Only that thread is counted, because a sum over all live
   * threads would decrease when one of them ends.
   */
  record Switches(long voluntary, long involuntary) {}

  @Nullable Switches switches() throws IOException;

  /** Number of open files; -1 if the process has ended. */
  int openFiles() throws IOException;

  /** The inodes of the sockets that it has open; null if it has ended. */
  @Nullable Set<Long> sockets() throws IOException;
}
