package dev.tethys.collect.observe.process;

import dev.tethys.collect.observe.kernel.NetlinkClient;
import dev.tethys.model.libc.Errno;
import dev.tethys.model.libc.LibraryException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Delays of processes from the kernel's taskstats (generic netlink, linux/taskstats.h), with one
 * request for all threads of a process, ended ones included. Needs CAP_NET_ADMIN. Not thread-safe.
 */
public final class TaskStatistics implements AutoCloseable {
  private static final String WHAT = "taskstats";

  /** GENL_ID_CTRL and CTRL_CMD_GETFAMILY, which know the number of the family by its name. */
  private static final int CONTROLLER = 0x10;

  private static final byte GET_FAMILY = 3;
  private static final int FAMILY_ID = 1;
  private static final int FAMILY_NAME = 2;
  private static final byte GET = 1;
  private static final int OF_PROCESS = 2; // TASKSTATS_CMD_ATTR_TGID
  private static final int ANSWER_OF_PROCESS = 5; // TASKSTATS_TYPE_AGGR_TGID
  private static final int STATISTICS = 3; // TASKSTATS_TYPE_STATS

  /** Layout of struct genlmsghdr. */
  private static final int HEADER = 4;

  /** Layout of struct taskstats: its delays exist since the first version. */
  private static final int CPU_DELAY = 24;

  private static final int BLOCK_IO_DELAY = 40;
  private static final int LARGEST_QUESTION = 64;

  /**
   * Time the threads of a process spent waiting, in nanoseconds.
   *
   * @param cpu time spent runnable, waiting for a CPU
   * @param disk time spent waiting for block devices; 0 if the kernel does not measure it
   */
  public record Delays(long cpu, long disk) {}

  private final NetlinkClient netlink;
  private final int family;
  private final Path measured;

  /**
   * Verifies that the kernel responds.
   *
   * @param proc mount point of /proc
   * @throws LibraryException if it does not, or this process has no permission
   */
  public TaskStatistics(Path proc) throws LibraryException {
    measured = proc.resolve("sys/kernel/task_delayacct");
    netlink = new NetlinkClient(NetlinkClient.NETLINK_GENERIC, WHAT);
    boolean done = false;
    try {
      ByteBuffer question = question(GET_FAMILY);
      byte[] name = "TASKSTATS\0".getBytes(StandardCharsets.US_ASCII);
      NetlinkClient.put(question, FAMILY_NAME, name);
      family = family(netlink.ask(CONTROLLER, question));
      of((int) ProcessHandle.current().pid());
      done = true;
    } finally {
      if (!done) {
        netlink.close();
      }
    }
  }

  private static ByteBuffer question(byte command) {
    return NetlinkClient.body(LARGEST_QUESTION).put(command).put((byte) 1).putShort((short) 0);
  }

  static int family(ByteBuffer answer) throws LibraryException {
    ByteBuffer id = NetlinkClient.find(attributes(answer), FAMILY_ID);
    if (id == null || id.limit() < 2) {
      throw new LibraryException(WHAT, Errno.EIO);
    }
    return id.getShort(0) & 0xffff;
  }

  /** Delays of a process; null if it has ended. */
  public @Nullable Delays of(int process) throws LibraryException {
    ByteBuffer question = question(GET);
    NetlinkClient.put(question, OF_PROCESS, NetlinkClient.body(4).putInt(process).array());
    try {
      return delays(netlink.ask(family, question));
    } catch (LibraryException e) {
      if (e.errno() == Errno.ESRCH) {
        return null;
      }
      throw e;
    }
  }

  static @Nullable Delays delays(ByteBuffer answer) {
    ByteBuffer process = NetlinkClient.find(attributes(answer), ANSWER_OF_PROCESS);
    ByteBuffer s = process == null ? null : NetlinkClient.find(process, STATISTICS);
    return s == null || s.limit() < BLOCK_IO_DELAY + 8
        ? null
        : new Delays(s.getLong(CPU_DELAY), s.getLong(BLOCK_IO_DELAY));
  }

  private static ByteBuffer attributes(ByteBuffer answer) {
    return NetlinkClient.after(answer, HEADER);
  }

  /** Whether the kernel measures delays of disks: it can be switched on for new processes. */
  public boolean measuresDisks() {
    return measuresDisks(measured);
  }

  static boolean measuresDisks(Path setting) {
    try {
      return !Files.readString(setting, StandardCharsets.US_ASCII).strip().equals("0");
    } catch (IOException e) {
      return true; // kernels before 5.14 have no setting, and measure
    }
  }

  @Override
  public void close() {
    netlink.close();
  }
}
