package dev.tethys.app.server;

import dev.tethys.model.GoQuote;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.store.metrics.MetricsDatabase;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Series read by warm-up queries: all series of a metric, or those with one label value if the
 * metric has too many.
 *
 * @param metric a name that a selector can have without quotes
 * @param matcher label matcher, as written between the braces of a selector; empty for all series
 *     of the metric
 */
record WarmUpSeries(String metric, String matcher) {
  private static final Pattern LABEL = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]*");

  /** Selects all series of a metric. */
  static WarmUpSeries of(String metric) {
    return new WarmUpSeries(metric, "");
  }

  /**
   * Selects some series of a metric: the series with the label value whose series count is closest
   * to {@link WarmUpMetrics#ENOUGH_SERIES}.
   *
   * @param start Unix milliseconds, as the end
   * @return null if each label leaves too many
   */
  static @Nullable WarmUpSeries some(
      MetricsDatabase database, String metric, long start, long end) {
    Matcher named = Matcher.equal(Labels.METRIC_NAME, metric);
    List<Labels> first = database.series(start, end, List.of(List.of(named)), 1);
    if (first.isEmpty()) {
      return null;
    }
    WarmUpSeries best = null;
    double least = Double.POSITIVE_INFINITY;
    int most = WarmUpMetrics.MAX_SERIES + 1;
    for (Labels.Label l : first.getFirst().toList()) {
      if (l.name().equals(Labels.METRIC_NAME) || !LABEL.matcher(l.name()).matches()) {
        continue;
      }
      List<Matcher> both = List.of(named, Matcher.equal(l.name(), l.value()));
      int n = database.series(start, end, List.of(both), most).size();
      double distance = Math.abs(Math.log((double) n / WarmUpMetrics.ENOUGH_SERIES));
      if (n > 0 && n < most && distance < least) {
        least = distance;
        best = new WarmUpSeries(metric, l.name() + "=" + GoQuote.quote(l.value()));
      }
    }
    return best;
  }

  /** Returns a selector for these series. */
  String selector() {
    return matcher.isEmpty() ? metric : metric + "{" + matcher + "}";
  }

  /** Returns a selector for these series and for metrics whose names have the same prefix. */
  String family() {
    return "{__name__=~\"" + metric + ".*\"" + (matcher.isEmpty() ? "" : "," + matcher) + "}";
  }
}
