package dev.tethys.collect.host;

import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Values of /proc and /sys as plain numbers, for callers with metric names other than
 * node_exporter's. Each call reads the files again; sizes are in bytes, times in seconds. Not
 * thread-safe.
 */
public interface HostReadings {
  /**
   * Paths of a host's files.
   *
   * @param etc {@code /etc}, for user names
   * @param mounts folder whose {@code mountinfo} lists the mounts visible to this process; null for
   *     the mounts of the host's first process
   */
  record Sources(HostPaths paths, String etc, @Nullable String mounts) {}

  /** Totals of /proc/stat. */
  record Totals(long bootSeconds, long created, long running, long blocked) {}

  Totals totals() throws IOException;

  /** Since when the host is up, in seconds. */
  double uptime() throws IOException;

  /** CPU time by mode: never decreasing, unless the CPU was restarted. */
  record CpuTime(
      int number,
      double user,
      double nice,
      double system,
      double idle,
      double iowait,
      double irq,
      double softirq,
      double steal) {}

  List<CpuTime> cpuTimes() throws IOException;

  /** A logical CPU and its location according to /proc/cpuinfo; "" for missing fields. */
  record Processor(String number, String socket, String core, double megahertz) {}

  List<Processor> processors() throws IOException;

  /** Number of cores; several logical CPUs may share one. */
  int cores() throws IOException;

  /** Over one, five and fifteen minutes. */
  double[] loads() throws IOException;

  /** Block device counters. */
  record Disk(
      String name,
      long reads,
      long readsMerged,
      long readBytes,
      double readTime,
      long writes,
      long writesMerged,
      long writtenBytes,
      double writeTime,
      long pending,
      double ioTime,
      double weightedIoTime) {}

  List<Disk> disks() throws IOException;

  /**
   * Memory; huge pages are counted in pages.
   *
   * @param cached page cache, including reclaimable kernel caches
   * @param available available memory, estimated if the kernel does not report it
   */
  record Memory(
      long total,
      long free,
      long available,
      long buffers,
      long cached,
      long slabReclaimable,
      long slabUnreclaimable,
      long dirty,
      long shared,
      long hugePageSize,
      long hugePages,
      long hugePagesFree,
      long hugePagesReserved,
      long hugePagesSurplus) {}

  Memory memory() throws IOException;

  /** Returns the memory page size. */
  int pageSize();

  /** Swap device. */
  record Swap(String device, long size, long used) {}

  List<Swap> swaps() throws IOException;

  /** Paging counters of /proc/vmstat; major faults are included in all faults. */
  record Paging(
      long swappedIn,
      long swappedOut,
      long pagedIn,
      long pagedOut,
      long faults,
      long majorFaults) {}

  Paging paging() throws IOException;

  /** Network device counters. */
  record Network(
      String device,
      long receivedBytes,
      long receivedPackets,
      long receiveErrors,
      long receiveDropped,
      long sentBytes,
      long sentPackets,
      long sendErrors,
      long sendDropped) {}

  List<Network> networks() throws IOException;

  /** TCP sockets by the kernel's number of their state, 1 being established; 0 is any other. */
  long[] tcpStates() throws IOException;

  /** Number of connections tracked by the packet filter, and their limit. */
  long[] tracked() throws IOException;

  /**
   * A mounted file system.
   *
   * @param mode ro, rw or unknown
   * @param error reason for missing sizes, "" for none
   */
  record FileSystem(
      String device,
      String mountPoint,
      String type,
      String mode,
      String error,
      long size,
      long free,
      long available,
      long files,
      long filesFree) {}

  /** Mount without its sizes. */
  record MountPoint(String device, String path, String type) {}

  /**
   * Mounted file systems, each mount point of a device once. An unresponsive one is abandoned after
   * a while and reported as such, and is not queried again before it has answered.
   *
   * @param virtual whether also those without a device, such as tmpfs
   * @param wanted mount points to query
   */
  List<FileSystem> fileSystems(boolean virtual, Predicate<MountPoint> wanted) throws IOException;

  /**
   * Lines of numbers of /proc/net/rpc/nfs by their labels; null on a host without an NFS client.
   */
  @Nullable Map<String, double[]> nfsClient() throws IOException;

  /** The same of /proc/net/rpc/nfsd; null on a host without an NFS server. */
  @Nullable Map<String, double[]> nfsServer() throws IOException;

  /** Number of processes by the letter of their state; ? for hidden states. */
  Map<Character, Integer> processStates() throws IOException;

  /** Returns the IDs of all processes. */
  int[] processes() throws IOException;

  /** One of them; null if it has ended. */
  @Nullable HostProcess process(int pid) throws IOException;

  /** The names of users by their numbers. */
  Map<Long, String> users() throws IOException;

  /**
   * A listening socket: a listening TCP socket, or an unconnected UDP socket.
   *
   * @param inode its inode in {@link HostProcess#sockets}
   */
  record Listener(boolean udp, boolean v6, InetAddress address, int port, long inode) {}

  /** Listeners in the network namespace of this process. */
  List<Listener> listeners() throws IOException;
}
