package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Puts samples in their place and takes them away again. Under both locks of the head, or in
 * recovery.
 */
final class Placement {
  private final Head head;
  private final RowPage.Scratch scratch = new RowPage.Scratch();
  private final HistogramChunk.Encoder encoder = new HistogramChunk.Encoder();

  Placement(Head head) {
    this.head = head;
  }

  /** Under the write lock of the view. */
  void place(Batch b) {
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

  void floats(Batch.Columns c) {
    int from = 0;
    while (from < c.count) {
      long time = c.times[from];
      int number = c.slots[from] >>> 6;
      int to = from + 1;
      while (to < c.count && c.times[to] == time && c.slots[to] >>> 6 == number) {
        to++;
      }
      Stripe stripe = head.stripe(c.slots[from]);
      stripe.append(time, head.range, c.slots, c.bits, from, to, scratch, head.sealed);
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

  void lateSample(int slot, long time, long start, long bits, @Nullable Histogram h) {
    Extras e = head.stripe(slot).makeExtras(slot & 63);
    if (e.late == null) {
      e.late = new LateSamples();
    }
    if (e.late.add(start, time, bits, h)) {
      head.counters.late.increment();
    }
    head.widen(time);
  }

  void histogram(int slot, long time, long start, Histogram h) {
    Stripe s = head.stripe(slot);
    Extras e = s.makeExtras(slot & 63);
    if (e.histograms == null) {
      e.histograms = new HistogramLog();
    }
    int waiting = e.histograms.add(start, time, h, encoder);
    if (waiting > 0) {
      head.sealed.add(e.histograms, waiting);
    }
    s.newest.set(slot & 63, time);
    head.widen(time);
    head.counters.histograms.increment();
  }

  /** Forgets what is older. Under both locks. */
  void truncate(HistogramLog histograms, long before) {
    histograms.truncate(before, encoder);
    head.sealed.add(histograms);
  }

  /** Under both locks, or in recovery. */
  void remove(int slot, long min, long max) {
    Stripe s = head.stripe(slot);
    int k = slot & 63;
    long last = s.newest.get(k);
    boolean newest = last >= min && last <= max;
    s.remove(k, min, max, scratch, head.sealed);
    Extras e = s.extras(k);
    if (newest) {
      s.findNewest(k);
    }
    if (e != null && e.histograms != null) {
      e.histograms.remove(min, max, encoder);
      head.sealed.add(e.histograms);
      if (newest) {
        s.newest.set(k, Math.max(s.newest.get(k), e.histograms.newestTime()));
      }
    }
    if (e != null && e.late != null) {
      e.late.remove(min, max);
    }
  }
}
