package dev.tethys.query.promql.exec;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.Selection.Groups;
import dev.tethys.query.promql.ast.Expr.Extension;
import org.jspecify.annotations.Nullable;

/**
 * Windows over stored samples.
 *
 * @param range milliseconds
 * @param withStarts whether start timestamps are read
 * @param fromSummaries whether the function can be computed from summaries of samples
 */
public record SelectedRange(
    Selector selector, long range, boolean withStarts, boolean fromSummaries)
    implements RangeSource {
  @Override
  public Description describe(Grid grid, long lookback) {
    return new Description("RangeSelect")
        .reads(
            selector.reads(
                grid,
                lookback,
                range,
                sameBuckets(grid),
                selector.countsOnly() ? "counts" : "values"));
  }

  /** Whether summaries of samples are understood. */
  private boolean takesSummaries() {
    return selector.extension() == Extension.NONE && !withStarts && fromSummaries;
  }

  /**
   * Returns a bucket length in milliseconds whose multiples align with all windows; 0 if summaries
   * are of no use.
   */
  private long sameBuckets(Grid grid) {
    if (!takesSummaries()) {
      return 0;
    }
    long same = gcd(range, Math.abs(moment(grid.start())));
    return isFixed() || grid.steps() <= 1 ? same : gcd(same, grid.interval());
  }

  private static long gcd(long a, long b) {
    return b == 0 ? a : gcd(b, a % b);
  }

  @Override
  public long moment(long stepTime) {
    return selector.moment(stepTime);
  }

  @Override
  public boolean isFixed() {
    return selector.at() != null;
  }

  @Override
  public Extension extension() {
    return selector.extension();
  }

  @Override
  public boolean countsReads() {
    return true;
  }

  @Override
  public Series open(Execution x, Grid grid) {
    Selection s = selector.open(x, grid, range, sameBuckets(grid), takesSummaries());
    return new Series() {
      @Override
      public int size() {
        return s.size();
      }

      @Override
      public Labels labels(int i) {
        return s.labels(i);
      }

      @Override
      public boolean dropName(int i) {
        return false;
      }

      @Override
      public @Nullable Groups groups(byte[][] sortedNames, boolean keep) {
        return s.groups(sortedNames, keep);
      }

      @Override
      public void load(int i, Workspace w) {
        s.read(i, w.buffer);
        if (w.buffer.histograms != null) {
          x.noteHistograms();
        }
        w.samples.load(w.buffer, withStarts);
        if (selector.countsOnly() && w.samples.histogramSize > 0) {
          w.samples.dropBuckets();
        }
      }

      @Override
      public void close() {
        s.close();
      }
    };
  }
}
