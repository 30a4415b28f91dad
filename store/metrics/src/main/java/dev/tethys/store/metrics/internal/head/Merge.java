package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.storage.SampleBuffer;

/** Joins two ascending lists of samples into one. */
public final class Merge {
  private Merge() {}

  /** Appends all samples of a buffer to another, as they are. */
  public static void append(SampleBuffer from, SampleBuffer to) {
    if (from.histograms == null
        && to.histograms == null
        && from.startTimestamps == null
        && to.startTimestamps == null) {
      to.ensure(to.size + from.size);
      System.arraycopy(from.timestamps, 0, to.timestamps, to.size, from.size);
      System.arraycopy(from.values, 0, to.values, to.size, from.size);
      to.size += from.size;
    } else {
      for (int i = 0; i < from.size; i++) {
        to.add(from, i);
      }
    }
    to.mayBeStale |= from.mayBeStale;
  }

  /** Appends both in ascending order; the first wins at equal times. */
  public static void merge(SampleBuffer first, SampleBuffer second, SampleBuffer to) {
    int i = 0;
    int j = 0;
    while (i < first.size || j < second.size) {
      if (j == second.size) {
        to.add(first, i++);
      } else if (i == first.size || second.timestamps[j] < first.timestamps[i]) {
        to.add(second, j++);
      } else {
        if (second.timestamps[j] == first.timestamps[i]) {
          j++;
        }
        to.add(first, i++);
      }
    }
    to.mayBeStale |= first.mayBeStale | second.mayBeStale;
  }
}
