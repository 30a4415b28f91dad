package dev.tethys.collect.host.device;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tethys.collect.host.internal.Numbers;
import dev.tethys.collect.host.internal.Posix;
import dev.tethys.model.libc.Errno;
import dev.tethys.model.libc.LibraryFunction;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * Queries the devices of a mounted Btrfs (include/uapi/linux/btrfs.h: BTRFS_IOC_FS_INFO,
 * BTRFS_IOC_DEV_INFO, BTRFS_IOC_GET_DEV_STATS). ioctl numbers are those of asm-generic, which x86,
 * ARM, RISC-V and LoongArch share.
 */
final class BtrfsIoctl {
  /**
   * A device of a file system.
   *
   * @param errors error counts: written, read, flushed, corrupted, wrong generation
   */
  record Device(String name, String uuid, double total, double used, double[] errors) {}

  /** Maximum device ID: IDs are assigned sequentially. */
  private static final long MAX_DEVICE_ID = 4096;

  private static final int READ = 2 << 30;
  private static final int READ_WRITE = 3 << 30;
  private static final int TYPE = 0x94 << 8;
  private static final int FS_INFO_SIZE = 1024;
  private static final int DEV_INFO_SIZE = 4096;
  private static final int DEV_STATS_SIZE = 1032;
  private static final long FS_INFO = Integer.toUnsignedLong(READ | FS_INFO_SIZE << 16 | TYPE | 31);
  private static final long DEV_INFO =
      Integer.toUnsignedLong(READ_WRITE | DEV_INFO_SIZE << 16 | TYPE | 30);
  private static final long DEV_STATS =
      Integer.toUnsignedLong(READ_WRITE | DEV_STATS_SIZE << 16 | TYPE | 52);
  private static final int ERRORS = 5;
  private static final int PATH_AT = 3072;

  private final MemorySegment state;
  private final MemorySegment buffer;
  private final MemorySegment path;

  BtrfsIoctl() {
    Arena arena = Arena.ofAuto();
    state = LibraryFunction.errnoState(arena);
    buffer = arena.allocate(DEV_INFO_SIZE, 8);
    path = arena.allocate(4096);
  }

  /** Adds the devices by the UUID of the file system, or nothing without permission. */
  void ask(String mountPoint, Map<String, List<Device>> out) {
    byte[] p = mountPoint.getBytes(StandardCharsets.UTF_8);
    if (p.length >= path.byteSize()) {
      return;
    }
    MemorySegment.copy(p, 0, path, JAVA_BYTE, 0, p.length);
    path.set(JAVA_BYTE, p.length, (byte) 0);
    int fd = Posix.open(state, path);
    if (fd < 0) {
      return;
    }
    try {
      buffer.fill((byte) 0);
      if (Posix.ioctl(state, fd, FS_INFO, buffer) != 0) {
        return;
      }
      long maxId = Math.min(buffer.get(JAVA_LONG, 0), MAX_DEVICE_ID);
      long count = buffer.get(JAVA_LONG, 8);
      String uuid = hex(16);
      List<Device> devices = new ArrayList<>();
      for (long id = 0; id <= maxId && devices.size() < count; id++) {
        if (!device(fd, id, devices)) {
          return;
        }
      }
      out.putIfAbsent(uuid, devices);
    } finally {
      Posix.close(fd);
    }
  }

  /**
   * Adds a device; returns false if the file system cannot be queried. A missing ID is not an
   * error.
   */
  private boolean device(int fd, long id, List<Device> devices) {
    buffer.fill((byte) 0);
    buffer.set(JAVA_LONG, 0, id);
    if (Posix.ioctl(state, fd, DEV_INFO, buffer) != 0) {
      return LibraryFunction.errno(state) == Errno.ENODEV;
    }
    String uuid = dashed(hex(8));
    double used = Numbers.unsigned(buffer.get(JAVA_LONG, 24));
    double total = Numbers.unsigned(buffer.get(JAVA_LONG, 32));
    String device = buffer.asSlice(PATH_AT).getString(0, StandardCharsets.UTF_8);
    buffer.fill((byte) 0);
    buffer.set(JAVA_LONG, 0, id);
    buffer.set(JAVA_LONG, 8, ERRORS);
    if (Posix.ioctl(state, fd, DEV_STATS, buffer) != 0) {
      return false;
    }
    double[] errors = new double[ERRORS];
    for (int i = 0; i < ERRORS; i++) {
      errors[i] = Numbers.unsigned(buffer.get(JAVA_LONG, 24 + 8L * i));
    }
    devices.add(
        new Device(device.substring(device.lastIndexOf('/') + 1), uuid, total, used, errors));
    return true;
  }

  private static String dashed(String hex) {
    return String.join(
        "-",
        hex.substring(0, 8),
        hex.substring(8, 12),
        hex.substring(12, 16),
        hex.substring(16, 20),
        hex.substring(20));
  }

  private String hex(int at) {
    byte[] b = new byte[16];
    MemorySegment.copy(buffer, JAVA_BYTE, at, b, 0, b.length);
    return HexFormat.of().formatHex(b);
  }
}
