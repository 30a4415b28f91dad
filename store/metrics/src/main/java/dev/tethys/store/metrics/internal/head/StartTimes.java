package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.storage.SampleBuffer;
import java.util.Arrays;

/**
 * Start times of the counters of one series: a list of (first sample, start). Start times change
 * only with a restart of the measured program, so the list is short; a series whose every sample
 * brings another start costs 16 bytes per sample.
 */
final class StartTimes {
  private long[] from = new long[2];
  private long[] start = new long[2];
  private int count;

  /**
   * Records the start time of a sample newer than all there are; others, since deleted, may have
   * been.
   */
  void note(long time, long startTime) {
    while (count > 0 && from[count - 1] >= time) {
      count--;
    }
    long before = count == 0 ? 0 : start[count - 1];
    if (before == startTime) {
      return;
    }
    if (count == from.length) {
      from = Arrays.copyOf(from, count * 2);
      start = Arrays.copyOf(start, count * 2);
    }
    from[count] = time;
    start[count] = startTime;
    count++;
  }

  boolean isEmpty() {
    return count == 0 || count == 1 && start[0] == 0;
  }

  long bytes() {
    return 64L + from.length * 16L;
  }

  StartTimes copy() {
    StartTimes c = new StartTimes();
    c.from = Arrays.copyOf(from, Math.max(2, count));
    c.start = Arrays.copyOf(start, Math.max(2, count));
    c.count = count;
    return c;
  }

  /** Forgets what no sample from this time on needs. */
  void truncate(long minTime) {
    int keep = 0;
    while (keep + 1 < count && from[keep + 1] <= minTime) {
      keep++;
    }
    if (keep > 0) {
      System.arraycopy(from, keep, from, 0, count - keep);
      System.arraycopy(start, keep, start, 0, count - keep);
      count -= keep;
    }
  }

  int count() {
    return count;
  }

  long from(int i) {
    return from[i];
  }

  long start(int i) {
    return start[i];
  }

  /** Fills in the start times of the float samples in a buffer. */
  void fill(SampleBuffer b) {
    if (count == 0 || b.size == 0) {
      return;
    }
    long[] s = b.startTimestamps;
    if (s == null || s.length < b.timestamps.length) {
      s = new long[b.timestamps.length];
      b.startTimestamps = s;
    }
    int c = -1;
    for (int i = 0; i < b.size; i++) {
      while (c + 1 < count && from[c + 1] <= b.timestamps[i]) {
        c++;
      }
      s[i] = c < 0 ? 0 : start[c];
    }
  }
}
