package dev.tethys.query.traceql.exec;

import dev.tethys.model.traces.SpanRows;
import java.util.Arrays;

/** A span for each cell, chosen by its id, so that the order of scans does not matter. */
final class Exemplars {
  private long[] order;
  long[] traceHigh;
  long[] traceLow;
  long[] spanId;
  long[] time;
  double[] value;
  private boolean[] used;

  Exemplars(int cells) {
    order = new long[cells];
    traceHigh = new long[cells];
    traceLow = new long[cells];
    spanId = new long[cells];
    time = new long[cells];
    value = new double[cells];
    used = new boolean[cells];
  }

  long bytes() {
    return 49L * order.length;
  }

  void grow(int cells) {
    if (cells > order.length) {
      int n = Math.max(cells, 2 * order.length);
      order = Arrays.copyOf(order, n);
      traceHigh = Arrays.copyOf(traceHigh, n);
      traceLow = Arrays.copyOf(traceLow, n);
      spanId = Arrays.copyOf(spanId, n);
      time = Arrays.copyOf(time, n);
      value = Arrays.copyOf(value, n);
      used = Arrays.copyOf(used, n);
    }
  }

  boolean has(int cell) {
    return cell < used.length && used[cell];
  }

  void offer(int cell, SpanRows rows, int row, double v) {
    long o = rows.spanId[row] * 0x9E3779B97F4A7C15L;
    if (!used[cell] || o < order[cell]) {
      used[cell] = true;
      order[cell] = o;
      traceHigh[cell] = rows.traceHigh[row];
      traceLow[cell] = rows.traceLow[row];
      spanId[cell] = rows.spanId[row];
      time[cell] = rows.start[row];
      value[cell] = v;
    }
  }

  void offer(int cell, Exemplars other, int from) {
    if (other.has(from) && (!used[cell] || other.order[from] < order[cell])) {
      used[cell] = true;
      order[cell] = other.order[from];
      traceHigh[cell] = other.traceHigh[from];
      traceLow[cell] = other.traceLow[from];
      spanId[cell] = other.spanId[from];
      time[cell] = other.time[from];
      value[cell] = other.value[from];
    }
  }
}
