package dev.tethys.store.metrics;

import dev.tethys.model.CompensatedSum;
import dev.tethys.model.storage.Summaries;

/**
 * Makes longer summaries of shorter ones, of which samples are the shortest. What comes out is what
 * all samples together would give, but for the order in which sums are rounded.
 *
 * <p>A row belongs to one bucket, and to one range of blocks: where samples of one range are
 * retired and those of the next are not, no row is of both. A sum that would no longer be finite,
 * though its samples are, starts another row.
 */
final class Summarizer {
  private final long resolution;
  private final long cut;
  private double sum;
  private double carry;

  /**
   * Makes rows.
   *
   * @param resolution milliseconds of the buckets
   * @param cut milliseconds of the ranges of blocks
   */
  Summarizer(long resolution, long cut) {
    this.resolution = resolution;
    this.cut = cut;
  }

  /** Appends rows that ascend by their first times and whose buckets divide ours. */
  void append(Summaries rows, Summaries to) {
    int open = -1;
    for (int i = 0; i < rows.size; i++) {
      if (open >= 0 && joins(rows, i, to, open)) {
        join(rows, i, to, open);
      } else {
        close(to, open);
        open = to.size;
        to.add(rows, i);
        to.to[open] = Math.ceilDiv(rows.lastTimes[i], resolution) * resolution;
        to.from[open] = to.to[open] - resolution;
        sum = rows.sums[i];
        carry = 0;
      }
    }
    close(to, open);
  }

  private void close(Summaries to, int open) {
    if (open >= 0) {
      to.sums[open] = sum + carry;
    }
  }

  private boolean joins(Summaries rows, int i, Summaries to, int open) {
    if (rows.lastTimes[i] > to.to[open]
        || Math.floorDiv(rows.firstTimes[i], cut) != Math.floorDiv(to.firstTimes[open], cut)) {
      return false;
    }
    double s = rows.sums[i];
    boolean overflows = Double.isInfinite(sum + s) && Double.isFinite(sum) && Double.isFinite(s);
    return !overflows || rows.firstTimes[i] <= to.lastTimes[open];
  }

  private void join(Summaries rows, int i, Summaries to, int o) {
    double s = rows.sums[i];
    double total = sum + s;
    carry = CompensatedSum.carry(sum, s, total, carry);
    sum = total;
    to.counts[o] += rows.counts[i];
    if (rows.min[i] < to.min[o] || Double.isNaN(to.min[o])) {
      to.min[o] = rows.min[i];
    }
    if (rows.max[i] > to.max[o] || Double.isNaN(to.max[o])) {
      to.max[o] = rows.max[i];
    }
    if (rows.firstTimes[i] > to.lastTimes[o] && rows.first[i] < to.last[o]) {
      to.resets[o]++;
      to.lost[o] += to.last[o];
    }
    to.resets[o] += rows.resets[i];
    to.lost[o] += rows.lost[i];
    if (rows.lastTimes[i] > to.lastTimes[o]) {
      to.lastTimes[o] = rows.lastTimes[i];
      to.last[o] = rows.last[i];
    }
  }

  /**
   * Adds the rows of a further part; where both have a sample at one time, the earlier part's
   * stays. Rows that overlap stay both.
   */
  static void join(Summaries into, Summaries next) {
    if (next.size == 0) {
      return;
    }
    if (into.size == 0 || into.lastTimes[into.size - 1] < next.firstTimes[0]) {
      for (int i = 0; i < next.size; i++) {
        into.add(next, i);
      }
      return;
    }
    Summaries both = new Summaries();
    int i = 0;
    int j = 0;
    while (i < into.size || j < next.size) {
      if (j == next.size) {
        both.add(into, i++);
      } else if (i == into.size || next.firstTimes[j] < into.firstTimes[i]) {
        both.add(next, j++);
      } else {
        if (into.counts[i] == 1
            && next.counts[j] == 1
            && into.firstTimes[i] == next.firstTimes[j]) {
          j++;
        }
        both.add(into, i++);
      }
    }
    into.clear();
    for (int k = 0; k < both.size; k++) {
      into.add(both, k);
    }
  }

  /** Removes rows that start before a time. */
  static void dropBefore(long time, Summaries s) {
    int n = 0;
    for (int i = 0; i < s.size; i++) {
      if (s.firstTimes[i] >= time) {
        s.copy(s, i, n++);
      }
    }
    s.size = n;
  }
}
