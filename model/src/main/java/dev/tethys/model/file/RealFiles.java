package dev.tethys.model.file;

import java.io.Closeable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.SyncFailedException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Files of the operating system. Users outside the owner's group have no access to new files:
 * folders have mode 750 and files 640, or less under a stricter umask.
 */
public final class RealFiles implements FileAccess {
  private static final FileAttribute<?>[] FILE_MODE = mode("rw-r-----");
  private static final FileAttribute<?>[] FOLDER_MODE = mode("rwxr-x---");

  private static FileAttribute<?>[] mode(String permissions) {
    return FileSystems.getDefault().supportedFileAttributeViews().contains("posix")
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
        }
        : new FileAttribute<?>[0];
  }

  @Override
  public WritableFile create(Path path) throws IOException {
    // Truncated here, because the errors of this call are more specific.
    FileChannel.open(
            path,
            Set.of(
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING),
            FILE_MODE)
        .close();
    return new Writing(new RandomAccessFile(path.toFile(), "rw"), path);
  }

  @Override
  public byte[] read(Path path) throws IOException {
    return Files.readAllBytes(path);
  }

  @Override
  public MemorySegment map(Path path, Arena arena) throws IOException {
    try (FileChannel ch = FileChannel.open(path, StandardOpenOption.READ)) {
      return ch.map(FileChannel.MapMode.READ_ONLY, 0, ch.size(), arena);
    }
  }

  @Override
  public ReadableFile open(Path path) throws IOException {
    FileChannel ch = FileChannel.open(path, StandardOpenOption.READ);
    return new ReadableFile() {
      @Override
      public int read(long position, byte[] into, int offset, int length) throws IOException {
        ByteBuffer b = ByteBuffer.wrap(into, offset, length);
        while (b.hasRemaining()) {
          int n = ch.read(b, position + b.position() - offset);
          if (n < 0) {
            break;
          }
        }
        return b.position() - offset;
      }

      @Override
      public long size() throws IOException {
        return ch.size();
      }

      @Override
      public void close() throws IOException {
        ch.close();
      }
    };
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  @Override
  public void delete(Path path) throws IOException {
    if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
      for (Path p : list(path)) {
        delete(p);
      }
    }
    Files.deleteIfExists(path);
  }

  @Override
  public void link(Path from, Path to) throws IOException {
    Files.createLink(to, from);
  }

  @Override
  public List<Path> list(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> s = Files.list(directory)) {
      return sorted(s);
    }
  }

  /** Directory streams read lazily and report failures as UncheckedIOException. */
  static List<Path> sorted(Stream<Path> s) throws IOException {
    try {
      return s.sorted().toList();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  @Override
  public boolean exists(Path path) {
    return Files.exists(path);
  }

  @Override
  public boolean isDirectory(Path path) {
    return Files.isDirectory(path);
  }

  @Override
  public long size(Path path) throws IOException {
    return Files.size(path);
  }

  @Override
  public long usableSpace(Path directory) throws IOException {
    return Files.getFileStore(directory).getUsableSpace();
  }

  @Override
  public long totalSpace(Path directory) throws IOException {
    return Files.getFileStore(directory).getTotalSpace();
  }

  @Override
  public void createDirectories(Path directory) throws IOException {
    Files.createDirectories(directory, FOLDER_MODE);
  }

  @Override
  public void syncDirectory(Path directory) throws IOException {
    boolean interrupted = false;
    try {
      while (true) {
        try (FileChannel ch = FileChannel.open(directory, StandardOpenOption.READ)) {
          ch.force(true);
          return;
        } catch (ClosedByInterruptException e) {
          // Changes must be durable for other threads, too: the interrupt is restored afterwards.
          interrupted |= Thread.interrupted();
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public Closeable lock(Path path) throws IOException {
    FileChannel ch =
        FileChannel.open(
            path, Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE), FILE_MODE);
    try {
      FileLock lock = ch.tryLock();
      if (lock == null) {
        throw new IOException(path + " is locked by another process");
      }
      byte[] pid = (ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII);
      ch.truncate(0);
      ch.write(ByteBuffer.wrap(pid));
      return ch; // closing the channel releases the lock
    } catch (OverlappingFileLockException e) {
      ch.close();
      throw new IOException(path + " is locked in this process already", e);
    } catch (IOException e) {
      ch.close();
      throw e;
    }
  }

  /**
   * Output file without a {@link FileChannel}. A channel closes itself when a thread is interrupted
   * while writing or forcing, so a log with several writers would be closed for all of them.
   */
  static final class Writing implements WritableFile {
    /** Maximum size of one write, since the JDK copies written bytes out of the heap. */
    private static final int PIECE = 128 << 10;

    private final RandomAccessFile file;
    private final Path path;
    private long position;

    Writing(RandomAccessFile file, Path path) {
      this.file = file;
      this.path = path;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      int at = offset;
      int end = offset + length;
      while (at < end) {
        int n = Math.min(end - at, PIECE);
        file.write(bytes, at, n);
        at += n;
        position += n;
      }
    }

    @Override
    public long position() {
      return position;
    }

    @Override
    public void truncate(long size) throws IOException {
      file.setLength(size);
      file.seek(size);
      position = size;
    }

    @Override
    public void force() throws IOException {
      try {
        file.getFD().sync();
      } catch (SyncFailedException e) {
        throw new IOException("the disk did not accept data written to " + path, e);
      }
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
