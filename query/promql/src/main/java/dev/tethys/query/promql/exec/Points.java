package dev.tethys.query.promql.exec;

import dev.tethys.model.Labels;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Floats of one series during its construction. There may be few among many steps: a list of steps
 * as long as that is smaller than one value for each of them.
 */
final class Points {
  /**
   * Points are used if at most one step in this many has a sample, otherwise values by step: a
   * point is half again as large as a value, and a late point moves those after it.
   */
  private static final int FEW = 8;

  private static final int[] NONE = {};

  private final int steps;
  private int size;
  private int @Nullable [] at = NONE; // ascending; null when values stand by step
  private double[] values = {};

  Points(int steps) {
    this.steps = steps;
  }

  /** Returns the approximate size in bytes. */
  long bytes() {
    return 96 + 8L * values.length + (at == null ? 0 : 4L * at.length);
  }

  /** Adds one to the count of a step, which starts at 1. */
  void count(int step) {
    int i = at == null ? step : find(step);
    if (i < 0) {
      put(step, 1);
    } else {
      values[i] = Column.isAbsent(values[i]) ? 1 : values[i] + 1;
    }
  }

  private int find(int step) {
    int[] a = Streams.there(at);
    return size > 0 && a[size - 1] == step ? size - 1 : Arrays.binarySearch(a, 0, size, step);
  }

  /** Sets the float of a step. */
  void put(int step, double v) {
    int[] a = at;
    if (a == null) {
      values[step] = v;
      return;
    }
    int i = size > 0 && a[size - 1] < step ? -size - 1 : find(step);
    if (i >= 0) {
      values[i] = v;
      return;
    }
    if ((size + 1L) * FEW > steps) {
      spread();
      values[step] = v;
      return;
    }
    insert(-i - 1, step, v);
  }

  private void insert(int i, int step, double v) {
    int[] a = Streams.there(at);
    if (size == a.length) {
      int n = Math.max(1, 2 * size);
      a = Arrays.copyOf(a, n);
      at = a;
      values = Arrays.copyOf(values, n);
    }
    System.arraycopy(a, i, a, i + 1, size - i);
    System.arraycopy(values, i, values, i + 1, size - i);
    a[i] = step;
    values[i] = v;
    size++;
  }

  /** Switches to dense values, one per step. */
  private void spread() {
    int[] a = at;
    if (a != null) {
      values = Column.spread(steps, a, values, size);
      at = null;
    }
  }

  /**
   * Copies steps of a column without histograms.
   *
   * @param from first step in the column
   * @param to its position here
   */
  void take(Column c, int from, int to, int n) {
    if (c.isSparse() || at != null && (size + (long) c.present(from, from + n)) * FEW <= steps) {
      for (int s = c.next(from); s < from + n; s = c.next(s + 1)) {
        put(s - from + to, c.value(s));
      }
      return;
    }
    spread();
    System.arraycopy(c.values(), from, values, to, n);
  }

  /** Returns the series. */
  Column column(Labels labels) {
    int[] a = at;
    return a == null
        ? new Column(labels, false, values, null)
        : Column.sparse(labels, steps, Arrays.copyOf(a, size), Arrays.copyOf(values, size));
  }

  /** Returns the series with a value for each step. */
  Column denseColumn(Labels labels) {
    spread();
    return column(labels);
  }
}
