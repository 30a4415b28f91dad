package dev.tethys.store.logs;

import dev.tethys.store.logs.block.TimeSort;
import java.util.Arrays;

/**
 * Rows from the oldest or the newest on, in groups. Rows are first put into buckets of time, and a
 * bucket is sorted when it is reached: a reader of the first hundred sorts few of them.
 */
final class TimeOrder {
  private static final int BUCKETS = 128;

  private final long[] times;
  private final boolean forward;
  private final int[] rows; // by bucket
  private final int[] starts = new int[BUCKETS + 1];
  private int bucket; // the next one
  private int at; // next row in the sorted bucket
  private int end;

  /**
   * @param times times by row
   * @param of rows; the array is used
   */
  TimeOrder(long[] times, int[] of, boolean forward) {
    this.times = times;
    this.forward = forward;
    long first = Long.MAX_VALUE;
    long last = Long.MIN_VALUE;
    for (int r : of) {
      first = Math.min(first, times[r]);
      last = Math.max(last, times[r]);
    }
    long range = last - first;
    long width = of.length == 0 || range < 0 ? Long.MAX_VALUE : range / BUCKETS + 1;
    byte[] places = new byte[of.length];
    for (int i = 0; i < of.length; i++) {
      // Times that are further apart than a long can say share a bucket.
      int place = range < 0 ? 0 : (int) ((times[of[i]] - first) / width);
      places[i] = (byte) (forward ? place : BUCKETS - 1 - place);
      starts[places[i] + 1]++;
    }
    for (int b = 0; b < BUCKETS; b++) {
      starts[b + 1] += starts[b];
    }
    int[] next = starts.clone();
    rows = new int[of.length];
    for (int i = 0; i < of.length; i++) {
      rows[next[places[i]]++] = of[i];
    }
  }

  /**
   * Takes the next rows, sorted by number.
   *
   * @param size maximum number of rows
   * @param bound last time of a row that is taken
   * @return their number, 0 at the end
   */
  int next(int[] into, int size, long bound) {
    int n = 0;
    while (n < size) {
      if (at == end && !nextBucket()) {
        break;
      }
      long time = times[rows[at]];
      if (forward ? time > bound : time < bound) {
        bucket = BUCKETS;
        at = end;
        break;
      }
      into[n++] = rows[at++];
    }
    Arrays.sort(into, 0, n);
    return n;
  }

  /** Sorts the next bucket that has rows; returns false if there is none. */
  private boolean nextBucket() {
    while (bucket < BUCKETS && starts[bucket] == starts[bucket + 1]) {
      bucket++;
    }
    if (bucket == BUCKETS) {
      return false;
    }
    at = starts[bucket];
    end = starts[bucket + 1];
    bucket++;
    TimeSort.sort(times, rows, at, end, forward);
    return true;
  }
}
