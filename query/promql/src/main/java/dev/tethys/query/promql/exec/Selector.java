package dev.tethys.query.promql.exec;

import dev.tethys.model.Matcher;
import dev.tethys.model.cancellation.Cancellation;
import dev.tethys.model.storage.Resolution;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.StepWindows;
import dev.tethys.query.promql.ast.Expr.Extension;
import dev.tethys.query.promql.ast.Expr.Span;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Series to read, and the time relative to a step.
 *
 * @param at fixed evaluation time in milliseconds, or null for each step's own
 * @param offset milliseconds back from there
 * @param function the function around the selector, a hint to the store
 * @param countsOnly whether only counts and sums of histograms are needed
 */
public record Selector(
    List<Matcher> matchers,
    @Nullable Long at,
    long offset,
    Extension extension,
    String function,
    boolean countsOnly,
    Span span) {
  /** Returns the time evaluated for a step. */
  long moment(long stepTime) {
    return (at == null ? stepTime : at) - offset;
  }

  /** The time range that the steps of a grid need. */
  private record Window(long from, long to) {}

  private Window window(Grid grid, long lookback, long range) {
    return new Window(
        moment(grid.start()) - before(lookback, range), moment(grid.end()) + after(lookback));
  }

  /** Returns the distance from a step's time to the start of its range, inclusive. */
  private long before(long lookback, long range) {
    if (range == 0) {
      return lookback - 1;
    }
    return range - 1 + (extension == Extension.NONE ? 0 : lookback);
  }

  private long after(long lookback) {
    return extension == Extension.SMOOTHED ? lookback : 0;
  }

  /**
   * Returns the windows read by the steps of a grid; null if they cover most of the time range.
   * Also null if a step needs to know whether a histogram was reset since the previous sample,
   * regardless of its time.
   */
  private @Nullable StepWindows windows(Grid grid, long lookback, long range) {
    if (at != null || grid.isInstant() || countsOnly && range == 0) {
      return null;
    }
    StepWindows w =
        new StepWindows(
            moment(grid.start()), grid.interval(), before(lookback, range), after(lookback));
    return w.skipsHalf() ? w : null;
  }

  /** Returns the store request for the steps of a grid. */
  Description.Reads reads(Grid grid, long lookback, long range, long sameBuckets, String parts) {
    Window w = window(grid, lookback, range);
    StepWindows some = windows(grid, lookback, range);
    return new Description.Reads(
        matchers,
        w.from(),
        w.to(),
        range,
        offset,
        at,
        parts,
        sameBuckets,
        some == null ? 0 : some.interval());
  }

  /** Opens the series for the steps of a grid. */
  Selection open(Execution x, Grid grid, long range) {
    return open(x, grid, range, 0, false);
  }

  /**
   * Variant for a reader of windows.
   *
   * @param sameBuckets buckets whose length divides this number of milliseconds yield the same
   *     result as samples; 0 if none do
   * @param summaries whether it understands summaries of buckets
   */
  Selection open(Execution x, Grid grid, long range, long sameBuckets, boolean summaries) {
    Window w = window(grid, x.lookback(), range);
    long rough = x.maxSourceResolution();
    Resolution resolution =
        rough == 0
            ? Resolution.SAMPLES
            : new Resolution(
                sameBuckets, Math.max(0, rough), range == 0 ? x.lookback() : 0, summaries, false);
    SelectHints hints =
        new SelectHints(
            w.from(),
            w.to(),
            grid.isInstant() ? 0 : grid.interval(),
            range,
            function,
            resolution,
            windows(grid, x.lookback(), range));
    Profile p = x.profile();
    Profile.Select select =
        () -> Cancellation.within(x::check, () -> x.source().select(hints, matchers));
    try (Execution.Draft matching = x.draft()) {
      for (Matcher m : matchers) {
        matching.add(m.matchingBytes());
      }
      Selection s = p == null ? select.open() : p.select(select);
      x.annotations().storage(s.warnings());
      return s;
    }
  }
}
