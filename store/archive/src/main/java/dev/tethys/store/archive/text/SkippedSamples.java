package dev.tethys.store.archive.text;

import dev.tethys.model.Histogram;
import dev.tethys.model.Samples;
import org.jspecify.annotations.Nullable;

/** Counts what a float-only text format cannot represent. */
final class SkippedSamples {
  private long histograms;
  private long stale;
  private long starts;

  /** Whether such a format has a form for a sample; counts it, or its start, when not. */
  boolean takes(@Nullable Histogram h, long start, double value) {
    if (h != null) {
      histograms++;
      return false;
    }
    if (Samples.isStale(value)) {
      stale++;
      return false;
    }
    starts += start == 0 ? 0 : 1;
    return true;
  }

  long histograms() {
    return histograms;
  }

  long stale() {
    return stale;
  }

  long starts() {
    return starts;
  }
}
