package dev.tethys.pipeline.delivery;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.delivery.OutboxOptions.Sync;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Requests on disk. Bodies are read when they are sent; at most {@link #WINDOW} waiting entries are
 * in memory, regardless of the queue's length.
 *
 * <p>Invariant: every published record before {@code cursor} was put into {@code ahead} or skipped;
 * records from there up to {@code published} are still to be read. Records are published in order,
 * regardless of which thread synced its record first.
 */
final class DiskQueueStorage implements QueueStorage {
  /** Maximum number of entries in memory. */
  static final int WINDOW = 1 << 14;

  private static final int READ_AHEAD = 256;
  private static final System.Logger LOG = JulLogger.of("dev.tethys.pipeline.delivery");

  private static final Duration SYNC_AFTER = Duration.ofSeconds(1);

  private final SegmentedLog log;
  private final Sync sync;
  private final Scheduler clock;
  private final Dropped found;
  private final ReentrantLock appending = new ReentrantLock();
  private final AtomicBoolean syncs = new AtomicBoolean(); // whether a force is due

  /** Appended but not yet published, in log order. */
  @GuardedBy("itself")
  private final ArrayDeque<Entry> appended = new ArrayDeque<>();

  @GuardedBy("appended")
  private final Set<Entry> ready = new HashSet<>(); // forced, not at its head

  // The rest is guarded by the engine's lock.
  private final ArrayDeque<Entry> ahead = new ArrayDeque<>();
  private long cursorSegment;
  private long cursorOffset = SegmentedLog.HEADER;
  private long publishedSegment;
  private long publishedEnd;
  private boolean behind;
  private @Nullable SegmentWalk walk;

  DiskQueueStorage(SegmentedLog log, Sync sync, Scheduler clock) {
    this.log = log;
    this.sync = sync;
    this.clock = clock;
    SegmentedLog.Remaining open = log.open();
    this.found = new Dropped(open.records(), open.items(), null);
    if (!log.segments().isEmpty()) {
      behind = true;
      cursorSegment = log.segments().getFirst().number;
      Segment last = log.segments().getLast();
      publishedSegment = last.number;
      publishedEnd = last.size;
    }
  }

  @Override
  public long charge(EncodedRequest p) {
    return SegmentedLog.size(p);
  }

  @Override
  public long bytes() {
    return log.bytes();
  }

  @Override
  public long overhead() {
    return SegmentedLog.HEADER; // a new segment may have to be started for it
  }

  @Override
  public boolean reclaimSpace() {
    log.reclaimSpace();
    return true;
  }

  @Override
  public boolean isDurable() {
    return true;
  }

  @Override
  public long damagedBytes() {
    return log.damagedBytes();
  }

  @Override
  public Dropped found() {
    return found;
  }

  @Override
  public Entry store(EncodedRequest p, long millis) throws IOException {
    if (!StoredRequest.fits(p)) {
      throw new IOException("the request headers are too long for the disk queue");
    }
    // An interrupted thread would close the file for everyone.
    boolean interrupted = Thread.interrupted();
    try {
      Entry e;
      appending.lock();
      try {
        SegmentedLog.LogPosition place = log.append(StoredRequest.of(p, millis, 0, ""), p.body());
        e = new Entry(p, place.end() - place.offset(), millis, false, place);
        synchronized (appended) {
          appended.add(e);
        }
      } finally {
        appending.unlock();
      }
      if (sync == Sync.ALWAYS) {
        try {
          log.force(place(e));
        } catch (IOException failure) {
          // It may be on disk, but its source was notified that it is not.
          log.skip(place(e), e.items);
          synchronized (appended) {
            ready.add(e);
          }
          throw failure;
        }
      }
      return e;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /**
   * Appends requests from memory and syncs them together.
   *
   * @param requests requests to append, in entry order
   * @return entries on disk, to be published in this order
   * @throws IOException if not all were stored; none is kept then
   */
  List<Entry> storeAll(List<Entry> requests) throws IOException {
    List<Entry> out = new ArrayList<>(requests.size());
    appending.lock();
    try {
      try {
        for (Entry from : requests) {
          EncodedRequest p = from.request;
          if (p == null || !StoredRequest.fits(p)) {
            throw new IOException("the request headers are too long for the disk queue");
          }
          SegmentedLog.LogPosition place =
              log.append(StoredRequest.of(p, from.millis, 0, ""), p.body());
          Entry e = new Entry(p, place.end() - place.offset(), from.millis, false, place);
          e.waits = from.waits;
          out.add(e);
        }
        if (sync == Sync.ALWAYS) {
          for (Entry e : out.reversed()) {
            log.force(place(e)); // once: segments before the last were forced at their end
          }
        }
      } catch (IOException failure) {
        out.forEach(e -> log.skip(place(e), e.items));
        synchronized (appended) {
          ready.addAll(out);
        }
        throw failure;
      } finally {
        synchronized (appended) {
          appended.addAll(out);
        }
      }
    } finally {
      appending.unlock();
    }
    return out;
  }

  /** Skips an entry that is sent from memory until a restart. */
  void passOver(Entry e) {
    log.passOver(place(e));
  }

  private static SegmentedLog.LogPosition place(Entry e) {
    SegmentedLog.LogPosition p = e.place;
    if (p == null) {
      throw new IllegalStateException("a missing disk queue entry");
    }
    return p;
  }

  @Override
  public void publish(Entry e) {
    synchronized (appended) {
      ready.add(e);
      for (Entry head = appended.peek();
          head != null && ready.remove(head);
          head = appended.peek()) {
        appended.poll();
        reach(head);
      }
    }
    if (sync == Sync.EVERY_SECOND && syncs.compareAndSet(false, true)) {
      clock.schedule(SYNC_AFTER, () -> clock.execute("queue sync", this::force));
    }
  }

  private void force() {
    syncs.set(false);
    try {
      log.forceAll();
    } catch (IOException e) {
      LOG.log(Level.WARNING, "queue on disk: {0}", e.toString());
    }
  }

  private void reach(Entry e) {
    SegmentedLog.LogPosition p = place(e);
    publishedSegment = p.segment().number;
    publishedEnd = p.end();
    if (!behind && ahead.size() < READ_AHEAD) {
      cursorSegment = publishedSegment;
      cursorOffset = publishedEnd;
      if (!log.isSkipped(p)) {
        ahead.add(e);
      }
    } else {
      behind = true;
    }
  }

  @Override
  public @Nullable Entry next() {
    if (ahead.isEmpty() && behind) {
      readAhead();
    }
    return ahead.poll();
  }

  @Override
  public @Nullable Entry peek() {
    return ahead.peek();
  }

  @Override
  public int window() {
    return WINDOW;
  }

  private void readAhead() {
    while (ahead.size() < READ_AHEAD) {
      SegmentedLog.ScannedRecord f = null;
      try {
        Segment s = segment();
        if (s == null) {
          walk = null;
          behind = false;
          return;
        }
        if (walk == null) {
          long limit = s.number == publishedSegment ? publishedEnd : Long.MAX_VALUE;
          walk = new SegmentWalk(log, s, cursorOffset, limit);
        }
        f = walk.next();
      } catch (IOException e) {
        // Deleted or unreadable: its content is lost, as the log has reported.
        LOG.log(Level.WARNING, "queue on disk: {0}", e.toString());
      }
      if (f == null) {
        walk = null;
        if (cursorSegment >= publishedSegment) {
          cursorOffset = publishedEnd;
          behind = false;
          return;
        }
        cursorSegment++;
        cursorOffset = SegmentedLog.HEADER;
        continue;
      }
      cursorOffset = f.place().end();
      if (!log.isSkipped(f.place())) {
        StoredRequest r = f.record();
        ahead.add(
            new Entry(
                r.lane(),
                r.items(),
                f.place().end() - f.place().offset(),
                r.millis(),
                null,
                f.place()));
      }
    }
    // Read again from the cursor: the limit may have moved.
    walk = null;
  }

  /**
   * Returns the segment of the cursor, or the next existing one; null after the last published one.
   */
  private @Nullable Segment segment() {
    Segment s = log.after(cursorSegment - 1);
    if (s == null || s.number > publishedSegment) {
      return null;
    }
    if (s.number != cursorSegment) {
      cursorSegment = s.number;
      cursorOffset = SegmentedLog.HEADER;
      walk = null;
    }
    return s;
  }

  @Override
  public EncodedRequest load(Entry e) throws IOException {
    return log.read(place(e));
  }

  @Override
  public void done(Entry e) {
    log.done(place(e), e.items);
  }

  /**
   * Drops the oldest possible segment. Requests in flight keep it, and its file, until they end.
   */
  @Override
  public Dropped dropOldest(IssuedEntry issued) {
    log.reclaimSpace();
    for (Segment s : log.segments()) {
      if (s.number > publishedSegment) {
        break;
      }
      if (s.number == publishedSegment && !sealWhole(s)) {
        break;
      }
      Dropped d = dropFrom(s, issued);
      if (d.requests() > 0) {
        return d;
      }
    }
    return Dropped.NOTHING;
  }

  /** Seals the newest segment; returns false if part of it is not published yet. */
  private boolean sealWhole(Segment s) {
    log.sealNow(s);
    synchronized (appended) {
      for (Entry e : appended) {
        if (place(e).segment() == s) {
          return false;
        }
      }
    }
    return true;
  }

  private Dropped dropFrom(Segment s, IssuedEntry issued) {
    boolean whole = !issued.isSending(s);
    long requests = 0;
    long items = 0;
    for (Entry e = issued.takeBack(s); e != null; e = issued.takeBack(s)) {
      requests++;
      items += e.items;
      if (!whole) {
        log.done(place(e), e.items);
      }
    }
    for (Iterator<Entry> it = ahead.iterator(); it.hasNext(); ) {
      Entry e = it.next();
      if (place(e).segment() == s) {
        it.remove();
        requests++;
        items += e.items;
        if (!whole) {
          log.done(place(e), e.items);
        }
      }
    }
    walk = null;
    if (whole) {
      SegmentedLog.Remaining left = log.drop(s);
      return new Dropped(left.records(), left.items(), null);
    }
    if (behind && cursorSegment <= s.number) {
      try {
        long from = cursorSegment == s.number ? cursorOffset : SegmentedLog.HEADER;
        long limit = s.number == publishedSegment ? publishedEnd : Long.MAX_VALUE;
        SegmentWalk w = new SegmentWalk(log, s, from, limit);
        for (SegmentedLog.ScannedRecord f = w.next(); f != null; f = w.next()) {
          if (!log.isSkipped(f.place())) {
            requests++;
            items += f.record().items();
            log.skip(f.place(), f.record().items());
          }
        }
      } catch (IOException e) {
        LOG.log(Level.WARNING, "queue on disk: {0} cannot be read: {1}", s.file, e.toString());
      }
    }
    return new Dropped(requests, items, null);
  }

  @Override
  public void close() {
    log.close();
  }
}
