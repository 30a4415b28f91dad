package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.MetricMetadata;
import dev.tethys.store.metrics.internal.encoding.ByteSink;
import dev.tethys.store.metrics.internal.encoding.ByteSource;
import dev.tethys.store.metrics.internal.encoding.DamageException;
import dev.tethys.store.metrics.internal.wal.Frames;
import dev.tethys.store.metrics.internal.wal.RecordKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Turns batches into log records and then into rows, in one order for both.
 *
 * <p>Group commit: whoever holds the commit lock takes along all batches that wait, writes their
 * records at once (one write, one sync where that is asked for) and puts them in place; the others
 * find their work done. Whether a sample is in order is decided against what is in place, so a
 * batch that meets series of an earlier batch of its group first lets that one be finished.
 */
final class Commits implements BatchRecord.Replay {
  private static final int MAX_GROUP = 64;

  private final Head head;
  private final CommitLog log;
  private final ReentrantLock lock = new ReentrantLock();
  private final ConcurrentLinkedQueue<HeadAppender> waiting = new ConcurrentLinkedQueue<>();
  private final ByteSink frames = new ByteSink(1 << 14);
  private final List<HeadAppender> ready = new ArrayList<>();
  private int group;
  private int definitions; // unlogged series that the frames define

  // Of recovery: slots of the log whose labels have another slot here.
  private final Map<Integer, Integer> moved = new HashMap<>();
  private final Batch.Columns scratch = new Batch.Columns();

  Commits(Head head, CommitLog log) {
    this.head = head;
    this.log = log;
  }

  /** Runs something while nothing is committed. */
  void exclusive(Runnable action) {
    lock.lock();
    try {
      action.run();
    } finally {
      lock.unlock();
    }
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
      if (meets(a.batch())) {
        finish();
      }
      int size = frames.size;
      int defined = definitions;
      try {
        prepare(a.batch());
        record(a.batch());
        ready.add(a);
      } catch (RuntimeException e) {
        frames.size = size;
        definitions = defined;
        a.failure = e;
        a.done = true;
      }
    }
    finish();
  }

  /** Whether a batch has series of a stripe that an unfinished batch has too. */
  private boolean meets(Batch b) {
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
    for (Batch.HistogramSample h : b.histograms) {
      if (head.stripe(h.slot()).touched == group) {
        return true;
      }
    }
    return false;
  }

  /** Decides what is in order and what is late. */
  private void prepare(Batch b) {
    SeriesKeys keys = head.keys();
    for (int i = 0; i < b.count; i++) {
      if (keys.generation[b.slots[i]] != b.generations[i]) {
        int slot = head.revive(b.slots[i]);
        keys = head.keys();
        b.generations[i] = keys.generation[slot];
        b.slots[i] = slot;
        b.arranged = false;
      }
    }
    b.arrange();
    long floor = head.minValidTime;
    Stripe stripe = null;
    int stripeNumber = -1;
    for (int i = 0; i < b.count; i++) {
      int slot = b.slots[i];
      long time = b.times[i];
      if (i > 0 && slot == b.slots[i - 1] && time == b.times[i - 1]) {
        continue; // the first of two that are told apart by nothing
      }
      if (slot >>> 6 != stripeNumber || stripe == null) {
        stripeNumber = slot >>> 6;
        stripe = head.stripe(slot);
        stripe.touched = group;
      }
      long last = stripe.lastTime[slot & 63];
      long start = b.starts == null ? 0 : b.starts[i];
      if (time > last && time >= floor) {
        b.inOrder.add(slot, time, b.bits[i], start);
      } else if (time != last || time < floor) {
        b.late.add(slot, time, b.bits[i], start);
      } else if (stripe.lastBits[slot & 63] != b.bits[i]) {
        head.counters.raced.increment();
      }
    }
    for (Batch.HistogramSample h : b.histograms) {
      histogram(b, h, floor);
    }
    for (int i = 0; i < b.exemplars.size(); i++) {
      Batch.ExemplarSample e = b.exemplars.get(i);
      if (head.keys().generation[e.slot()] != e.generation()) {
        int slot = head.revive(e.slot());
        b.exemplars.set(
            i, new Batch.ExemplarSample(slot, head.keys().generation[slot], e.exemplar()));
      }
    }
  }

  private void histogram(Batch b, Batch.HistogramSample h, long floor) {
    Batch.HistogramSample s = h;
    if (head.keys().generation[s.slot()] != s.generation()) {
      int slot = head.revive(s.slot());
      s =
          new Batch.HistogramSample(
              slot, head.keys().generation[slot], s.start(), s.time(), s.histogram());
    }
    Stripe stripe = head.stripe(s.slot());
    stripe.touched = group;
    long last = stripe.lastTime[s.slot() & 63];
    for (Batch.HistogramSample o : b.inOrderHistograms) {
      if (o.slot() == s.slot()) {
        last = Math.max(last, o.time());
      }
    }
    for (int i = 0; i < b.inOrder.count; i++) {
      if (b.inOrder.slots[i] == s.slot()) {
        last = Math.max(last, b.inOrder.times[i]);
      }
    }
    if (s.time() > last && s.time() >= floor) {
      b.inOrderHistograms.add(s);
    } else if (s.time() != last || s.time() < floor) {
      b.lateHistograms.add(s);
    }
  }

  /**
   * Writes the definitions of series that no record has yet: a slot is defined before it is named.
   *
   * @return how many of the list are done with
   */
  private int define(int from, ByteSink out) {
    int[] made = head.unloggedFrom(from);
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
          out.uvarint(head.keys().generation[slot]);
          out.putSized(head.labels(slot).canonicalBytes());
        }
      }
    }
    return made.length;
  }

  private void record(Batch b) {
    int at = Frames.begin(frames);
    definitions += define(definitions, frames);
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

  /** Writes the records that are ready and puts their batches in place. */
  private void finish() {
    RuntimeException failure = null;
    try {
      if (frames.size > 0) {
        log.append(frames);
      }
    } catch (IOException e) {
      failure = HeadAppender.notDurable(e);
    }
    head.view.writeLock().lock();
    try {
      if (failure == null) {
        head.logged(definitions);
        for (HeadAppender a : ready) {
          place(a.batch());
        }
      }
    } finally {
      head.view.writeLock().unlock();
    }
    definitions = 0;
    for (HeadAppender a : ready) {
      a.failure = failure;
      a.done = true;
    }
    ready.clear();
    if (frames.buf.length > 1 << 22) {
      frames.buf = new byte[1 << 14];
    }
    frames.clear();
    group++;
  }

  /** Under the write lock of the view. */
  private void place(Batch b) {
    floats(b.inOrder);
    late(b.late);
    for (Batch.HistogramSample s : b.inOrderHistograms) {
      histogram(s.slot(), s.time(), s.start(), s.histogram());
    }
    for (Batch.HistogramSample s : b.lateHistograms) {
      lateSample(s.slot(), s.time(), s.start(), 0, s.histogram());
    }
    for (Batch.ExemplarSample s : b.exemplars) {
      head.exemplars.add(head.table.labels(s.slot()), s.exemplar());
    }
    head.metadata.putAll(b.metadata);
  }

  private void floats(Batch.Columns c) {
    int from = 0;
    while (from < c.count) {
      long time = c.times[from];
      int number = c.slots[from] >>> 6;
      int to = from + 1;
      while (to < c.count && c.times[to] == time && c.slots[to] >>> 6 == number) {
        to++;
      }
      Stripe stripe = head.stripe(c.slots[from]);
      stripe.append(time, head.range, c.slots, c.bits, from, to, head.scratch);
      head.widen(time);
      from = to;
    }
    long[] starts = c.starts;
    for (int i = 0; i < c.count; i++) {
      int slot = c.slots[i];
      long start = starts == null ? 0 : starts[i];
      Stripe stripe = head.stripe(slot);
      if (start != 0 || stripe.hasExtras()) {
        Extras e = start != 0 ? stripe.makeExtras(slot & 63) : stripe.extras(slot & 63);
        if (e != null && (start != 0 || e.starts != null)) {
          if (e.starts == null) {
            e.starts = new StartTimes();
          }
          e.starts.note(c.times[i], start);
        }
      }
    }
    head.counters.floats.add(c.count);
  }

  private void late(Batch.Columns c) {
    for (int i = 0; i < c.count; i++) {
      lateSample(c.slots[i], c.times[i], c.starts == null ? 0 : c.starts[i], c.bits[i], null);
    }
  }

  private void lateSample(
      int slot, long time, long start, long bits, @org.jspecify.annotations.Nullable Histogram h) {
    Extras e = head.stripe(slot).makeExtras(slot & 63);
    if (e.late == null) {
      e.late = new LateSamples();
    }
    if (e.late.add(start, time, bits, h)) {
      head.counters.late.increment();
    }
    head.widen(time);
  }

  private void histogram(int slot, long time, long start, Histogram h) {
    Stripe s = head.stripe(slot);
    Extras e = s.makeExtras(slot & 63);
    if (e.histograms == null) {
      e.histograms = new HistogramLog();
    }
    e.histograms.add(start, time, h);
    s.lastTime[slot & 63] = time;
    head.widen(time);
    head.counters.histograms.increment();
  }

  /** Logs a deletion, then does it. */
  int delete(long min, long max, List<List<Matcher>> matcherSets) {
    lock.lock();
    try {
      int[] slots = head.slots(matcherSets);
      if (slots.length == 0) {
        return 0;
      }
      ByteSink out = new ByteSink();
      int at = Frames.begin(out);
      int defined = define(0, out);
      BatchRecord.delete(min, max, slots, out);
      Frames.end(out, at);
      try {
        log.append(out);
      } catch (IOException e) {
        throw HeadAppender.notDurable(e);
      }
      head.view.writeLock().lock();
      try {
        head.logged(defined);
        for (int slot : slots) {
          head.remove(slot, min, max);
        }
        removeExemplars(min, max, matcherSets);
      } finally {
        head.view.writeLock().unlock();
      }
      return slots.length;
    } finally {
      lock.unlock();
    }
  }

  private void removeExemplars(long min, long max, List<List<Matcher>> matcherSets) {
    head.exemplars.remove(
        e ->
            e.exemplar().timestamp() >= min
                && e.exemplar().timestamp() <= max
                && matcherSets.stream()
                    .anyMatch(ms -> ms.stream().allMatch(m -> m.matches(e.series()))));
  }

  // ---- recovery: what the log says, before anybody else uses the head

  /** Replays one record; how many of its samples have no series. */
  void replay(ByteSource payload) {
    head.view.writeLock().lock();
    try {
      BatchRecord.read(payload, scratch, this);
    } finally {
      head.view.writeLock().unlock();
    }
  }

  @Override
  public void series(int slot, int generation, byte[] canonical) {
    if (slot > head.table.slots() + (1 << 24)) {
      throw new DamageException("slot " + slot + " is far beyond all others");
    }
    SeriesTable t = head.table;
    moved.remove(slot);
    if (t.isLive(slot)) {
      if (t.index.spells(t.list(slot), canonical)) {
        return;
      }
      t.evict(slot);
    }
    int other = t.find(canonical);
    if (other != 0) {
      moved.put(slot, other);
      return;
    }
    t.install(slot, generation & ~1, canonical);
    Stripe s = head.stripeFor(slot);
    s.lastTime[slot & 63] = Stripe.NEVER;
    s.lastBits[slot & 63] = 0;
  }

  private int resolve(int slot) {
    if (!moved.isEmpty()) {
      Integer m = moved.get(slot);
      if (m != null) {
        return m;
      }
    }
    return head.table.isLive(slot) ? slot : 0;
  }

  @Override
  public void floats(boolean late, Batch.Columns c) {
    boolean clean = !late && moved.isEmpty();
    long floor = head.minValidTime;
    for (int i = 0; clean && i < c.count; i++) {
      int slot = c.slots[i];
      clean =
          c.times[i] >= floor
              && head.table.isLive(slot)
              && c.times[i] > head.stripe(slot).lastTime[slot & 63];
    }
    if (clean) {
      floats(c);
      return;
    }
    Batch.Columns one = new Batch.Columns();
    for (int i = 0; i < c.count; i++) {
      int slot = resolve(c.slots[i]);
      if (slot == 0) {
        head.counters.orphans.increment();
        continue;
      }
      long start = c.starts == null ? 0 : c.starts[i];
      if (late) {
        lateSample(slot, c.times[i], start, c.bits[i], null);
      } else if (c.times[i] >= floor) {
        if (c.times[i] > head.stripe(slot).lastTime[slot & 63]) {
          one.clear();
          one.add(slot, c.times[i], c.bits[i], start);
          floats(one);
        } else if (!head.stripe(slot).find(slot & 63, c.times[i], buffer)) {
          lateSample(slot, c.times[i], start, c.bits[i], null);
        }
      }
    }
  }

  private final dev.tethys.model.storage.SampleBuffer buffer =
      new dev.tethys.model.storage.SampleBuffer();

  @Override
  public void histogram(boolean late, int from, long time, long start, Histogram h) {
    int slot = resolve(from);
    if (slot == 0) {
      head.counters.orphans.increment();
    } else if (late) {
      lateSample(slot, time, start, 0, h);
    } else if (time >= head.minValidTime) {
      if (time > head.stripe(slot).lastTime[slot & 63]) {
        histogram(slot, time, start, h);
      } else {
        lateSample(slot, time, start, 0, h);
      }
    }
  }

  @Override
  public void exemplar(int from, Exemplar e) {
    int slot = resolve(from);
    if (slot != 0) {
      head.exemplars.add(head.table.labels(slot), e);
    }
  }

  @Override
  public void metadata(String name, MetricMetadata m) {
    if (head.metadata.size() < Head.MAX_METADATA) {
      head.metadata.put(name, m);
    }
  }

  @Override
  public void delete(long minTime, long maxTime, int[] slots) {
    java.util.Set<Labels> gone = new java.util.HashSet<>();
    for (int from : slots) {
      int slot = resolve(from);
      if (slot != 0) {
        head.remove(slot, minTime, maxTime);
        gone.add(head.table.labels(slot));
      }
    }
    head.exemplars.remove(
        e ->
            gone.contains(e.series())
                && e.exemplar().timestamp() >= minTime
                && e.exemplar().timestamp() <= maxTime);
  }
}
