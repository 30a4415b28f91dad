package dev.tethys.store.events;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.guard.RequestBuffers;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.StorageException;
import dev.tethys.model.storage.StorageException.Reason;
import dev.tethys.model.storage.StoreHealth;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import dev.tethys.store.files.Frames;
import dev.tethys.store.files.WriteAheadLog;
import dev.tethys.store.files.WriteHealth;
import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Storage engine of event data: write-ahead log, heads in memory, immutable parts.
 *
 * <p>An append writes a frame to the log, adds its rows to the head of its tenant, and returns when
 * the log is forced to disk; concurrent appends share a forced write. When the heads are full they
 * are sealed: the log starts a new segment, new heads take over, and a background thread writes the
 * sealed heads into parts. The manifest then names the parts and the segment to replay from in one
 * atomic write, so that every acknowledged row is in exactly one of them after any crash.
 *
 * <p>Invariants, guarded by {@code lock}: rows of the active heads are in log segments from {@code
 * activeSegment} on, rows of the sealed heads in the segments from the manifest's to that one; at
 * most one generation is sealed. Only the thread that holds {@code maintenance} changes the
 * manifest. Lock order: {@code maintenance}, {@code lock}.
 *
 * @param <H> head of a signal
 * @param <S> snapshot of a head
 * @param <P> open part of a signal
 */
public final class EventEngine<H extends EventHead<S>, S, P> implements AutoCloseable {
  private static final System.Logger LOG = JulLogger.of(EventEngine.class.getName());
  private static final long HOUSEKEEPING_NANOS = 30_000_000_000L;
  private static final long REPLAYED_HEADS = 3; // as large as a full head

  /** Heads of one generation. */
  private record Generation<H extends EventHead<?>>(
      long number, Map<String, H> heads, HeadReferences<H> use, long nextSegment) {}

  private final FileAccess files;
  private final Path directory;
  private final EngineOptions options;
  private final EventSignal<H, S, P> signal;
  private final Closeable folderLock;
  private final WriteAheadLog wal;
  private final ReentrantLock lock = new ReentrantLock();
  private final ReentrantLock maintenance = new ReentrantLock();
  private final Condition room = lock.newCondition(); // sealed heads were written, or failed
  private final Condition work = lock.newCondition(); // for the background thread
  private final @Nullable Thread background;
  private final RequestBuffers<ByteSink> frames =
      new RequestBuffers<>(() -> new ByteSink(1 << 16), f -> f.buf.length);

  private final DiskGuard disk;
  private final WriteHealth writes;
  private final PartTable<P> parts;
  private final PartMaintenance<H, S, P> housekeeping;

  @GuardedBy("maintenance")
  private long housekeepingDue = Long.MIN_VALUE;

  private Map<String, H> active = new HashMap<>();
  private HeadReferences<H> activeUse = new HeadReferences<>();
  private long activeBytes;
  private long sealedBytes;
  private volatile long headBytes; // of the active and the sealed heads, for readers without lock
  private long activeGeneration;
  private long activeSince; // clock at the first row
  private final UnsyncedRows<H> unforced = new UnsyncedRows<>();
  private @Nullable Generation<H> sealed;
  private @Nullable String flushFailure;
  private boolean unapplied; // a frame is in the log whose rows are not all in their head
  private boolean closed;

  /**
   * Opens a store, replays its log, and starts the background thread.
   *
   * @throws CorruptionException if the manifest cannot be read
   */
  public EventEngine(
      FileAccess files, Path directory, EventSignal<H, S, P> signal, EngineOptions options)
      throws IOException {
    this.files = files;
    this.directory = directory;
    this.signal = signal;
    this.options = options;
    this.disk =
        new DiskGuard(
            files, directory, options.reserveBytes(), () -> millis(options.clock().getAsLong()));
    this.writes = new WriteHealth(() -> millis(options.clock().getAsLong()));
    files.createDirectories(directory);
    Path parent = directory.toAbsolutePath().getParent();
    if (parent != null) {
      files.syncDirectory(parent);
    }
    folderLock = files.lock(directory.resolve("lock"));
    boolean opened = false;
    try {
      parts = new PartTable<>(files, directory, lock, signal::open);
      housekeeping = new PartMaintenance<>(files, directory, parts, signal, options);
      Manifest manifest = parts.manifest();
      activeGeneration = manifest.headGeneration();
      Path walFolder = directory.resolve("wal");
      replay(walFolder, manifest.walSegment());
      wal =
          new WriteAheadLog(files, walFolder, options.walSegmentBytes(), manifest.walSegment() - 1);
      wal.truncate(manifest.walSegment());
      sealReplayed();
      opened = true;
    } finally {
      if (!opened) {
        folderLock.close();
      }
    }
    background = options.background() ? startBackground() : null;
  }

  private Thread startBackground() {
    Maintenance<H, S, P> loop = new Maintenance<>(this);
    return Thread.ofPlatform()
        .daemon()
        .name("events-maintenance")
        .start(SupervisedLoop.of("event_maintenance", loop));
  }

  private void replay(Path walFolder, long firstSegment) throws IOException {
    if (!files.isDirectory(walFolder)) {
      return;
    }
    for (long n : WriteAheadLog.segments(files, walFolder)) {
      if (n < firstSegment) {
        continue;
      }
      Frames.ScanResult found = WriteAheadLog.read(files, walFolder, n, this::replayFrame);
      if (found.damagedBytes() > 0) {
        LOG.log(
            Level.ERROR,
            "Write-ahead log is damaged, its other rows were recovered segment={0}"
                + " damaged_bytes={1}",
            WriteAheadLog.path(walFolder, n),
            found.damagedBytes());
      }
      writeReplayed(n + 1);
    }
    for (H head : active.values()) {
      activeBytes += head.bytes();
    }
    headBytes = activeBytes + sealedBytes;
    activeSince = options.clock().getAsLong();
  }

  /**
   * Writes replayed rows into parts before the store is open, if they are more than a process that
   * was killed leaves: those of a sealed and an active head. Processes that are killed again and
   * again would otherwise leave a log that no memory holds.
   *
   * @param next segment of the rows that follow
   */
  private void writeReplayed(long next) throws IOException {
    long bytes = active.values().stream().mapToLong(EventHead::bytes).sum();
    if (bytes < REPLAYED_HEADS * options.headBytes()) {
      return;
    }
    sealed = new Generation<>(activeGeneration, active, activeUse, next);
    active = new HashMap<>();
    activeUse = new HeadReferences<>();
    activeGeneration++;
    commitSealed();
  }

  /** Leaves a full head to the background thread: queries continue meanwhile. */
  private void sealReplayed() throws IOException {
    lock.lock();
    try {
      if (activeBytes >= options.headBytes()) {
        seal();
      }
    } finally {
      lock.unlock();
    }
  }

  private void replayFrame(ByteSource frame) {
    String tenant = frame.string();
    signal.replay(active.computeIfAbsent(tenant, signal::createHead), frame);
  }

  // ---- appending

  /**
   * Appends rows and returns when they are on disk.
   *
   * @param write writes a frame of the log that replays to the rows, after the tenant's name, and
   *     returns an action that adds the rows to the tenant's head under the engine's lock
   * @throws StorageException if no row was stored
   */
  public void append(String tenant, Function<ByteSink, Consumer<H>> write) {
    ByteSink frame = frames.take().clear();
    try {
      int at = Frames.begin(frame);
      frame.putString(tenant);
      Consumer<H> apply = write.apply(frame);
      Frames.end(frame, at);
      append(tenant, frame, apply);
    } finally {
      frames.release(frame);
    }
  }

  private void append(String tenant, ByteSink frame, Consumer<H> apply) {
    UnsyncedRows.Rows<H> rows;
    requireSpace();
    lock.lock();
    try {
      awaitRoom();
      dropDoubtful();
      wal.append(frame, false);
      if (activeBytes == 0) {
        activeSince = options.clock().getAsLong();
      }
      H head = active.computeIfAbsent(tenant, signal::createHead);
      rows = unforced.add(head, wal.written());
      long before = head.bytes();
      apply(apply, head);
      activeBytes += head.bytes() - before;
      headBytes = activeBytes + sealedBytes;
      if (activeBytes >= options.headBytes() && sealed == null) {
        sealOrLog();
      }
    } catch (IOException e) {
      throw writeFailed(e);
    } finally {
      lock.unlock();
    }
    force(rows);
    writes.succeeded(WriteHealth.Work.APPEND);
  }

  private void requireSpace() {
    try {
      disk.requireSpace();
    } catch (StorageException e) {
      writes.refused();
      throw e;
    }
  }

  /**
   * Rows that memory has no space for are not kept in the log either: the sender sends them again.
   */
  private void apply(Consumer<H> rows, H head) throws IOException {
    unapplied = true;
    try {
      rows.accept(head);
      unapplied = false;
    } finally {
      if (unapplied) {
        dropUnforced();
      }
    }
  }

  /** Makes rows durable, or removes them with all others that are not durable. */
  private void force(UnsyncedRows.Rows<H> rows) {
    IOException failure = null;
    try {
      wal.sync();
    } catch (IOException e) {
      failure = e;
    }
    lock.lock();
    try {
      // Another thread may have forced the log after it failed for this one: that proves nothing.
      if (failure == null && !isDoubtful() && unforced.confirm(rows)) {
        return;
      }
      if (!rows.isDropped()) {
        dropUnforced();
      }
    } catch (IOException e) {
      if (failure == null) {
        failure = e;
      } else {
        failure.addSuppressed(e);
      }
    } finally {
      lock.unlock();
    }
    throw writeFailed(
        failure == null ? new IOException("an earlier write was not forced to disk") : failure);
  }

  private boolean isDoubtful() {
    return unapplied || wal.isDoubtful();
  }

  private void dropDoubtful() throws IOException {
    if (isDoubtful()) {
      dropUnforced();
    }
  }

  /** Takes back the rows whose frames were not forced to disk, from the heads and from the log. */
  private void dropUnforced() throws IOException {
    unforced.drop();
    activeBytes = 0;
    for (H head : active.values()) {
      activeBytes += head.bytes();
    }
    headBytes = activeBytes + sealedBytes;
    wal.cut(unforced.position());
    unapplied = false;
  }

  private StorageException writeFailed(IOException e) {
    writes.failed(WriteHealth.Work.APPEND, e);
    return new StorageException(
        Reason.UNAVAILABLE, "The write-ahead log was not written: " + e.getMessage(), e);
  }

  private void awaitRoom() throws IOException {
    long nanos = options.appendWait().toNanos();
    while (true) {
      requireOpen();
      if (activeBytes < options.headBytes()) {
        return;
      }
      if (sealed == null) {
        seal();
        return;
      }
      if (nanos <= 0) {
        writes.refused();
        String cause = flushFailure == null ? "" : ": the last write failed: " + flushFailure;
        throw new StorageException(
            Reason.LIMIT,
            "head_bytes is "
                + options.headBytes()
                + " and rows in memory are written to parts too"
                + " slowly"
                + cause);
      }
      try {
        nanos = room.awaitNanos(nanos);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new StorageException(Reason.UNAVAILABLE, "append was interrupted", e);
      }
    }
  }

  private void requireOpen() {
    if (closed) {
      throw closedStore();
    }
  }

  private static StorageException closedStore() {
    return new StorageException(Reason.UNAVAILABLE, "store is closed");
  }

  /** True while appends are rejected because the disk is nearly full. */
  public boolean isDiskFull() {
    return disk.isFull();
  }

  /** Bytes of the rows that are not in parts. */
  public long headBytes() {
    return headBytes;
  }

  /** Returns size, limits and failures of the store. */
  public StoreHealth health() {
    DiskGuard.Space space = disk.space();
    StoreHealth.Problem full = disk.problem();
    RetentionLimits keep = options.retention();
    double share = keep.diskShare() * Math.max(0, space.total());
    long max = keep.bytes() > 0 ? keep.bytes() : Long.MAX_VALUE;
    if (share > 0) {
      max = Math.min(max, (long) share);
    }
    return new StoreHealth(
        directory.toString(),
        parts.manifest().parts().stream().mapToLong(PartEntry::size).sum(),
        wal.bytes(),
        space.free(),
        space.total(),
        space.reserve(),
        millis(keep.nanos()),
        max == Long.MAX_VALUE ? 0 : max,
        writes.refusedAppends(),
        writes.failedWrites(),
        full == null ? writes.problem() : full);
  }

  private static long millis(long nanos) {
    return TimeUnit.NANOSECONDS.toMillis(nanos);
  }

  private void sealOrLog() {
    try {
      seal();
    } catch (IOException e) {
      LOG.log(Level.WARNING, "Log segment was not started, heads stay in memory", e);
    }
  }

  private void seal() throws IOException {
    dropDoubtful();
    long next = wal.rotate(); // forces all before it
    unforced.confirmAll(wal.written());
    sealed = new Generation<>(activeGeneration, active, activeUse, next);
    active = new HashMap<>();
    activeUse = new HeadReferences<>();
    sealedBytes = activeBytes;
    activeBytes = 0;
    activeGeneration++;
    work.signalAll();
  }

  // ---- reading

  /** Opens a consistent view of a tenant. */
  public EventView<S, P> view(String tenant, long from, long to) {
    lock.lock();
    try {
      requireOpen();
      List<EventView.HeadView<S>> heads = new ArrayList<>();
      List<HeadReferences<H>> used = new ArrayList<>();
      Generation<H> s = sealed;
      if (s != null) {
        addHead(s.heads, s.number, tenant, heads);
        used.add(s.use);
      }
      addHead(active, activeGeneration, tenant, heads);
      used.add(activeUse);
      List<DeletionMark> marks = new ArrayList<>();
      for (DeletionMark d : parts.manifest().deletions()) {
        if (!d.processed() && d.tenant().equals(tenant)) {
          marks.add(d);
        }
      }
      used.forEach(HeadReferences::retain);
      return new EventView<>(heads, parts.retain(tenant, from, to), marks, () -> release(used));
    } finally {
      lock.unlock();
    }
  }

  private void release(List<HeadReferences<H>> used) {
    lock.lock();
    try {
      for (HeadReferences<H> u : used) {
        u.release(signal);
      }
    } finally {
      lock.unlock();
    }
  }

  private void addHead(
      Map<String, H> from, long generation, String tenant, List<EventView.HeadView<S>> to) {
    H head = from.get(tenant);
    if (head != null && head.rows() > 0) {
      to.add(new EventView.HeadView<>(generation, head.snapshot()));
    }
  }

  /** Tenants with rows. */
  public SortedSet<String> tenants() {
    lock.lock();
    try {
      SortedSet<String> out = new TreeSet<>(active.keySet());
      if (sealed != null) {
        out.addAll(sealed.heads.keySet());
      }
      parts.manifest().parts().forEach(p -> out.add(p.tenant()));
      return out;
    } finally {
      lock.unlock();
    }
  }

  /** Returns the parts listed in the manifest. */
  public List<PartEntry> parts() {
    return parts.manifest().parts();
  }

  /** Returns the number of parts that were found not to be readable. */
  public int unreadableParts() {
    return parts.unreadable();
  }

  /** Returns the deletions listed in the manifest. */
  public List<DeletionMark> deletions() {
    return parts.manifest().deletions();
  }

  // ---- maintenance

  /** Seals the heads and writes them into parts. */
  public void flush() throws IOException {
    maintenance.lock();
    try {
      writeSealed();
      lock.lock();
      try {
        requireOpen();
        if (activeBytes > 0) {
          seal();
        }
      } finally {
        lock.unlock();
      }
      writeSealed();
    } finally {
      maintenance.unlock();
    }
  }

  /**
   * Does what the background thread does: writes sealed and old heads into parts, removes, rewrites
   * and merges parts.
   */
  public void maintain() throws IOException {
    maintenance.lock();
    try {
      boolean written = writeSealed();
      lock.lock();
      try {
        long age = options.clock().getAsLong() - activeSince;
        if (!closed && activeBytes > 0 && age >= options.headAge().toNanos() && sealed == null) {
          seal();
        }
      } finally {
        lock.unlock();
      }
      written |= writeSealed();
      if (options.clock().getAsLong() >= housekeepingDue) {
        housekeepingDue = options.clock().getAsLong() + HOUSEKEEPING_NANOS;
        housekeepIfOpen();
      }
      if (!written) {
        signal.idle();
      }
    } finally {
      maintenance.unlock();
    }
  }

  /** Applies retention and deletions and merges small parts, due or not. */
  public void housekeep() throws IOException {
    if (!housekeepIfOpen()) {
      throw closedStore();
    }
  }

  /** Same as {@link #housekeep}; false if the store is closed, even while this call waits. */
  private boolean housekeepIfOpen() throws IOException {
    maintenance.lock();
    try {
      long generation;
      lock.lock();
      try {
        if (closed) {
          return false;
        }
        generation = activeGeneration;
      } finally {
        lock.unlock();
      }
      housekeeping.run(generation);
      writes.succeeded(WriteHealth.Work.MAINTENANCE);
      return true;
    } catch (IOException | RuntimeException | OutOfMemoryError e) {
      writes.failed(WriteHealth.Work.MAINTENANCE, e);
      throw e;
    } finally {
      maintenance.unlock();
    }
  }

  /** Called when the signal has new retention rules, which apply from the next maintenance on. */
  public void retentionChanged() {
    housekeeping.retentionChanged();
  }

  /** Waits until heads are sealed, or for some time; returns false if the store is closed. */
  boolean awaitWork(long nanos) {
    lock.lock();
    try {
      if (!closed && (sealed == null || flushFailure != null)) {
        work.awaitNanos(nanos);
      }
      return !closed;
    } catch (InterruptedException e) {
      return false;
    } finally {
      lock.unlock();
    }
  }

  /** Writes the sealed heads, if any, into parts; returns false if there are none. */
  private boolean writeSealed() throws IOException {
    if (!commitSealed()) {
      return false;
    }
    wal.truncate(parts.manifest().walSegment());
    return true;
  }

  private boolean commitSealed() throws IOException {
    Generation<H> s;
    lock.lock();
    try {
      s = sealed;
    } finally {
      lock.unlock();
    }
    if (s == null) {
      return false;
    }
    Manifest before = parts.manifest();
    List<PartSink> sinks = new ArrayList<>();
    boolean mayBeCommitted = false;
    try {
      List<PartEntry> all = new ArrayList<>(before.parts());
      for (Map.Entry<String, H> h : s.heads.entrySet()) {
        PartSink sink = parts.sink(h.getKey(), s.number);
        sinks.add(sink);
        signal.flush(h.getValue(), sink);
        all.addAll(sink.finished());
      }
      mayBeCommitted = true;
      parts.commit(
          all,
          before.deletions(),
          s.nextSegment,
          s.number + 1,
          () -> {
            sealed = null;
            sealedBytes = 0;
            headBytes = activeBytes;
            s.use.written(s.heads.values(), signal);
            flushFailure = null;
            room.signalAll();
          });
    } catch (IOException | RuntimeException | OutOfMemoryError e) {
      writes.failed(WriteHealth.Work.FLUSH, e);
      lock.lock();
      try {
        flushFailure = String.valueOf(e.getMessage());
      } finally {
        lock.unlock();
      }
      throw e;
    } finally {
      if (!mayBeCommitted) {
        sinks.forEach(parts::discard);
      }
    }
    writes.succeeded(WriteHealth.Work.FLUSH);
    return true;
  }

  // ---- deletion

  /**
   * Deletes the rows of a tenant that are stored now and fit a condition.
   *
   * @param condition condition in the signal's query language
   */
  public DeletionMark delete(String tenant, String query, long from, long to, byte[] condition) {
    maintenance.lock();
    try {
      flush(); // so that the mark applies to parts alone
      Manifest m = parts.manifest();
      // Parts may have the generation of the active heads, which merges give them: the mark applies
      // to that one, and rows that come have the next.
      lock.lock();
      try {
        activeGeneration = m.headGeneration() + 1;
      } finally {
        lock.unlock();
      }
      DeletionMark mark =
          new DeletionMark(
              tenant,
              Long.toHexString(m.number() + 1),
              query,
              from,
              to,
              options.clock().getAsLong(),
              m.headGeneration(),
              false,
              condition);
      List<DeletionMark> all = new ArrayList<>(m.deletions());
      all.add(mark);
      parts.commit(m.parts(), all, m.walSegment(), m.headGeneration() + 1, () -> {});
      return mark;
    } catch (IOException e) {
      throw new StorageException(
          Reason.UNAVAILABLE, "The deletion was not stored: " + e.getMessage(), e);
    } finally {
      maintenance.unlock();
    }
  }

  /** Withdraws a mark; returns false if there is none or it is processed. */
  public boolean cancelDeletion(String tenant, String id) {
    maintenance.lock();
    try {
      Manifest m = parts.manifest();
      List<DeletionMark> kept = new ArrayList<>(m.deletions());
      boolean found =
          kept.removeIf(d -> !d.processed() && d.tenant().equals(tenant) && d.id().equals(id));
      if (found) {
        parts.commit(m.parts(), kept);
      }
      return found;
    } catch (IOException e) {
      throw new StorageException(
          Reason.UNAVAILABLE, "The deletion was not reverted: " + e.getMessage(), e);
    } finally {
      maintenance.unlock();
    }
  }

  /** Closes the store; rows in memory stay in the write-ahead log. */
  @Override
  public void close() {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      work.signalAll();
      room.signalAll();
    } finally {
      lock.unlock();
    }
    Thread t = background;
    if (t != null) {
      boolean interrupted = false;
      while (t.isAlive()) {
        try {
          t.join(TimeUnit.SECONDS.toMillis(60));
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    maintenance.lock();
    try {
      signal.idle();
    } finally {
      maintenance.unlock();
    }
    lock.lock();
    try {
      parts.close();
      wal.close();
    } catch (IOException e) {
      throw new StorageException(
          Reason.UNAVAILABLE, "The write-ahead log was not closed: " + e.getMessage(), e);
    } finally {
      lock.unlock();
      try {
        folderLock.close();
      } catch (IOException e) {
        LOG.log(Level.WARNING, "Lock of the store was not released", e);
      }
    }
  }
}
