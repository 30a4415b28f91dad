package dev.tethys.tools;

import dev.tethys.store.metrics.BlockInfo;
import dev.tethys.store.metrics.DatabaseStats;
import dev.tethys.store.metrics.MetricsDatabase;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * Time ranges in which a store may have samples.
 *
 * @param length length of each range in milliseconds
 * @param starts ascending, multiples of the length
 */
record TimeRanges(long length, List<Long> starts) {
  private static final long SHORTEST = 7_200_000;

  /** Longer ranges are not chosen, so that compaction of the reader has something to do. */
  private static final long LONGEST = SHORTEST * 243;

  private static final int MANY = 60;

  /**
   * Finds them.
   *
   * @param min first millisecond wanted
   * @param max last millisecond wanted
   * @param length length of a range; 0 for two hours, or longer if that would produce many ranges
   */
  static TimeRanges of(MetricsDatabase db, long min, long max, long length) {
    List<long[]> spans = new ArrayList<>();
    for (BlockInfo b : db.blockList()) {
      spans.add(new long[] {b.minTime(), b.maxTime() - 1});
    }
    DatabaseStats head = db.stats(0);
    if (head.minTime() <= head.maxTime()) {
      spans.add(new long[] {head.minTime(), head.maxTime()});
    }
    long n = length > 0 ? length : SHORTEST;
    TreeSet<Long> starts = starts(spans, min, max, n);
    while (length == 0 && starts.size() > MANY && n < LONGEST) {
      n *= 3;
      starts = starts(spans, min, max, n);
    }
    return new TimeRanges(n, List.copyOf(starts));
  }

  private static TreeSet<Long> starts(List<long[]> spans, long min, long max, long length) {
    TreeSet<Long> out = new TreeSet<>();
    for (long[] s : spans) {
      long from = Math.max(min, s[0]);
      long to = Math.min(max, s[1]);
      for (long t = Math.floorDiv(from, length) * length; t <= to; t += length) {
        out.add(t);
      }
    }
    return out;
  }
}
