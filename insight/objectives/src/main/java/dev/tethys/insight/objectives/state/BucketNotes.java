package dev.tethys.insight.objectives.state;

import dev.tethys.insight.graph.query.MetricAnswers;
import dev.tethys.insight.graph.query.MetricAnswers.Sample;
import dev.tethys.insight.objectives.ErrorRatio;
import dev.tethys.insight.objectives.Objective;
import dev.tethys.model.GoFloat;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleFunction;

/**
 * Remarks on thresholds of latency that are not bounds of the histogram. They are computed again
 * after {@link #AGE}, at most {@link #MAX_LOOKUPS} for a report. Used by at most one thread at a
 * time.
 */
final class BucketNotes {
  static final Duration AGE = Duration.ofMinutes(10);
  static final int MAX_LOOKUPS = 20;

  private record Note(long time, ErrorRatio of, List<String> texts) {}

  private final Map<String, Note> known = new HashMap<>();
  private long report = Long.MIN_VALUE;
  private int lookups;

  /** Remarks on the threshold of an objective; none until they are computed. */
  List<String> of(Objective o, MetricAnswers answers, long time) {
    if (!(o.indicator() instanceof ErrorRatio.Slow slow)) {
      return List.of();
    }
    if (time != report) {
      report = time;
      lookups = 0;
      known.values().removeIf(n -> time - n.time > 2 * AGE.toMillis());
    }
    Note before = known.get(o.id());
    boolean isCurrent =
        before != null
            && before.of.equals(slow)
            && time >= before.time
            && time - before.time < AGE.toMillis();
    if (before != null && isCurrent) {
      return before.texts;
    }
    if (lookups == MAX_LOOKUPS) {
      return before == null || !before.of.equals(slow) ? List.of() : before.texts;
    }
    lookups++;
    double threshold = slow.threshold().doubleValue();
    double bound = Double.NaN;
    for (Sample s : answers.at(slow.bounds(), time)) {
      double le = number(s.labels().getOrDefault("le", ""));
      if (le >= threshold && !(le >= bound)) {
        bound = le;
      }
    }
    List<String> texts =
        Double.isNaN(bound)
            ? List.of()
            : List.of(text(GoFloat.f(threshold), threshold, bound, GoFloat::f));
    known.put(o.id(), new Note(time, slow, texts));
    return texts;
  }

  private static double number(String le) {
    try {
      return le.equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(le);
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }

  /**
   * Text for a threshold.
   *
   * @param bound bucket that counts
   */
  static String text(String threshold, double value, double bound, DoubleFunction<String> format) {
    if (bound == value) {
      return "events up to " + threshold + " are good";
    }
    return "the threshold "
        + threshold
        + " is not a bucket of the histogram; "
        + (Double.isInfinite(bound)
            ? "all buckets are below it, so that every event is good"
            : "the next bucket, " + format.apply(bound) + ", counts");
  }
}
