package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.StorageException;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.Frames;
import dev.tethys.store.metrics.internal.index.Expressions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Turns batches into log records and then into rows, in one order for both.
 *
 * <p>Group commit: the thread that holds the commit lock also takes all waiting batches, writes
 * their records together (with a single sync if requested) and inserts them; the other threads find
 * their batches committed. Whether a sample is in order is decided against what is in place, so a
 * batch that meets series of an earlier batch of its group first lets that one be finished.
 */
final class GroupCommitter {
  private static final int MAX_GROUP = 64;

  /**
   * Further definitions get separate records: a batch names all series that are new by then, and if
   * many scrapes start at the same time, these may be all existing series.
   */
  static final int MOST_DEFINED = 1 << 13;

  /** So are definitions with more label bytes, because a reader rejects oversized records. */
  static final int MOST_DEFINED_BYTES = 1 << 22;

  /** A buffer of frames that is larger stays only while it is used. */
  private static final int ROOMY_BYTES = 1 << 18;

  private static final int MOST_ROOM_BYTES = 1 << 22;

  private final Head head;
  private final CommitLog log;
  private final ReentrantLock lock = new ReentrantLock();
  private final ConcurrentLinkedQueue<HeadAppender> waiting = new ConcurrentLinkedQueue<>();
  private final ByteSink frames = new ByteSink(1 << 14);
  private final List<HeadAppender> ready = new ArrayList<>();

  /** The newest in-order sample, in place or in the batch, of series with histograms in it. */
  private final SlotTimes newest = new SlotTimes();

  private int group;
  private int definitions; // unlogged series that the frames define

  GroupCommitter(Head head, CommitLog log) {
    this.head = head;
    this.log = log;
  }

  /** Runs an action while nothing is committed. */
  void exclusive(Runnable action) {
    lock.lock();
    try {
      action.run();
    } finally {
      lock.unlock();
    }
  }

  /** Bytes of the records being written. */
  long bytes() {
    return frames.buf.length + newest.bytes();
  }

  void commit(HeadAppender a) {
    waiting.add(a);
    lock.lock();
    try {
      while (!a.done) {
        group();
      }
    } finally {
      lock.unlock();
    }
    RuntimeException failure = a.failure;
    if (failure != null) {
      throw failure;
    }
  }

  private void group() {
    group++;
    HeadAppender a;
    int n = 0;
    while (n++ < MAX_GROUP && (a = waiting.poll()) != null) {
      try {
        take(a);
      } catch (RuntimeException e) {
        a.failure = e;
        a.done = true;
      } catch (Error e) { // a thread that waits for this batch would wait for ever
        a.failure = failed(e, "nothing of the batch was stored");
        a.done = true;
      }
    }
    finish();
  }

  /** Encodes the record of a batch, after the waiting ones. */
  private void take(HeadAppender a) {
    if (!a.areSeriesCurrent()) {
      revive(a.batch());
    }
    if (meets(a.batch())) {
      finish();
    }
    if (head.budget.isExhausted() && head.measure().total() > 0 && head.budget.isExhausted()) {
      head.counters.refusedCommits.increment();
      throw head.admission.exhausted();
    }
    if (frames.size > MOST_DEFINED_BYTES
        || head.admission.unlogged() - definitions > MOST_DEFINED
        || head.admission.unloggedBytes() > MOST_DEFINED_BYTES) {
      finish();
    }
    int size = frames.size;
    int defined = definitions;
    boolean taken = false;
    try {
      if (ready.isEmpty()) { // then no record waits, and none of the list is taken
        defineAhead();
      }
      prepare(a.batch());
      record(a.batch());
      ready.add(a);
      taken = true;
    } finally {
      if (!taken) {
        frames.size = size;
        definitions = defined;
      }
    }
  }

  /**
   * Sets the live slots of series that left memory since they were resolved. Runs before {@link
   * #meets}: two batches may bring one series back, under a slot that neither was built with.
   */
  private void revive(AppendBatch b) {
    SeriesKeys keys = head.keys();
    for (int i = 0; i < b.count; i++) {
      if (keys.generations.get(b.slots[i]) != b.generations[i]) {
        int slot = head.admission.revive(b.slots[i]);
        keys = head.keys();
        b.generations[i] = keys.generations.get(slot);
        b.slots[i] = slot;
        b.arranged = false;
      }
    }
    for (int i = 0; i < b.histograms.size(); i++) {
      AppendBatch.HistogramSample h = b.histograms.get(i);
      if (head.keys().generations.get(h.slot()) != h.generation()) {
        int slot = head.admission.revive(h.slot());
        int generation = head.keys().generations.get(slot);
        b.histograms.set(i, h.of(slot, generation));
      }
    }
    for (int i = 0; i < b.exemplars.size(); i++) {
      AppendBatch.ExemplarSample e = b.exemplars.get(i);
      if (head.keys().generations.get(e.slot()) != e.generation()) {
        int slot = head.admission.revive(e.slot());
        b.exemplars.set(
            i,
            new AppendBatch.ExemplarSample(slot, head.keys().generations.get(slot), e.exemplar()));
      }
    }
  }

  /** Whether a batch has series of a stripe that an unfinished batch also has. */
  private boolean meets(AppendBatch b) {
    if (ready.isEmpty()) {
      return false;
    }
    int last = -1;
    for (int i = 0; i < b.count; i++) {
      int s = b.slots[i] >>> 6;
      if (s != last && head.stripe(b.slots[i]).touched == group) {
        return true;
      }
      last = s;
    }
    for (AppendBatch.HistogramSample h : b.histograms) {
      if (head.stripe(h.slot()).touched == group) {
        return true;
      }
    }
    return false;
  }

  /** Divides a batch into in-order and late samples. */
  private void prepare(AppendBatch b) {
    b.arrange();
    long floor = head.minValidTime;
    if (isAllInOrder(b, floor)) {
      b.takeAll();
      return;
    }
    boolean mixed = b.count > 0 && !b.histograms.isEmpty();
    if (mixed) {
      noteHistograms(b);
    }
    Stripe stripe = null;
    int stripeNumber = -1;
    for (int i = 0; i < b.count; i++) {
      int slot = b.slots[i];
      long time = b.times[i];
      if (i > 0 && slot == b.slots[i - 1] && time == b.times[i - 1]) {
        continue; // the first of two equal ones
      }
      if (mixed && newest.find(slot) >= 0 && b.histogramCameFirst(i)) {
        continue;
      }
      if (slot >>> 6 != stripeNumber || stripe == null) {
        stripeNumber = slot >>> 6;
        stripe = head.stripe(slot);
        stripe.touched = group;
      }
      long last = stripe.newest.get(slot & 63);
      long start = b.starts == null ? 0 : b.starts[i];
      if (time > last && time >= floor) {
        b.inOrder.add(slot, time, b.bits[i], start);
      } else if (time != last || time < floor) {
        b.late.add(slot, time, b.bits[i], start);
      } else if (stripe.lastBits[slot & 63] != b.bits[i]) {
        head.counters.raced.increment();
      }
    }
    if (!b.histograms.isEmpty()) {
      newest.clear(b.histograms.size());
      for (AppendBatch.HistogramSample h : b.histograms) {
        histogram(b, h, floor);
      }
    }
  }

  /** Whether a batch is nothing but floats of one time, all newer than before: nearly every is. */
  private boolean isAllInOrder(AppendBatch b, long floor) {
    if (!b.isOneRow() || !b.histograms.isEmpty() || b.times[0] < floor) {
      return false;
    }
    long time = b.times[0];
    int number = -1;
    NewestTimes shared = null; // of a stripe that has samples of this time already
    for (int i = 0; i < b.count; i++) {
      int slot = b.slots[i];
      if (slot >>> 6 != number) {
        number = slot >>> 6;
        Stripe stripe = head.stripe(slot);
        stripe.touched = group;
        shared = stripe.newest.latest() < time ? null : stripe.newest;
      }
      if (shared != null && shared.get(slot & 63) >= time) {
        return false;
      }
    }
    return true;
  }

  /** Records in {@link #newest} which series have histograms. */
  private void noteHistograms(AppendBatch b) {
    newest.clear(b.histograms.size());
    for (AppendBatch.HistogramSample h : b.histograms) {
      int at = newest.find(h.slot());
      if (at < 0) {
        newest.put(at, h.slot(), h.time());
      }
    }
  }

  private void histogram(AppendBatch b, AppendBatch.HistogramSample s, long floor) {
    Stripe stripe = head.stripe(s.slot());
    stripe.touched = group;
    int at = newest.find(s.slot());
    if (at < 0) {
      long before = stripe.newest.get(s.slot() & 63);
      at = newest.put(at, s.slot(), Math.max(before, b.inOrder.newestOf(s.slot())));
    }
    long last = newest.time(at);
    if (s.time() > last && s.time() >= floor) {
      newest.time(at, s.time());
      b.inOrderHistograms.add(s);
    } else if (s.time() != last || s.time() < floor) {
      b.lateHistograms.add(s);
    }
  }

  /** Logs the definitions that exceed the capacity of one record. */
  private void defineAhead() {
    int remaining = head.admission.unlogged();
    long bytes = head.admission.unloggedBytes();
    while (remaining > MOST_DEFINED || bytes > MOST_DEFINED_BYTES) {
      int at = Frames.begin(frames);
      int defined = define(0, MOST_DEFINED, MOST_DEFINED_BYTES, frames);
      remaining -= defined;
      bytes -= head.admission.unloggedBytes(defined);
      try {
        if (frames.size > at + Frames.HEADER) {
          Frames.end(frames, at);
          log.append(frames);
        }
      } catch (IOException e) {
        head.counters.logFailures.increment();
        throw HeadAppender.notDurable(e);
      } finally {
        frames.clear();
      }
      head.view.writeLock().lock();
      try {
        head.admission.logged(defined);
      } finally {
        head.view.writeLock().unlock();
      }
    }
  }

  /**
   * Writes the definitions of series that no record has yet: a slot is defined before it is named.
   *
   * @return number of completed elements of the list
   */
  private int define(int from, int most, long mostBytes, ByteSink out) {
    head.view.readLock().lock(); // so that a slot is not another series' in the middle
    try {
      int[] made = head.admission.unloggedFrom(from, most, mostBytes);
      int n = 0;
      for (int slot : made) {
        n += head.table.isLive(slot) ? 1 : 0;
      }
      if (n > 0) {
        out.putByte(RecordKind.SERIES);
        out.uvarint(n);
        for (int slot : made) {
          if (head.table.isLive(slot)) {
            out.uvarint(slot);
            out.uvarint(head.keys().generations.get(slot));
            out.putSized(head.table.labels(slot).canonicalBytes());
          }
        }
      }
      return made.length;
    } finally {
      head.view.readLock().unlock();
    }
  }

  private void record(AppendBatch b) {
    int at = Frames.begin(frames);
    definitions += define(definitions, Integer.MAX_VALUE, Long.MAX_VALUE, frames);
    BatchRecord.floats(RecordKind.FLOATS, b.inOrder, frames);
    BatchRecord.floats(RecordKind.LATE_FLOATS, b.late, frames);
    BatchRecord.histograms(RecordKind.HISTOGRAMS, b.inOrderHistograms, frames);
    BatchRecord.histograms(RecordKind.LATE_HISTOGRAMS, b.lateHistograms, frames);
    BatchRecord.exemplars(b.exemplars, frames);
    BatchRecord.metadata(b.metadata, frames);
    if (frames.size == at + Frames.HEADER) {
      frames.size = at; // every sample was there already
    } else {
      Frames.end(frames, at);
    }
  }

  /** Writes the records that are ready and inserts their batches. Throws nothing. */
  private void finish() {
    RuntimeException failure = null;
    try {
      if (frames.size > 0) {
        log.append(frames);
      }
      place();
    } catch (IOException e) {
      head.counters.logFailures.increment();
      failure = HeadAppender.notDurable(e);
    } catch (RuntimeException | Error e) {
      failure = failed(e, "some of the batch may be stored");
    }
    definitions = 0;
    for (HeadAppender a : ready) {
      a.failure = a.failure == null ? failure : a.failure;
      a.done = true;
    }
    ready.clear();
    int size = frames.size;
    frames.clear();
    group++;
    // The labels of a million new series, for example, do not arrive every time.
    if (frames.buf.length > MOST_ROOM_BYTES
        || (frames.buf.length > ROOMY_BYTES && size < frames.buf.length / 8)) {
      frames.buf = new byte[1 << 14];
    }
  }

  private void place() {
    head.view.writeLock().lock();
    try {
      head.admission.logged(definitions);
      head.budget.grow(frames.size); // rows take about as much as their records
      for (HeadAppender a : ready) {
        try {
          head.placement.place(a.batch());
        } catch (RuntimeException | Error e) { // the others of the group are in the log, too
          a.failure = failed(e, "some of the batch may be stored");
        }
      }
    } finally {
      head.view.writeLock().unlock();
    }
  }

  private static StorageException failed(Throwable why, String outcome) {
    return new StorageException(
        StorageException.Reason.UNAVAILABLE,
        "the samples could not be stored: " + why + "; " + outcome + ". Send it again",
        why);
  }

  /**
   * Logs a deletion, then does it.
   *
   * @param known matchers whose expressions are already resolved: nothing is committed while the
   *     rest are resolved
   * @param exemplars the series, in memory or not, of which exemplars go
   */
  int delete(
      long min,
      long max,
      List<List<Matcher>> matcherSets,
      Expressions known,
      Set<Labels> exemplars) {
    lock.lock();
    try {
      int[] slots = head.slots(matcherSets, known);
      if (slots.length == 0) {
        return 0;
      }
      defineAhead();
      ByteSink out = new ByteSink();
      int at = Frames.begin(out);
      int defined = define(0, Integer.MAX_VALUE, Long.MAX_VALUE, out);
      BatchRecord.delete(min, max, slots, out);
      Frames.end(out, at);
      try {
        log.append(out);
      } catch (IOException e) {
        throw HeadAppender.notDurable(e);
      }
      head.view.writeLock().lock();
      try {
        head.admission.logged(defined);
        for (int slot : slots) {
          head.placement.remove(slot, min, max);
          exemplars.add(head.table.labels(slot));
        }
        head.exemplars.remove(exemplars, min, max);
      } finally {
        head.view.writeLock().unlock();
      }
      return slots.length;
    } finally {
      lock.unlock();
    }
  }
}
