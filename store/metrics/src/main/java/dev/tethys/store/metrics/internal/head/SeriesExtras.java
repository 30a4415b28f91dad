package dev.tethys.store.metrics.internal.head;

import org.jspecify.annotations.Nullable;

/** Additional data of some series apart from their rows. Guarded by the lock of the head. */
final class SeriesExtras {
  /** Start timestamps of in-order floats. */
  @Nullable StartTimes starts;

  /** In-order histograms. */
  @Nullable HistogramLog histograms;

  /** Samples that came late, floats and histograms. */
  @Nullable OutOfOrderSamples late;

  boolean isEmpty() {
    return (starts == null || starts.isEmpty())
        && (histograms == null || histograms.isEmpty())
        && (late == null || late.size() == 0);
  }
}
