package dev.tethys.store.files;

import dev.tethys.model.file.AppendFile;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.SegmentFiles;
import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Write-ahead log: a folder of segments. Each segment is
 *
 * <pre>
 * 8 bytes "TTHSWAL" and version 1, 8 bytes number of the segment, then {@link Frames}
 * </pre>
 *
 * and its name is its number in eight digits.
 *
 * <p>Invariants: only the newest segment grows; a segment of an earlier process is never appended
 * to; a refused append cannot come back ({@link AppendFile}); a segment that could not be forced to
 * disk is doubtful permanently, since the kernel may have dropped what it could not write without a
 * second error ({@link #isDoubtful}). One thread writes at a time (the commit lock of the head);
 * any may {@link #sync}.
 */
public final class WriteAheadLog implements Closeable {
  private static final byte[] MAGIC = {'T', 'T', 'H', 'S', 'W', 'A', 'L', 1};
  static final int HEADER = 16;
  private static final SegmentFiles.Names NAMES = new SegmentFiles.Names(false, "");

  private final FileAccess files;
  private final Path directory;
  private final SegmentFiles segments;
  private final long segmentBytes;
  private final ReentrantLock syncLock = new ReentrantLock();

  private long segment;
  private @Nullable AppendFile file;
  private volatile long written; // bytes in all since the log was opened
  private volatile long synced;
  private volatile long writes; // one thread at a time counts
  private volatile long doubtful = -1; // the newest segment that could not be forced
  private volatile long kept; // bytes of segments before the open one

  /**
   * Opens the log for writing. New segments have higher numbers than all existing ones, and than
   * those that a snapshot of the head replaces.
   */
  public WriteAheadLog(FileAccess files, Path directory, long segmentBytes, long behind)
      throws IOException {
    this.files = files;
    this.directory = directory;
    this.segments = new SegmentFiles(files, directory, NAMES);
    this.segmentBytes = segmentBytes;
    makeDirectory();
    List<Long> there = segments.numbers();
    segment = Math.max(there.isEmpty() ? 0 : there.getLast(), behind);
    for (long n : there) {
      kept += files.size(path(n));
    }
  }

  private void makeDirectory() throws IOException {
    files.createDirectories(directory);
    Path parent = directory.getParent();
    if (parent != null) {
      files.syncDirectory(parent);
    }
  }

  /** Numbers of the segments in a folder, ascending. */
  public static List<Long> segments(FileAccess files, Path directory) throws IOException {
    return new SegmentFiles(files, directory, NAMES).numbers();
  }

  private Path path(long n) {
    return path(directory, n);
  }

  /** Returns the path of a segment. */
  public static Path path(Path directory, long n) {
    return directory.resolve(name(n));
  }

  /** Returns the name of a numbered file: at least eight digits. */
  public static String name(long n) {
    return NAMES.name(n);
  }

  /**
   * Reads a segment.
   *
   * @return records found; all bytes count as damaged if the header is invalid
   */
  public static Frames.ScanResult read(FileAccess files, Path directory, long n, Frames.Visitor to)
      throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment b = files.map(path(directory, n), arena);
      if (b.byteSize() < HEADER) {
        return new Frames.ScanResult(0, 0, b.byteSize());
      }
      byte[] head = b.asSlice(0, HEADER).toArray(ValueLayout.JAVA_BYTE);
      ByteSource in = new ByteSource(head);
      boolean known = true;
      for (byte m : MAGIC) {
        known &= (byte) in.getByte() == m;
      }
      if (!known || in.getLong() != n) {
        // A damaged header does not take the frames with it: they carry their own checksums.
        Frames.ScanResult f = Frames.read(b, 0, to);
        return new Frames.ScanResult(f.frames(), f.damagedBytes() + 1, f.tornBytes());
      }
      return Frames.read(b, HEADER, to);
    }
  }

  /**
   * Appends complete frames.
   *
   * @throws IOException if they could not be written: then, as after any error, none of them is
   *     read back
   */
  public void append(ByteSink frames, boolean sync) throws IOException {
    AppendFile f = segmentFor(frames.size);
    f.append(
        to -> {
          to.write(frames.buf, 0, frames.size);
          if (sync) {
            force(f);
          }
        });
    written += frames.size;
    writes++;
    if (sync) {
      synced = written;
    }
  }

  /** Returns the open segment, which has space for a number of bytes. */
  private AppendFile segmentFor(int bytes) throws IOException {
    AppendFile f = file;
    if (f != null) {
      f.repair();
    }
    if (f == null || (f.size() > HEADER && f.size() + bytes > segmentBytes)) {
      rotate();
      f = file;
    }
    if (f == null) {
      throw new IOException("no segment is open");
    }
    return f;
  }

  /**
   * Starts a new segment, whose number is returned; the previous one is made durable, unless it is
   * in doubt already.
   */
  public long rotate() throws IOException {
    syncLock.lock();
    try {
      AppendFile old = file;
      if (old != null) {
        old.repair();
        if (doubtful != segment) { // one before it in doubt says nothing of this one
          force(old);
          synced = written;
        }
        file = null;
        kept += old.size();
        old.close();
      }
      long n = segment + 1;
      if (!files.isDirectory(directory)) { // the folder was removed from outside
        makeDirectory();
      }
      ByteSink head = new ByteSink(HEADER);
      head.put(MAGIC, 0, MAGIC.length);
      head.putLong(n);
      file = segments.create(n, Arrays.copyOf(head.buf, head.size), true);
      segment = n;
      return n;
    } finally {
      syncLock.unlock();
    }
  }

  /**
   * Makes everything appended before this call durable.
   *
   * @throws IOException also, once, when the open segment was removed from outside: no start would
   *     find its records, so they are in doubt
   */
  public void sync() throws IOException {
    syncLock.lock();
    try {
      AppendFile f = file;
      long upTo = written;
      if (f == null || synced >= upTo) {
        return; // another thread has forced it since
      }
      if (doubtful != segment && !files.exists(path(segment))) {
        doubtful = segment;
        throw new IOException(path(segment) + " was removed while the store is open");
      }
      force(f);
      synced = upTo;
    } finally {
      syncLock.unlock();
    }
  }

  private void force(AppendFile f) throws IOException {
    boolean forced = false;
    try {
      f.force();
      forced = true;
    } finally {
      if (!forced) {
        doubtful = segment;
      }
    }
  }

  /**
   * Whether a segment could not be forced to disk, so that a power cut may lose its records even if
   * a later force succeeds. Ends when the head is {@link #saved}.
   */
  public boolean isDoubtful() {
    return doubtful >= 0;
  }

  /** Records that all records before a segment are durable elsewhere. */
  public void saved(long before) {
    syncLock.lock();
    try {
      if (doubtful < before) {
        doubtful = -1;
      }
    } finally {
      syncLock.unlock();
    }
  }

  /**
   * Removes the bytes after a position of {@link #written}, as far as they are in the open segment,
   * and starts a new segment. Used for bytes that could not be forced to disk: the kernel may have
   * dropped them, and they must not reappear with later ones.
   *
   * @return position up to which the log is kept; all bytes before it have been forced
   */
  public long cut(long position) throws IOException {
    syncLock.lock();
    try {
      AppendFile f = file;
      long appended = f == null ? 0 : f.size() - HEADER;
      long kept = Math.max(position, written - appended);
      if (f != null) {
        long to = f.size() - (written - kept);
        written = kept;
        synced = Math.min(synced, kept);
        f.cut(to);
        f.force(); // what failed before may fail again; then the open segment stays in doubt
        doubtful = -1;
        rotate();
      }
      return kept;
    } finally {
      syncLock.unlock();
    }
  }

  /** Removes segments before a number. */
  public void truncate(long before) throws IOException {
    long remaining = 0;
    for (long n : segments.numbers()) {
      if (n < before) {
        files.delete(path(n));
      } else if (n < segment) {
        remaining += files.size(path(n));
      }
    }
    kept = remaining;
  }

  /** Returns the total size of all segments in bytes. */
  public long bytes() {
    AppendFile f = file;
    return f == null ? kept : kept + f.size();
  }

  /** Bytes appended since the log was opened. */
  public long written() {
    return written;
  }

  /** Appends since the log was opened. */
  public long writes() {
    return writes;
  }

  /** Returns the segment now written to, or before the first write the newest there is. */
  public long segment() {
    return segment;
  }

  @Override
  public void close() throws IOException {
    syncLock.lock();
    try {
      AppendFile f = file;
      file = null;
      if (f != null) {
        kept += f.size();
        try {
          f.repair();
          force(f);
        } finally {
          f.close();
        }
      }
    } finally {
      syncLock.unlock();
    }
  }
}
