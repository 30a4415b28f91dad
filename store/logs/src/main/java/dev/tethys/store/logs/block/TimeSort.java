package dev.tethys.store.logs.block;

import java.util.Arrays;
import java.util.Comparator;

/** Sorts rows by time; rows of one time keep their order. */
public final class TimeSort {
  private TimeSort() {}

  /**
   * Sorts a range of rows.
   *
   * <p>Time and place of a row are one number where the range of times permits it: no objects are
   * compared.
   *
   * @param times timestamp of each row in Unix nanoseconds
   * @param from first place in the rows
   * @param to end of the places
   * @param forward false for the newest first
   */
  public static void sort(long[] times, int[] rows, int from, int to, boolean forward) {
    if (to - from < 2) {
      return;
    }
    long first = times[rows[from]];
    long last = first;
    long before = first;
    boolean sorted = true;
    for (int i = from + 1; i < to; i++) {
      long time = times[rows[i]];
      sorted &= forward ? before <= time : before >= time;
      first = Math.min(first, time);
      last = Math.max(last, time);
      before = time;
    }
    if (sorted) {
      return;
    }
    int bits = 32 - Integer.numberOfLeadingZeros(to - from);
    if (last - first < 0 || last - first >= 1L << 63 - bits) {
      sortAny(times, rows, from, to, forward);
      return;
    }
    long[] keys = new long[to - from];
    for (int i = 0; i < keys.length; i++) {
      long time = times[rows[from + i]];
      keys[i] = (forward ? time - first : last - time) << bits | i;
    }
    Arrays.sort(keys);
    long mask = (1L << bits) - 1;
    int[] unsorted = Arrays.copyOfRange(rows, from, to);
    for (int i = 0; i < keys.length; i++) {
      rows[from + i] = unsorted[(int) (keys[i] & mask)];
    }
  }

  /** Variant for times too far apart for a number that also holds the position. */
  private static void sortAny(long[] times, int[] rows, int from, int to, boolean forward) {
    Comparator<Integer> byTime = Comparator.comparingLong(r -> times[r]);
    int[] sorted =
        Arrays.stream(rows, from, to)
            .boxed()
            .sorted(forward ? byTime : byTime.reversed())
            .mapToInt(Integer::intValue)
            .toArray();
    System.arraycopy(sorted, 0, rows, from, sorted.length);
  }
}
