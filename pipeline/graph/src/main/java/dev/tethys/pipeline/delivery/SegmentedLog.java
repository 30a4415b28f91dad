package dev.tethys.pipeline.delivery;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.file.AppendFile;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.SegmentFiles;
import dev.tethys.model.log.JulLogger;
import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Append-only log of records in files. Each record is marked done separately, in any order; a file
 * whose records are all done is deleted, which is the entire cost of reclaiming. {@link
 * SegmentFormat} describes the files.
 *
 * <p>Invariants: a process appends only to segments that it created, the one with the highest
 * number. Marks are not synced: after a power loss some done records may be found again, so records
 * are read at least once. Corrupt parts are skipped up to the next valid head, and counted; they
 * never prevent the log from opening.
 */
final class SegmentedLog implements Closeable {
  private static final System.Logger LOG = JulLogger.of("dev.tethys.pipeline.delivery");

  /** Bytes before the first record. */
  static final int HEADER = SegmentFormat.HEADER;

  /** The least and the largest size at which a segment is followed by another. */
  static final long MIN_SEGMENT = 4 << 10;

  static final long MAX_SEGMENT = 64L << 20;

  /** Position of a record. */
  record LogPosition(Segment segment, long offset, long end) {}

  /** A record that was found. */
  record ScannedRecord(LogPosition place, StoredRequest record, int headLength) {}

  private final FileAccess files;
  private final DoneMarks marks;
  private final Path folder;
  private final SegmentFiles segmentFiles;
  private final long segmentBytes;
  private final boolean durable;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition forced = lock.newCondition();

  @GuardedBy("lock")
  private final TreeMap<Long, Segment> segments = new TreeMap<>();

  @GuardedBy("lock")
  private long nextNumber = 1;

  @GuardedBy("lock")
  private long bytes; // of all files

  @GuardedBy("lock")
  private boolean forcing;

  @GuardedBy("lock")
  private long damagedBytes;

  @GuardedBy("lock")
  private boolean dirty; // written, not forced

  /**
   * Opens a folder, and creates it if missing.
   *
   * @param durable whether creation and removal of files are synced immediately
   * @param found called with the headers of each record that is not done
   * @throws IOException if the folder cannot be created or listed
   */
  SegmentedLog(
      FileAccess files,
      Path folder,
      long maxBytes,
      boolean durable,
      Consumer<Map<String, String>> found)
      throws IOException {
    this.files = files;
    this.marks = new DoneMarks(files);
    this.folder = folder;
    this.segmentFiles = new SegmentFiles(files, folder, SegmentFormat.SEGMENTS);
    this.segmentBytes = Math.clamp(maxBytes / 16, MIN_SEGMENT, MAX_SEGMENT);
    this.durable = durable;
    makeFolder(files, folder, durable);
    for (long number : segmentFiles.numbers()) {
      segments.put(number, new Segment(folder, number));
      nextNumber = number + 1;
    }
    SegmentFiles doneFiles = new SegmentFiles(files, folder, SegmentFormat.DONE);
    for (long number : doneFiles.numbers()) {
      if (!segments.containsKey(number)) {
        files.delete(doneFiles.path(number)); // its segment was deleted just before the end
      }
    }
    SegmentRecovery recovery = new SegmentRecovery(this, files, marks, found);
    for (Segment s : List.copyOf(segments.values())) {
      recover(s, s.number == segments.lastKey(), recovery);
    }
  }

  /** Names of folders are as easily lost with the power as those of files. */
  static void makeFolder(FileAccess files, Path folder, boolean durable) throws IOException {
    List<Path> made = new ArrayList<>();
    for (Path p = folder.toAbsolutePath(); p != null && !files.exists(p); p = p.getParent()) {
      made.add(p);
    }
    files.createDirectories(folder);
    if (durable) {
      for (Path p : made) {
        Path parent = p.getParent();
        if (parent != null) {
          files.syncDirectory(parent);
        }
      }
    }
  }

  /** Imports a segment written by another process. */
  @GuardedBy("lock")
  private void recover(Segment s, boolean last, SegmentRecovery recovery) {
    damagedBytes += recovery.count(s, last);
    bytes += s.size + s.doneFileSize;
    if (s.isAllDone()) {
      reclaim(s);
    } else if (!s.skip.isEmpty()) {
      bytes -= s.doneFileSize;
      marks.rewrite(s);
      bytes += s.doneFileSize;
    }
  }

  /** Returns the size of a record in bytes, excluding the header of a new segment. */
  static long size(EncodedRequest p) {
    return StoredRequest.size(p, "");
  }

  /**
   * Appends a record, which survives the process from then on.
   *
   * @throws IOException if it could not be written; nothing of it remains then
   */
  LogPosition append(StoredRequest r, byte[] body) throws IOException {
    byte[] head = r.encode(body);
    lock.lock();
    try {
      Segment s = active(head.length + (long) body.length);
      AppendFile w = s.writer;
      if (w == null) {
        throw new IOException("the queue on disk is closed");
      }
      long offset = s.size;
      try {
        w.append(
            f -> {
              f.write(head, 0, head.length);
              f.write(body, 0, body.length);
            });
      } finally {
        s.broken |= w.isBroken();
      }
      s.size = w.size();
      bytes += s.size - offset;
      s.records++;
      s.items += r.items();
      dirty = true;
      return new LogPosition(s, offset, s.size);
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private Segment active(long room) throws IOException {
    Segment s = segments.isEmpty() ? null : segments.lastEntry().getValue();
    if (s != null
        && !s.sealed
        && !s.broken
        && (s.records == 0 || s.size + room <= segmentBytes)
        && s.size + room < 0xffffffffL) {
      return s;
    }
    if (s != null) {
      seal(s);
    }
    Segment next = new Segment(folder, nextNumber);
    next.writer =
        segmentFiles.create(next.number, SegmentFormat.segmentHeader(next.number), durable);
    nextNumber++;
    next.size = HEADER;
    bytes += HEADER;
    segments.put(next.number, next);
    return next;
  }

  /** Seals a segment against further appends. */
  @GuardedBy("lock")
  private void seal(Segment s) {
    AppendFile w = s.writer;
    if (!s.sealed && w != null) {
      s.sealed = true;
      s.writer = null;
      try {
        if (!s.broken && s.forced < s.size) {
          w.force();
          s.forced = s.size;
        }
      } catch (IOException e) {
        s.broken = true;
        LOG.log(Level.WARNING, "queue on disk: {0}: {1}", s.file, e.toString());
      }
      forced.signalAll();
      close(w);
    }
    if (s.isAllDone()) {
      reclaim(s);
    }
  }

  /**
   * Waits until a record survives the machine. Threads that wait at the same time share one sync.
   *
   * @throws IOException if that failed: the record may or may not be on disk
   */
  void force(LogPosition p) throws IOException {
    Segment s = p.segment;
    AppendFile w;
    long target;
    lock.lock();
    try {
      while (true) {
        if (s.forced >= p.end) {
          return;
        }
        if (s.broken || s.sealed) {
          throw new IOException("the queue on disk could not be forced: " + s.file);
        }
        if (!forcing) {
          break;
        }
        forced.awaitUninterruptibly();
      }
      forcing = true;
      w = s.writer;
      target = s.size;
    } finally {
      lock.unlock();
    }
    IOException failure = null;
    try {
      if (w == null) {
        throw new IOException("the queue on disk is closed");
      }
      w.force();
    } catch (IOException e) {
      failure = e;
    }
    lock.lock();
    try {
      forcing = false;
      forced.signalAll();
      if (failure == null) {
        s.forced = Math.max(s.forced, target);
      } else if (s.forced < p.end) {
        s.broken = true; // the disk's content after a failed sync is unknown
        throw failure;
      }
    } finally {
      lock.unlock();
    }
  }

  /** Syncs written data, for callers that do not wait for it. */
  void forceAll() throws IOException {
    LogPosition p = null;
    lock.lock();
    try {
      if (dirty && !segments.isEmpty()) {
        Segment s = segments.lastEntry().getValue();
        dirty = false;
        if (!s.sealed && !s.broken) {
          p = new LogPosition(s, s.size, s.size);
        }
      }
    } finally {
      lock.unlock();
    }
    if (p != null) {
      force(p);
    }
  }

  /**
   * Reads a record with its body.
   *
   * @throws CorruptSegmentException if it no longer exists
   */
  EncodedRequest read(LogPosition p) throws IOException {
    int length = Math.toIntExact(p.end - p.offset);
    byte[] b = new byte[length];
    int n;
    try {
      n = reader(p.segment).read(p.offset, b, 0, length);
    } catch (ClosedChannelException e) {
      forget(p.segment); // closed by the interruption of another thread that read
      n = reader(p.segment).read(p.offset, b, 0, length);
    }
    ByteBuffer in = ByteBuffer.wrap(b).order(ByteOrder.LITTLE_ENDIAN);
    if (n == length && length >= StoredRequest.PREFIX && in.getInt(0) == StoredRequest.MARKER) {
      int head = in.getInt(4);
      int body = in.getInt(8);
      if (head >= 0
          && head <= StoredRequest.MAX_HEAD
          && body == length - StoredRequest.PREFIX - head
          && in.getInt(12) == StoredRequest.headCrc(b, 0, head)
          && in.getInt(16) == StoredRequest.crc(b, StoredRequest.PREFIX + head, body)) {
        StoredRequest r = StoredRequest.decode(b, StoredRequest.PREFIX, head);
        if (r != null) {
          return r.toRequest(Arrays.copyOfRange(b, StoredRequest.PREFIX + head, length));
        }
      }
    }
    throw new CorruptSegmentException(p.segment.file + " is damaged at " + p.offset);
  }

  private void forget(Segment s) {
    lock.lock();
    try {
      s.reader = null;
    } finally {
      lock.unlock();
    }
  }

  /** Opens a file for reading a segment. */
  FileAccess.ReadableFile reader(Segment s) throws IOException {
    lock.lock();
    try {
      FileAccess.ReadableFile r = s.reader;
      if (r == null) {
        if (s.deleted) {
          throw new CorruptSegmentException(s.file + " was deleted");
        }
        r = files.open(s.file);
        s.reader = r;
      }
      return r;
    } finally {
      lock.unlock();
    }
  }

  /** Marks a record done. */
  void done(LogPosition p, int items) {
    lock.lock();
    try {
      Segment s = p.segment;
      if (s.deleted) {
        return;
      }
      s.doneRecords++;
      s.doneItems += items;
      if (s.sealed && s.isAllDone()) {
        reclaim(s);
        return;
      }
      bytes -= s.doneFileSize;
      marks.add(s, p.offset);
      bytes += s.doneFileSize;
    } finally {
      lock.unlock();
    }
  }

  /** Makes readers skip this record until the next start. */
  void passOver(LogPosition p) {
    lock.lock();
    try {
      p.segment.skip.add(p.offset);
    } finally {
      lock.unlock();
    }
  }

  /** Makes readers skip this record, which counts as done. */
  void skip(LogPosition p, int items) {
    lock.lock();
    try {
      p.segment.skip.add(p.offset);
    } finally {
      lock.unlock();
    }
    done(p, items);
  }

  /** Deletes a segment whose records are all done. */
  @GuardedBy("lock")
  private void reclaim(Segment s) {
    if (s.deleted) {
      return;
    }
    s.deleted = true;
    segments.remove(s.number);
    bytes -= s.size + s.doneFileSize;
    close(s.writer);
    close(s.reader);
    close(s.doneWriter);
    try {
      files.delete(s.file);
      if (durable) {
        files.syncDirectory(folder); // otherwise marks could be lost before the records they mark
      }
      files.delete(s.doneFile);
    } catch (IOException e) {
      LOG.log(Level.WARNING, "queue on disk: {0} cannot be deleted: {1}", s.file, e.toString());
    }
  }

  /** Frees the space of the segment being written if nothing in it is needed. */
  void reclaimSpace() {
    lock.lock();
    try {
      if (!segments.isEmpty()) {
        Segment s = segments.lastEntry().getValue();
        if (!s.sealed && s.records > 0 && s.isAllDone()) {
          seal(s);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Seals a segment against further appends immediately. */
  void sealNow(Segment s) {
    lock.lock();
    try {
      if (!s.deleted) {
        seal(s);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Records that are not done, and their items. */
  record Remaining(long records, long items) {}

  /** Deletes an entire segment; returns the records that were not done. */
  Remaining drop(Segment s) {
    lock.lock();
    try {
      Remaining left = new Remaining(s.records - s.doneRecords, s.items - s.doneItems);
      reclaim(s);
      return left;
    } finally {
      lock.unlock();
    }
  }

  /** Returns the total size of all files in bytes. */
  long bytes() {
    lock.lock();
    try {
      return bytes;
    } finally {
      lock.unlock();
    }
  }

  /** Bytes that were skipped because they were damaged. */
  long damagedBytes() {
    lock.lock();
    try {
      return damagedBytes;
    } finally {
      lock.unlock();
    }
  }

  /** Records and items that are not done. */
  Remaining open() {
    lock.lock();
    try {
      long r = 0;
      long i = 0;
      for (Segment s : segments.values()) {
        r += s.records - s.doneRecords;
        i += s.items - s.doneItems;
      }
      return new Remaining(r, i);
    } finally {
      lock.unlock();
    }
  }

  /** Returns the segments, oldest first. */
  List<Segment> segments() {
    lock.lock();
    try {
      return new ArrayList<>(segments.values());
    } finally {
      lock.unlock();
    }
  }

  /** Returns the next segment after another, or null if there is none. */
  @Nullable Segment after(long number) {
    lock.lock();
    try {
      Map.Entry<Long, Segment> e = segments.higherEntry(number);
      return e == null ? null : e.getValue();
    } finally {
      lock.unlock();
    }
  }

  boolean isSkipped(LogPosition p) {
    lock.lock();
    try {
      return p.segment.skip.contains(p.offset);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      for (Segment s : List.copyOf(segments.values())) {
        seal(s);
        close(s.reader);
        close(s.doneWriter);
        s.reader = null;
      }
    } finally {
      lock.unlock();
    }
  }

  private static void close(@Nullable Closeable c) {
    try {
      if (c != null) {
        c.close();
      }
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "closing a file of a queue", e);
    }
  }
}
