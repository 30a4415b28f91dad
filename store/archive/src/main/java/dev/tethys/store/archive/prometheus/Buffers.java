package dev.tethys.store.archive.prometheus;

import dev.tethys.model.storage.SampleBuffer;

/** Moving samples within and between buffers. */
final class Buffers {
  private Buffers() {}

  /** Copies a sample of a buffer to another position of the buffer. */
  static void move(SampleBuffer b, int from, int to) {
    b.timestamps[to] = b.timestamps[from];
    b.values[to] = b.values[from];
    if (b.histograms != null) {
      b.histograms[to] = b.histograms[from];
    }
    if (b.startTimestamps != null) {
      b.startTimestamps[to] = b.startTimestamps[from];
    }
  }

  /** Merges two ascending buffers; at equal times the first one's sample wins. */
  static void merge(SampleBuffer a, SampleBuffer b, SampleBuffer into) {
    into.clear();
    int i = 0;
    int j = 0;
    while (i < a.size || j < b.size) {
      if (j == b.size || i < a.size && a.timestamps[i] <= b.timestamps[j]) {
        if (j < b.size && a.timestamps[i] == b.timestamps[j]) {
          j++;
        }
        into.add(a, i++);
      } else {
        into.add(b, j++);
      }
    }
    into.mayBeStale = a.mayBeStale | b.mayBeStale;
  }

  /** Keeps the samples of a closed time range; returns the number of samples outside. */
  static int clip(SampleBuffer b, long min, long max) {
    if (b.size == 0 || b.timestamps[0] >= min && b.timestamps[b.size - 1] <= max) {
      return 0;
    }
    int n = 0;
    for (int i = 0; i < b.size; i++) {
      if (b.timestamps[i] >= min && b.timestamps[i] <= max) {
        move(b, i, n++);
      }
    }
    int out = b.size - n;
    b.size = n;
    return out;
  }
}
