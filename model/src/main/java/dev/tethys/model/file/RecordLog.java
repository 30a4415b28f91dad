package dev.tethys.model.file;

import dev.tethys.model.file.RealFiles.Writing;
import dev.tethys.model.log.JulLogger;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A file of records that survive the process, and a power cut, the moment {@link #append} returns.
 *
 * <p>A {@link RecordFormat} defines the framing of records; the owner defines the meaning of a
 * payload, which later record replaces an earlier one, and when most records are obsolete. {@link
 * #replace} then writes the records that still count into a new file, which takes the name of the
 * old one.
 *
 * <p>On opening, damage is skipped if a complete record follows it. An incomplete end, mostly one
 * record that was being written, is cut off and kept next to the file under {@link #DAMAGED}: it
 * may have been acknowledged.
 *
 * <p>Not thread-safe. An interrupt does not close it.
 */
public final class RecordLog implements Closeable {
  /** Suffix of the file that holds the bytes cut off the end. */
  public static final String DAMAGED = ".damaged";

  /** Suffix of the replacement file while it is written. */
  private static final String NEXT = ".new";

  /** Limit of the search for records after damage: about a second. */
  private static final long TIME_LIMIT = 1L << 30;

  private static final System.Logger LOG = JulLogger.of(RecordLog.class.getName());
  private static final RealFiles FILES = new RealFiles();

  /** Receives records in the order in which they were written. */
  @FunctionalInterface
  public interface Sink {
    void take(byte[] payload) throws IOException;
  }

  /** Handling of a file of another format. */
  @FunctionalInterface
  public interface Foreign {
    /**
     * Returns the records that replace the contents of the file. Read the file only through its
     * channel: opening and closing it again would release its lock.
     *
     * @throws IOException if the file is to stay unchanged; it is then not opened
     */
    Stream<byte[]> records(FileChannel file) throws IOException;
  }

  private final Path file;
  private final RecordFormat format;
  private final boolean locked;
  private RandomAccessFile io;
  private AppendFile out;
  private int records;

  /** Whether a power cut could bring back the file of before {@link #replace}. */
  private boolean nameIsOpen;

  private RecordLog(Path file, RecordFormat format, boolean locked, RandomAccessFile io) {
    this.file = file;
    this.format = format;
    this.locked = locked;
    this.io = io;
    this.out = new AppendFile(new Writing(io, file));
  }

  /**
   * Opens or creates a log and returns its records in order.
   *
   * @throws IOException if it cannot be read, or is a file of another kind
   */
  public static RecordLog open(Path file, RecordFormat format, Sink to) throws IOException {
    return open(file, format, false, c -> refused(file), to);
  }

  /**
   * Opens the log exclusively.
   *
   * @param foreign called when it is a file of another kind
   * @throws IOException if it cannot be read, or is in use
   */
  public static RecordLog openLocked(Path file, RecordFormat format, Foreign foreign, Sink to)
      throws IOException {
    return open(file, format, true, foreign, to);
  }

  /**
   * Reads the complete records of a log in order, without changing it. Must not be called while the
   * log is locked.
   *
   * @throws IOException if it cannot be read, or is a file of another kind
   */
  public static void read(Path file, RecordFormat format, Sink to) throws IOException {
    checkAccess(file, StandardOpenOption.READ);
    try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
      if (!beginsRight(in, format)) {
        refused(file);
      }
      new RecordReader(file, in, format, TIME_LIMIT).read(to);
    }
  }

  private static RecordLog open(
      Path file, RecordFormat format, boolean locked, Foreign foreign, Sink to) throws IOException {
    FILES.createDirectories(folder(file));
    RecordLog log = new RecordLog(file, format, locked, opened(file, locked));
    boolean done = false;
    try {
      log.begin(foreign, to);
      done = true;
      return log;
    } finally {
      if (!done) {
        log.close();
      }
    }
  }

  private void begin(Foreign foreign, Sink to) throws IOException {
    if (holdsNothing(io, format)) {
      out.cut(0);
      byte[] header = format.headerBytes();
      out.append(header, 0, header.length);
      out.force();
      FILES.syncDirectory(folder(file));
    } else if (!beginsRight(io, format)) {
      try (Stream<byte[]> taken = foreign.records(io.getChannel())) {
        replace(taken);
      }
    }
    RecordReader.ReadResult found = new RecordReader(file, io, format, TIME_LIMIT).read(to);
    if (found.end() < io.length()) {
      cutOff(found.end());
    }
    records = found.records();
    out.cut(found.end()); // what is appended goes there
  }

  private static Stream<byte[]> refused(Path file) throws IOException {
    throw new IOException(file + " is not a record log of Tethys");
  }

  /** New, or cut off or blank from a power cut before its header was on disk. */
  private static boolean holdsNothing(RandomAccessFile io, RecordFormat format) throws IOException {
    byte[] header = format.headerBytes();
    if (io.length() > header.length) {
      return false;
    }
    byte[] there = start(io, header.length);
    boolean blank = true;
    boolean prefix = there.length < header.length;
    for (int i = 0; i < there.length; i++) {
      blank &= there[i] == 0;
      prefix &= there[i] == header[i];
    }
    return blank || prefix;
  }

  private static boolean beginsRight(RandomAccessFile io, RecordFormat format) throws IOException {
    byte[] header = format.headerBytes();
    return Arrays.equals(start(io, header.length), header);
  }

  /** The first bytes; fewer when there are fewer. */
  private static byte[] start(RandomAccessFile io, int n) throws IOException {
    byte[] b = new byte[(int) Math.min(n, io.length())];
    io.seek(0);
    io.readFully(b);
    return b;
  }

  private static RandomAccessFile opened(Path file, boolean locked) throws IOException {
    checkAccess(file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
    RandomAccessFile io = new RandomAccessFile(file.toFile(), "rw");
    boolean done = false;
    try {
      if (locked && io.getChannel().tryLock() == null) {
        throw new IOException(file + " is in use by another process");
      }
      done = true;
      return io;
    } catch (OverlappingFileLockException e) {
      throw new IOException(file + " is in use by this process", e);
    } finally {
      if (!done) {
        io.close();
      }
    }
  }

  /** Opening by path gives a better error for an inaccessible file. */
  private static void checkAccess(Path file, StandardOpenOption... as) throws IOException {
    FileChannel.open(file, as).close();
  }

  private void cutOff(long end) throws IOException {
    Path kept = file.resolveSibling(file.getFileName() + DAMAGED);
    long length = io.length();
    try (FileAccess.WritableFile to = FILES.create(kept)) {
      byte[] piece = new byte[64 << 10];
      io.seek(end);
      for (long at = end; at < length; ) {
        int n = io.read(piece, 0, (int) Math.min(piece.length, length - at));
        if (n < 0) {
          throw new EOFException(file + " ended while it was read");
        }
        to.write(piece, 0, n);
        at += n;
      }
      to.force();
    }
    out.cut(end);
    out.force();
    LOG.log(
        Level.WARNING,
        "{0}: the last {1} bytes are not a complete record, as after a crash during a write;"
            + " they were moved to {2}",
        file,
        length - end,
        kept);
  }

  /**
   * Adds a record; it is on disk when this returns.
   *
   * @throws IOException if that failed; the record is then not in the log
   */
  public void append(byte[] payload) throws IOException {
    append(List.of(payload));
  }

  /** Variant for several records, which are written to disk together. */
  public void append(Collection<byte[]> payloads) throws IOException {
    List<byte[]> framed = payloads.stream().map(format::framed).toList();
    if (nameIsOpen) {
      FILES.syncDirectory(folder(file));
      nameIsOpen = false;
    }
    out.append(
        to -> {
          for (byte[] record : framed) {
            write(to, record);
          }
          to.force();
        });
    records += payloads.size();
  }

  /** Number of records in the file, including replaced ones. */
  public int records() {
    return records;
  }

  /** Size of the file in bytes. */
  public long bytes() {
    return out.size();
  }

  /**
   * Replaces all records.
   *
   * @throws IOException if the file could not be written; it then still holds the previous records
   */
  public void replace(Stream<byte[]> live) throws IOException {
    Path next = file.resolveSibling(file.getFileName() + NEXT);
    RandomAccessFile nextIo = opened(next, locked);
    RandomAccessFile before;
    boolean done = false;
    try {
      Writing nextOut = new Writing(nextIo, next);
      nextOut.truncate(0);
      int n = writeAll(nextOut, live);
      FILES.rename(next, file);
      done = true;
      nameIsOpen = true;
      before = io;
      io = nextIo;
      out = new AppendFile(nextOut);
      records = n;
    } finally {
      if (!done) {
        nextIo.close();
        Files.deleteIfExists(next);
      }
    }
    before.close();
    FILES.syncDirectory(folder(file));
    nameIsOpen = false;
  }

  private int writeAll(Writing to, Stream<byte[]> live) throws IOException {
    write(to, format.headerBytes());
    int n = 0;
    try {
      for (Iterator<byte[]> all = live.iterator(); all.hasNext(); n++) {
        write(to, format.framed(all.next()));
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    to.force();
    return n;
  }

  private static void write(FileAccess.WritableFile to, byte[] bytes) throws IOException {
    to.write(bytes, 0, bytes.length);
  }

  private static Path folder(Path file) {
    Path folder = file.toAbsolutePath().getParent();
    return folder == null ? file.toAbsolutePath() : folder;
  }

  @Override
  public void close() throws IOException {
    io.close();
  }
}
