package dev.tethys.collect.observe.kernel;

import dev.tethys.codec.elf.ElfBudget;
import dev.tethys.codec.elf.ElfFile;
import dev.tethys.model.libc.Errno;
import dev.tethys.model.libc.LibraryException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributes;
import java.time.Duration;
import java.time.Instant;

/**
 * Open file at a path controlled by another user of the machine. The path is resolved once, without
 * opening its target; only a regular file is then opened, without blocking. So neither a FIFO, a
 * device or a lease makes the reader wait, nor can another file take its place.
 */
public final class ForeignFile implements Closeable {
  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
  private static final long ELF_BYTES = Math.min(64L << 20, Runtime.getRuntime().maxMemory() / 4);
  private static final long ELF_STEPS = 100_000_000;
  private static final Duration ELF_TIME = Duration.ofSeconds(2);

  private final int descriptor;
  private final PosixFileAttributes attributes;

  private ForeignFile(int descriptor) throws IOException {
    this.descriptor = descriptor;
    this.attributes = Files.readAttributes(path(), PosixFileAttributes.class);
  }

  /**
   * Opens a file.
   *
   * @param path may be a link of /proc
   * @throws IOException if it is not a regular file, or cannot be opened without blocking
   */
  public static ForeignFile open(Path path) throws IOException {
    return open(path, 0);
  }

  /** Opens a file whose last name is not a link. */
  public static ForeignFile openNoLink(Path path) throws IOException {
    return open(path, SystemCalls.O_NOFOLLOW);
  }

  private static ForeignFile open(Path path, int flags) throws IOException {
    int found = descriptor(path, SystemCalls.O_PATH | flags);
    try {
      Path self = DESCRIPTORS.resolve(Integer.toString(found));
      if (!Files.isRegularFile(self)) {
        throw new IOException(path + " is not a regular file");
      }
      int opened = descriptor(self, SystemCalls.O_NONBLOCK);
      boolean done = false;
      try {
        ForeignFile f = new ForeignFile(opened);
        done = true;
        return f;
      } finally {
        if (!done) {
          SystemCalls.close(opened);
        }
      }
    } finally {
      SystemCalls.close(found);
    }
  }

  private static int descriptor(Path path, int flags) throws IOException {
    try {
      return SystemCalls.open(path.toString(), flags);
    } catch (LibraryException e) {
      if (e.errno() == Errno.ENOENT) {
        throw new NoSuchFileException(path.toString());
      }
      throw new IOException(path + ": " + e.getMessage(), e);
    }
  }

  /**
   * Opens a file that a process has mapped: by its mapping, even if its path leads elsewhere now,
   * or by its path where the rights for that are missing (CAP_CHECKPOINT_RESTORE).
   *
   * @param start start address of the mapping
   * @param end end address of the mapping
   * @param path path as shown in /proc/PID/maps
   */
  public static ForeignFile openMapped(Path proc, int pid, long start, long end, String path)
      throws IOException {
    String range = Long.toHexString(start) + "-" + Long.toHexString(end);
    try {
      return open(proc.resolve(pid + "/map_files/" + range));
    } catch (IOException e) {
      if (path.endsWith(" (deleted)")) {
        throw e;
      }
      return open(proc.resolve(pid + "/root" + path));
    }
  }

  /**
   * Opens a program or library, within a budget.
   *
   * @throws IOException if it is not an ELF file
   */
  public static ElfFile openElf(Path path) throws IOException {
    try (ForeignFile f = open(path)) {
      return f.elf();
    }
  }

  /** Heads of a program or library, within a budget. The result is independent of this one. */
  public ElfFile elf() throws IOException {
    return ElfFile.open(
        channel(), path().toString(), new ElfBudget(ELF_BYTES, ELF_STEPS, ELF_TIME, () -> false));
  }

  /** Channel of the file, which stays open after this one is closed. */
  public FileChannel channel() throws IOException {
    return FileChannel.open(path(), StandardOpenOption.READ);
  }

  /** Returns a path that leads to exactly this file as long as it is open. */
  public Path path() {
    return DESCRIPTORS.resolve(Integer.toString(descriptor));
  }

  /** Current path of the file, as seen by this process. */
  public String target() throws IOException {
    return Files.readSymbolicLink(path()).toString();
  }

  /** Device and inode, the same for all processes that have the file open. */
  public String inode() {
    return String.valueOf(attributes.fileKey());
  }

  /** Device, inode and time of modification. */
  public String version() {
    return inode() + ":" + attributes.lastModifiedTime();
  }

  /** Creation time; the modification time if the file system does not provide it. */
  public Instant created() {
    return attributes.creationTime().toInstant();
  }

  /** Number of the user that owns the file. */
  public int user() throws IOException {
    return (int) Files.getAttribute(path(), "unix:uid");
  }

  /** Size when it was opened. */
  public long size() {
    return attributes.size();
  }

  @Override
  public void close() {
    SystemCalls.close(descriptor);
  }
}
