package dev.tethys.query.traceql.exec;

import dev.tethys.model.traces.SpanRows;
import java.util.Arrays;

/**
 * A span for each cell, chosen by a hash of its start: as good as at random, and the order of scans
 * does not matter.
 */
final class Exemplars {
  private static final long NONE = Long.MAX_VALUE;

  private long[] order; // NONE for a cell without a span
  private int[] chosen; // number + 1 of the row whose ids are not read yet
  private boolean isUnread;
  long[] traceHigh;
  long[] traceLow;
  long[] spanId;
  long[] time;
  double[] value;

  Exemplars(int cells) {
    order = new long[cells];
    chosen = new int[cells];
    traceHigh = new long[cells];
    traceLow = new long[cells];
    spanId = new long[cells];
    time = new long[cells];
    value = new double[cells];
    Arrays.fill(order, NONE);
  }

  long bytes() {
    return 52L * order.length;
  }

  void grow(int cells) {
    if (cells > order.length) {
      int before = order.length;
      int n = Math.max(cells, 2 * before);
      order = Arrays.copyOf(order, n);
      Arrays.fill(order, before, n, NONE);
      chosen = Arrays.copyOf(chosen, n);
      traceHigh = Arrays.copyOf(traceHigh, n);
      traceLow = Arrays.copyOf(traceLow, n);
      spanId = Arrays.copyOf(spanId, n);
      time = Arrays.copyOf(time, n);
      value = Arrays.copyOf(value, n);
    }
  }

  boolean has(int cell) {
    return cell < order.length && order[cell] != NONE;
  }

  /** True if a span would be chosen for a cell. */
  boolean takes(int cell, long start) {
    return order(start) < order[cell];
  }

  private static long order(long start) {
    return Math.min(NONE - 1, start * 0x9E3779B97F4A7C15L);
  }

  /** Chooses a row for a cell. {@link #readIds} follows when all rows were offered. */
  void put(int cell, SpanRows rows, int row, double v) {
    order[cell] = order(rows.start[row]);
    chosen[cell] = rows.idsFrom + row + 1;
    isUnread = true;
    time[cell] = rows.start[row];
    value[cell] = v;
  }

  /** Reads the ids of the chosen rows while they exist. */
  void readIds(SpanRows rows) {
    if (!isUnread || !rows.idsEnd) {
      return;
    }
    for (int cell = 0; cell < chosen.length; cell++) {
      int row = chosen[cell] - 1;
      if (row >= 0) {
        traceHigh[cell] = rows.traceHigh(row);
        traceLow[cell] = rows.traceLow(row);
        spanId[cell] = rows.spanId(row);
        chosen[cell] = 0;
      }
    }
    isUnread = false;
  }

  void offer(int cell, Exemplars other, int from) {
    if (other.has(from) && other.order[from] < order[cell]) {
      order[cell] = other.order[from];
      traceHigh[cell] = other.traceHigh[from];
      traceLow[cell] = other.traceLow[from];
      spanId[cell] = other.spanId[from];
      time[cell] = other.time[from];
      value[cell] = other.value[from];
    }
  }
}
