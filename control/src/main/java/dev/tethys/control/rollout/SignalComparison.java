package dev.tethys.control.rollout;

import static java.util.Objects.requireNonNull;

import dev.tethys.control.rollout.OutputDifference.LimitResult;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Output comparisons for one signal.
 *
 * @param beside comparison with agents without the version; null if none is comparable
 * @param single comparison with each of these agents individually
 * @param self comparison with the same agents before the rollout; null if none is comparable
 */
record SignalComparison(
    @Nullable OutputDifference beside,
    List<OutputDifference> single,
    @Nullable OutputDifference self) {
  OutputDifference shown() {
    return beside != null ? beside : requireNonNull(self);
  }

  /**
   * Evaluates both comparisons against a limit. Agents differ in their input, and traffic changes
   * with time: a version has changed an output only if that differs from agents without the
   * version, from each of them, and from the same agents before.
   */
  LimitResult withLimit(double most) {
    LimitResult b = beside == null ? LimitResult.ABOVE : beside.compareWithLimit(most);
    LimitResult s = self == null ? LimitResult.ABOVE : self.compareWithLimit(most);
    if (b == LimitResult.WITHIN || s == LimitResult.WITHIN) {
      return LimitResult.WITHIN;
    }
    boolean all =
        b == LimitResult.ABOVE
            && s == LimitResult.ABOVE
            && single.stream().allMatch(r -> r.compareWithLimit(most) == LimitResult.ABOVE);
    return all ? LimitResult.ABOVE : LimitResult.UNCLEAR;
  }

  /** Whether it is not judged for lack of data alone. */
  boolean lacksData(double most) {
    return (beside == null || beside.compareWithLimit(most) != LimitResult.ABOVE)
        && (self == null || self.compareWithLimit(most) != LimitResult.ABOVE)
        && unclear(most).isUnclearOfLittle(most);
  }

  /** Returns the inconclusive comparison. */
  OutputDifference unclear(double most) {
    if (beside != null && beside.compareWithLimit(most) == LimitResult.UNCLEAR) {
      return beside;
    }
    if (self != null && self.compareWithLimit(most) == LimitResult.UNCLEAR) {
      return self;
    }
    for (OutputDifference r : single) {
      if (r.compareWithLimit(most) != LimitResult.ABOVE) {
        return r;
      }
    }
    return shown();
  }
}
