package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.Histogram;
import dev.tethys.model.storage.SampleBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A run of {@link OutOfOrderSamples}: some of them, ascending by time, one a millisecond. */
final class OutOfOrderRun {
  /** Maximum number of samples that an insert moves. */
  static final int MOST = 512;

  private long[] times = new long[8];
  private long[] bits = new long[8];
  private long @Nullable [] starts;
  private @Nullable Histogram @Nullable [] histograms;
  private int count;

  int size() {
    return count;
  }

  long minTime() {
    return count == 0 ? Long.MAX_VALUE : times[0];
  }

  long maxTime() {
    return count == 0 ? Long.MIN_VALUE : times[count - 1];
  }

  long bytes() {
    return 88L + times.length * (16L + (starts == null ? 0 : 8) + (histograms == null ? 0 : 400));
  }

  /** Returns the index of a time, or {@code -(insertion index) - 1}. */
  private int search(long time) {
    if (count == 0 || time > times[count - 1]) {
      return -count - 1;
    }
    return Arrays.binarySearch(times, 0, count, time);
  }

  boolean has(long time) {
    return search(time) >= 0;
  }

  /** Whether the identical sample exists here. */
  boolean same(long time, long valueBits, @Nullable Histogram h) {
    int i = search(time);
    if (i < 0) {
      return false;
    }
    Histogram here = histograms == null ? null : histograms[i];
    return h == null ? here == null && bits[i] == valueBits : h.equals(here);
  }

  /** Inserts a sample; false, and nothing changes, when there is one at this time. */
  boolean add(long startTime, long time, long valueBits, @Nullable Histogram h) {
    int i = search(time);
    if (i >= 0) {
      return false;
    }
    i = -i - 1;
    if (count == times.length) {
      int n = Math.min(count + (count >> 1) + 8, MOST);
      times = Arrays.copyOf(times, n);
      bits = Arrays.copyOf(bits, n);
      if (starts != null) {
        starts = Arrays.copyOf(starts, n);
      }
      if (histograms != null) {
        histograms = Arrays.copyOf(histograms, n);
      }
    }
    int move = count - i;
    System.arraycopy(times, i, times, i + 1, move);
    System.arraycopy(bits, i, bits, i + 1, move);
    times[i] = time;
    bits[i] = valueBits;
    if (starts != null || startTime != 0) {
      long[] s = starts == null ? new long[times.length] : starts;
      System.arraycopy(s, i, s, i + 1, move);
      s[i] = startTime;
      starts = s;
    }
    if (histograms != null || h != null) {
      @Nullable Histogram[] s = histograms == null ? new Histogram[times.length] : histograms;
      System.arraycopy(s, i, s, i + 1, move);
      s[i] = h;
      histograms = s;
    }
    count++;
    return true;
  }

  boolean isFull() {
    return count == MOST;
  }

  /** Moves the upper half of the samples to a new run, which it returns. */
  OutOfOrderRun split() {
    OutOfOrderRun upper = new OutOfOrderRun();
    int half = count / 2;
    upper.times = Arrays.copyOfRange(times, half, half + MOST);
    upper.bits = Arrays.copyOfRange(bits, half, half + MOST);
    upper.starts = starts == null ? null : Arrays.copyOfRange(starts, half, half + MOST);
    upper.histograms =
        histograms == null ? null : Arrays.copyOfRange(histograms, half, half + MOST);
    upper.count = count - half;
    cut(half);
    return upper;
  }

  /** Appends the samples in a closed range to a buffer. */
  void view(long minTime, long maxTime, SampleBuffer out) {
    int from = search(minTime);
    from = from < 0 ? -from - 1 : from;
    for (int i = from; i < count && times[i] <= maxTime; i++) {
      Histogram h = histograms == null ? null : histograms[i];
      long start = starts == null ? 0 : starts[i];
      if (h != null) {
        out.add(start, times[i], h);
      } else {
        out.add(start, times[i], Double.longBitsToDouble(bits[i]));
      }
    }
  }

  /**
   * Removes the samples whose times a buffer contains.
   *
   * @param from position in the buffer before which all is older than this run
   * @return the same for the run after it
   */
  int removeAll(SampleBuffer gone, int from) {
    int n = 0;
    int g = from;
    for (int i = 0; i < count; i++) {
      while (g < gone.size && gone.timestamps[g] < times[i]) {
        g++;
      }
      if (g == gone.size || gone.timestamps[g] != times[i]) {
        move(i, n++);
      }
    }
    cut(n);
    return g;
  }

  private void move(int from, int to) {
    times[to] = times[from];
    bits[to] = bits[from];
    if (starts != null) {
      starts[to] = starts[from];
    }
    if (histograms != null) {
      histograms[to] = histograms[from];
    }
  }

  private void cut(int n) {
    if (histograms != null) {
      Arrays.fill(histograms, n, count, null);
    }
    count = n;
  }

  /** Removes the samples in a closed range; returns their number. */
  int remove(long minTime, long maxTime) {
    int n = 0;
    for (int i = 0; i < count; i++) {
      if (times[i] >= minTime && times[i] <= maxTime) {
        continue;
      }
      move(i, n++);
    }
    int gone = count - n;
    cut(n);
    return gone;
  }
}
