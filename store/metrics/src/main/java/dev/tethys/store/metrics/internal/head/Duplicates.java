package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.Histogram;
import dev.tethys.model.storage.Appender.Outcome;
import dev.tethys.model.storage.SampleBuffer;
import org.jspecify.annotations.Nullable;

/** Result for a sample at a time that its series already has. */
final class Duplicates {
  private final Head head;

  Duplicates(Head head) {
    this.head = head;
  }

  boolean sameAsNewest(Stripe stripe, int k, long bits, @Nullable Histogram h) {
    head.view.readLock().lock();
    try {
      SeriesExtras e = stripe.extras(k);
      HistogramLog log = e == null ? null : e.histograms;
      boolean newestIsHistogram = log != null && log.newestTime() == stripe.newest.get(k);
      if (h != null) {
        return newestIsHistogram && log != null && h.equals(log.newest());
      }
      return !newestIsHistogram && stripe.lastBits[k] == bits;
    } finally {
      head.view.readLock().unlock();
    }
  }

  /** OK when the very sample is in memory, DUPLICATE_TIMESTAMP when another is, null if none. */
  @Nullable Outcome lateDuplicate(
      Stripe stripe, int k, long time, long bits, @Nullable Histogram h) {
    head.view.readLock().lock();
    try {
      SeriesExtras e = stripe.extras(k);
      SampleBuffer found = new SampleBuffer();
      if (e != null && e.histograms != null) {
        e.histograms.view().read(time, time, found);
        if (found.size > 0 && found.histograms != null) {
          return h != null && h.equals(found.histograms[0])
              ? Outcome.OK
              : Outcome.DUPLICATE_TIMESTAMP;
        }
      }
      if (time >= head.flushedTo && stripe.find(k, time, found)) {
        return h == null && Double.doubleToRawLongBits(found.values[0]) == bits
            ? Outcome.OK
            : Outcome.DUPLICATE_TIMESTAMP;
      }
      // Last: if both exist, the sample that arrived in order is returned.
      if (e != null && e.late != null && e.late.has(time)) {
        return e.late.same(time, bits, h) ? Outcome.OK : Outcome.DUPLICATE_TIMESTAMP;
      }
      return null;
    } finally {
      head.view.readLock().unlock();
    }
  }
}
