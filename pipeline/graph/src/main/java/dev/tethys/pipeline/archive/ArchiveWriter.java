package dev.tethys.pipeline.archive;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.compression.Compression;
import dev.tethys.model.file.AppendFile;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.SegmentFiles;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Appends requests to an archive and keeps it within its size and age. Thread-safe. A request is
 * durable when {@link #append} returns; appends that wait at the same time share one force.
 *
 * <p>Locks: {@code forcing} before {@code this}. A file is closed with both, so that no force hits
 * a closed file. On startup a new segment is started, and the index of an incomplete one is
 * written.
 */
public final class ArchiveWriter implements Closeable {
  /** Records of a segment; bounds its index. */
  static final int MAX_RECORDS = 65_536;

  /**
   * Archive limits.
   *
   * @param maxBytes maximum total size of all files
   * @param maxAge maximum age of a request
   * @param segmentBytes size at which a segment is complete
   * @param segmentAge age at which a segment is complete
   * @param refuses whether a full archive rejects requests; otherwise the oldest segment is deleted
   * @param index resource attributes in the index
   */
  public record Bounds(
      long maxBytes,
      Duration maxAge,
      long segmentBytes,
      Duration segmentAge,
      boolean refuses,
      List<String> index) {
    public Bounds {
      index = List.copyOf(index);
    }
  }

  /** Reason for deleting a segment. */
  public enum Deletion {
    SIZE,
    AGE
  }

  /**
   * Archive statistics.
   *
   * @param deleted items of deleted segments by reason, since startup
   */
  public record Stats(long bytes, int segments, long items, Map<Deletion, Long> deleted) {}

  /** Segment that is complete. */
  private record Complete(long bytes, long items, long lastMillis) {}

  private final FileAccess files;
  private final Path folder;
  private final SegmentFiles segments;
  private final LongSupplier millis;
  private final Object forcing = new Object();
  private long forced; // guarded by forcing; sequence of the last durable append
  private volatile Bounds bounds;

  @GuardedBy("this")
  private int users;

  @GuardedBy("this")
  private @Nullable Closeable lock;

  @GuardedBy("this")
  private final TreeMap<Long, Complete> complete = new TreeMap<>();

  @GuardedBy("this")
  private final Map<Deletion, Long> deleted = new EnumMap<>(Deletion.class);

  @GuardedBy("this")
  private @Nullable AppendFile open;

  @GuardedBy("this")
  private final List<Archive.Entry> entries = new ArrayList<>();

  @GuardedBy("this")
  private long number;

  @GuardedBy("this")
  private long begun;

  @GuardedBy("this")
  private long sequence;

  /**
   * @param millis wall clock
   */
  public ArchiveWriter(FileAccess files, Path folder, LongSupplier millis, Bounds bounds) {
    this.files = files;
    this.folder = folder;
    this.segments = new SegmentFiles(files, folder, Archive.SEGMENTS);
    this.millis = millis;
    this.bounds = bounds;
  }

  /** Opens the archive for one more user; the bounds hold for all users from now on. */
  public void open(Bounds newBounds) throws IOException {
    synchronized (this) {
      bounds = newBounds;
      if (users == 0) {
        files.createDirectories(folder);
        lock = files.lock(folder.resolve(Archive.LOCK));
        try {
          recover();
        } catch (IOException e) {
          unlock();
          throw e;
        }
      }
      users++;
    }
    maintain();
  }

  @GuardedBy("this")
  private void unlock() throws IOException {
    Closeable l = lock;
    lock = null;
    if (l != null) {
      l.close();
    }
  }

  @GuardedBy("this")
  private void recover() throws IOException {
    complete.clear();
    Path moved = folder.resolve(Archive.MOVED);
    if (files.exists(moved)) {
      String text = new String(files.read(moved), StandardCharsets.US_ASCII).strip();
      try {
        number = Math.max(number, Long.parseLong(text));
      } catch (NumberFormatException e) {
        throw new IOException(moved + " is \"" + text + "\"; it must be a number", e);
      }
    }
    ArchiveFiles all = ArchiveFiles.in(files, folder);
    for (long n : Archive.segments(all)) {
      Path segment = segment(n);
      Path index = index(n);
      List<Archive.Entry> of;
      if (files.exists(index)) {
        of = Archive.entries(files.read(index), n);
      } else {
        of = ArchiveReader.scan(all, n, Long.MAX_VALUE);
        files.replace(index, Archive.index(n, of));
      }
      complete.put(n, completed(segment, index, of));
      number = Math.max(number, n);
    }
  }

  private Complete completed(Path segment, Path index, List<Archive.Entry> of) throws IOException {
    long items = 0;
    long last = 0;
    for (Archive.Entry e : of) {
      items += e.summary().items();
      last = Math.max(last, e.summary().writtenMillis());
    }
    return new Complete(files.size(segment) + files.size(index), items, last);
  }

  /**
   * Appends an OTLP request.
   *
   * @param summary summary of the request
   * @throws ArchiveFullException if the archive is full and rejects requests
   * @throws IOException if the request is not durable
   */
  public void append(RequestSummary summary, byte[] body) throws IOException {
    byte[] compressed = Compression.ZSTD.compress(body, 0, body.length, Compression.DEFAULT_LEVEL);
    byte[] record = Archive.record(summary.write(), compressed);
    Bounds b = bounds;
    if (isDue(b, record.length)) {
      synchronized (forcing) {
        synchronized (this) {
          if (isDue(b, record.length)) {
            finishSegment();
          }
        }
      }
    }
    long mine;
    synchronized (this) {
      if (users == 0) {
        throw new IOException("the archive is closed");
      }
      makeRoom(b, record.length);
      AppendFile now = open;
      AppendFile f = now == null ? begin() : now;
      long at = f.size();
      try {
        f.append(record, 0, record.length);
      } catch (IOException e) {
        if (f.isBroken()) {
          try (f) {
            abandon();
          } catch (IOException also) {
            e.addSuppressed(also);
          }
        }
        throw e;
      }
      entries.add(new Archive.Entry(at, compressed.length, summary));
      mine = ++sequence;
    }
    force(mine);
  }

  /** Ends a segment that ends with an incomplete record. */
  @GuardedBy("this")
  private void abandon() throws IOException {
    open = null;
    Path segment = segment(number);
    complete.put(number, completed(segment, segment, entries));
    entries.clear();
  }

  private synchronized boolean isDue(Bounds b, int more) {
    AppendFile f = open;
    return f != null
        && !entries.isEmpty()
        && (f.size() + more > b.segmentBytes
            || entries.size() >= MAX_RECORDS
            || millis.getAsLong() - begun >= b.segmentAge.toMillis());
  }

  @GuardedBy("this")
  private AppendFile begin() throws IOException {
    AppendFile f = segments.create(number + 1, Archive.header(number + 1), true);
    number++;
    begun = millis.getAsLong();
    open = f;
    return f;
  }

  /** Finishes the segment; called with both locks held. */
  @GuardedBy("this")
  private void finishSegment() throws IOException {
    AppendFile f = open;
    if (f == null) {
      return;
    }
    f.force();
    forced = sequence;
    f.close();
    open = null;
    Path segment = segment(number);
    Path index = index(number);
    files.replace(index, Archive.index(number, entries));
    complete.put(number, completed(segment, index, entries));
    entries.clear();
  }

  private void force(long upTo) throws IOException {
    synchronized (forcing) {
      if (forced >= upTo) {
        return;
      }
      AppendFile f;
      long last;
      synchronized (this) {
        f = open;
        last = sequence;
      }
      if (f != null) {
        f.force();
      }
      forced = last;
    }
  }

  /** Makes room for more bytes; called with this object's lock held. */
  @GuardedBy("this")
  private void makeRoom(Bounds b, long more) throws IOException {
    while (bytes() + more > b.maxBytes) {
      Long oldest = complete.isEmpty() ? null : complete.firstKey();
      if (b.refuses || oldest == null) {
        throw new ArchiveFullException(
            "the archive "
                + folder
                + " has "
                + bytes()
                + " bytes of "
                + b.maxBytes
                + " (max_size); enlarge max_size or delete segments");
      }
      delete(oldest, Deletion.SIZE);
    }
  }

  @GuardedBy("this")
  private void delete(long n, Deletion why) throws IOException {
    files.delete(index(n));
    files.delete(segment(n));
    Complete c = complete.remove(n);
    deleted.merge(why, c == null ? 0 : c.items, Long::sum);
  }

  @GuardedBy("this")
  private long bytes() {
    long n = open == null ? 0 : open.size();
    for (Complete c : complete.values()) {
      n += c.bytes;
    }
    return n;
  }

  /** Completes a segment that is old enough and deletes those that are too old. */
  public void maintain() throws IOException {
    synchronized (forcing) {
      synchronized (this) {
        Bounds b = bounds;
        if (isDue(b, 0)) {
          finishSegment();
        }
        long oldest = millis.getAsLong() - b.maxAge.toMillis();
        while (!complete.isEmpty() && complete.firstEntry().getValue().lastMillis < oldest) {
          delete(complete.firstKey(), Deletion.AGE);
        }
      }
    }
  }

  /** Numbers of complete segments, ascending. */
  synchronized List<Long> completeSegments() {
    return List.copyOf(complete.keySet());
  }

  /**
   * Removes a segment that is stored elsewhere. Its number is not reused.
   *
   * @throws IOException if the removal is not durable; the segment is then uploaded again later
   */
  void moved(long n) throws IOException {
    synchronized (forcing) {
      synchronized (this) {
        files.replace(
            folder.resolve(Archive.MOVED), Long.toString(n).getBytes(StandardCharsets.US_ASCII));
        files.delete(segment(n));
        files.delete(index(n));
        complete.remove(n);
      }
    }
  }

  /** Returns the current state. */
  public synchronized Stats stats() {
    long items = 0;
    for (Complete c : complete.values()) {
      items += c.items;
    }
    for (Archive.Entry e : entries) {
      items += e.summary().items();
    }
    return new Stats(
        bytes(), complete.size() + (open == null ? 0 : 1), items, new EnumMap<>(deletedOrZero()));
  }

  @GuardedBy("this")
  private Map<Deletion, Long> deletedOrZero() {
    Map<Deletion, Long> out = new EnumMap<>(Deletion.class);
    for (Deletion d : Deletion.values()) {
      out.put(d, deleted.getOrDefault(d, 0L));
    }
    return out;
  }

  private Path segment(long n) {
    return segments.path(n);
  }

  private Path index(long n) {
    return folder.resolve(Archive.INDEXES.name(n));
  }

  /** Closes the archive for one user; the last one completes the segment. */
  @Override
  public void close() throws IOException {
    close(() -> {});
  }

  /** Work of the last user before the archive is unlocked. */
  @FunctionalInterface
  public interface LastWork {
    void run() throws IOException;
  }

  /** Variant with work of the last user, between the completion of the segment and the unlock. */
  public void close(LastWork last) throws IOException {
    synchronized (forcing) {
      synchronized (this) {
        if (users == 0 || --users > 0) {
          return;
        }
        try {
          finishSegment();
          last.run();
        } finally {
          unlock();
        }
      }
    }
  }
}
