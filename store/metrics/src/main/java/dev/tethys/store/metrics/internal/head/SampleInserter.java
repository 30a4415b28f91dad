package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.Histogram;
import dev.tethys.model.log.JulLogger;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;

/**
 * Moves samples to their position and removes them again. Holds both locks of the head, except in
 * recovery.
 */
final class SampleInserter {
  private static final Logger LOG = JulLogger.of(SampleInserter.class.getName());

  private final Head head;
  private final RowPage.Scratch scratch = new RowPage.Scratch();
  private final HistogramChunk.Encoder encoder = new HistogramChunk.Encoder();

  SampleInserter(Head head) {
    this.head = head;
  }

  /** Under the write lock of the view. */
  void place(AppendBatch b) {
    floats(b.inOrder);
    late(b.late);
    for (AppendBatch.HistogramSample s : b.inOrderHistograms) {
      histogram(s.slot(), s.time(), s.start(), s.histogram());
    }
    for (AppendBatch.HistogramSample s : b.lateHistograms) {
      lateSample(s.slot(), s.time(), s.start(), 0, s.histogram());
    }
    for (AppendBatch.ExemplarSample s : b.exemplars) {
      head.exemplars.add(head.table.labels(s.slot()), s.exemplar());
    }
    head.metadata.putAll(b.metadata);
  }

  void floats(AppendBatch.Columns c) {
    int from = 0;
    while (from < c.count) {
      long time = c.times[from];
      int number = c.slots[from] >>> 6;
      int to = from + 1;
      while (to < c.count && c.slots[to] >>> 6 == number && c.times[to] == time) {
        to++;
      }
      Stripe stripe = head.stripe(c.slots[from]);
      stripe.append(time, head.range, c.slots, c.bits, from, to, scratch, head.sealed);
      if (c.starts != null || stripe.hasExtras()) {
        starts(stripe, c, from, to);
      }
      head.widen(time);
      from = to;
    }
    head.counters.floats.add(c.count);
  }

  /** Records when samples of a stripe started, if known. */
  private static void starts(Stripe stripe, AppendBatch.Columns c, int from, int to) {
    for (int i = from; i < to; i++) {
      int k = c.slots[i] & 63;
      long start = c.starts == null ? 0 : c.starts[i];
      SeriesExtras e = start != 0 ? stripe.makeExtras(k) : stripe.extras(k);
      if (e != null && (start != 0 || e.starts != null)) {
        if (e.starts == null) {
          e.starts = new StartTimes();
        }
        e.starts.note(c.times[i], start);
      }
    }
  }

  private void late(AppendBatch.Columns c) {
    for (int i = 0; i < c.count; i++) {
      lateSample(c.slots[i], c.times[i], c.starts == null ? 0 : c.starts[i], c.bits[i], null);
    }
  }

  void lateSample(int slot, long time, long start, long bits, @Nullable Histogram h) {
    SeriesExtras e = head.stripe(slot).makeExtras(slot & 63);
    if (e.late == null) {
      e.late = new OutOfOrderSamples();
    }
    if (e.late.add(start, time, bits, h)) {
      head.counters.late.increment();
    }
    head.widen(time);
  }

  void histogram(int slot, long time, long start, Histogram h) {
    Stripe s = head.stripe(slot);
    SeriesExtras e = s.makeExtras(slot & 63);
    if (e.histograms == null) {
      e.histograms = new HistogramLog();
    }
    note(e.histograms, e.histograms.add(start, time, h, encoder));
    s.newest.set(slot & 63, time);
    head.widen(time);
    head.counters.histograms.increment();
  }

  private void note(HistogramLog log, int waiting) {
    if (waiting > 0) {
      head.sealed.add(log, waiting);
    }
  }

  /**
   * Removes older samples, or on the next call, once the disk provides the samples to keep. Under
   * both locks.
   */
  void truncate(HistogramLog histograms, long before) {
    try {
      note(histograms, histograms.truncate(before, encoder));
    } catch (InternalError e) { // so a mapped file fails
      LOG.log(
          Level.WARNING,
          "Histograms stored in a block stay in memory, because adjacent ones cannot be read; check"
              + " the disk",
          e);
    }
  }

  /** Under both locks, or in recovery. */
  void remove(int slot, long min, long max) {
    Stripe s = head.stripe(slot);
    int k = slot & 63;
    long last = s.newest.get(k);
    boolean newest = last >= min && last <= max;
    SeriesExtras e = s.extras(k);
    HistogramLog h = e == null ? null : e.histograms;
    if (h != null) {
      note(h, h.remove(min, max, encoder)); // first, for it may fail where a disk does
    }
    s.remove(k, min, max, new UnpackedRows(), head.sealed);
    if (newest) {
      s.findNewest(k);
      if (h != null) {
        s.newest.set(k, Math.max(s.newest.get(k), h.newestTime()));
      }
    }
    if (e != null && e.late != null) {
      e.late.remove(min, max);
    }
  }
}
