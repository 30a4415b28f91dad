package dev.tethys.query.promql.exec;

import dev.tethys.model.Matcher;
import dev.tethys.model.storage.Cancellation;
import dev.tethys.model.storage.Resolution;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.query.promql.ast.Expr.Extension;
import dev.tethys.query.promql.ast.Expr.Span;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which series are read, and when relative to a step.
 *
 * @param at fixed evaluation time in milliseconds, or null for each step's own
 * @param offset milliseconds back from there
 * @param function what stands around the selector, a hint to the store
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
  /** The moment that a step looks at. */
  long moment(long stepTime) {
    return (at == null ? stepTime : at) - offset;
  }

  /** The time range that the steps of a grid need. */
  private record Window(long from, long to) {}

  private Window window(Grid grid, long lookback, long range) {
    long from = moment(grid.start());
    long to = moment(grid.end());
    if (range == 0) {
      from -= lookback - 1;
      if (extension == Extension.SMOOTHED) {
        to += lookback;
      }
    } else {
      from -= range - 1;
      if (extension != Extension.NONE) {
        from -= lookback;
      }
      if (extension == Extension.SMOOTHED) {
        to += lookback;
      }
    }
    return new Window(from, to);
  }

  /** What is asked of the store for the steps of a grid. */
  Description.Reads reads(Grid grid, long lookback, long range, long sameBuckets, String parts) {
    Window w = window(grid, lookback, range);
    return new Description.Reads(matchers, w.from(), w.to(), range, offset, at, parts, sameBuckets);
  }

  /** Opens the series for the steps of a grid. */
  Selection open(Execution x, Grid grid, long range) {
    return open(x, grid, range, 0, false);
  }

  /**
   * The same for a reader of windows.
   *
   * @param sameBuckets buckets of samples of a length that divides this many milliseconds answer it
   *     as samples do; 0 when none do
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
            w.from(), w.to(), grid.isInstant() ? 0 : grid.interval(), range, function, resolution);
    Profile p = x.profile();
    Profile.Select select =
        () -> Cancellation.within(x::check, () -> x.source().select(hints, matchers));
    Selection s = p == null ? select.open() : p.select(select);
    x.annotations().storage(s.warnings());
    return s;
  }
}
