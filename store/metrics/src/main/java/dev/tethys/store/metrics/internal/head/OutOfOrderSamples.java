package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.Histogram;
import dev.tethys.model.storage.SampleBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Samples of one series that came after newer ones, ascending by time, one a millisecond. Most come
 * in order among themselves, so that the usual insert is an append; but they may come in any order,
 * the newest first for one. So they are in runs of a bounded length, the leaves of a tree with one
 * level above them: an insert moves the samples after it in its run, and a full run is split.
 *
 * <p>Invariants: no run is empty, and each ends before the next starts.
 */
final class OutOfOrderSamples {
  private final List<OutOfOrderRun> runs = new ArrayList<>(1);
  private int count;

  int size() {
    return count;
  }

  long minTime() {
    return count == 0 ? Long.MAX_VALUE : runs.getFirst().minTime();
  }

  long bytes() {
    long b = 72;
    for (OutOfOrderRun r : runs) {
      b += 8 + r.bytes();
    }
    return b;
  }

  /** Returns the index of the last run that starts at or before a time; 0 if none does. */
  private int runFor(long time) {
    int low = 0;
    int high = runs.size() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (runs.get(middle).minTime() <= time) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  boolean has(long time) {
    return count > 0 && runs.get(runFor(time)).has(time);
  }

  /** Whether the identical sample exists here. */
  boolean same(long time, long valueBits, @Nullable Histogram h) {
    return count > 0 && runs.get(runFor(time)).same(time, valueBits, h);
  }

  /** Inserts a sample; false, and nothing changes, when there is one at this time. */
  boolean add(long startTime, long time, long valueBits, @Nullable Histogram h) {
    if (has(time)) {
      return false;
    }
    place(time).add(startTime, time, valueBits, h);
    count++;
    return true;
  }

  /** The run that accepts a time that does not exist yet. */
  private OutOfOrderRun place(long time) {
    if (runs.isEmpty()) {
      return made(0);
    }
    int at = runFor(time);
    OutOfOrderRun r = runs.get(at);
    if (!r.isFull()) {
      return r;
    }
    if (time < r.minTime()) {
      return made(at); // the first of all: runs that grow downwards stay full
    }
    if (time > r.maxTime()) {
      boolean room = at + 1 < runs.size() && !runs.get(at + 1).isFull();
      return room ? runs.get(at + 1) : made(at + 1);
    }
    OutOfOrderRun upper = r.split();
    runs.add(at + 1, upper);
    return time < upper.minTime() ? r : upper;
  }

  private OutOfOrderRun made(int at) {
    OutOfOrderRun r = new OutOfOrderRun();
    runs.add(at, r);
    return r;
  }

  /** Returns a copy of the samples in a closed range, or null if there is none. */
  @Nullable SampleBuffer view(long minTime, long maxTime) {
    SampleBuffer out = new SampleBuffer();
    for (int i = runFor(minTime); i < runs.size() && runs.get(i).minTime() <= maxTime; i++) {
      runs.get(i).view(minTime, maxTime, out);
    }
    if (out.size == 0) {
      return null;
    }
    out.mayBeStale = true;
    return out;
  }

  /** Removes the samples whose times a buffer contains. */
  void removeAll(SampleBuffer gone) {
    int g = 0;
    for (OutOfOrderRun r : runs) {
      g = r.removeAll(gone, g);
    }
    removeEmptyRuns();
  }

  /** Removes the samples in a closed range; returns their number. */
  int remove(long minTime, long maxTime) {
    int n = 0;
    for (int i = runFor(minTime); i < runs.size() && runs.get(i).minTime() <= maxTime; i++) {
      n += runs.get(i).remove(minTime, maxTime);
    }
    removeEmptyRuns();
    return n;
  }

  /** Counts again, without runs that have become empty. */
  private void removeEmptyRuns() {
    runs.removeIf(r -> r.size() == 0);
    count = 0;
    for (OutOfOrderRun r : runs) {
      count += r.size();
    }
  }
}
