package dev.tethys.app.server;

import java.util.List;

/** Warm-up queries: the shapes of panels and rules, for any series. */
final class WarmUpQueries {
  /** The usual queries of series, %s, and of their metric's family, %f, over a window of %w. */
  private static final List<String> USUAL =
      List.of(
          "%s",
          "rate(%s[%w])",
          "sum(rate(%s[%w]))",
          "sum by (instance) (rate(%s[%w]))",
          "1 - avg by (instance) (rate(%s[%w]))",
          "topk(5, %s)",
          "%s / %s",
          "sum by (job) (rate(%s[%w]) + rate(%s[%w]))",
          "%s - %s offset 5m",
          "rate(%s[%w]) * 8",
          "avg(%s / %s)",
          "max_over_time(%s[%w])",
          "avg_over_time(%s[%w])",
          "quantile_over_time(0.9, %s[%w])",
          "deriv(%s[%w])",
          "predict_linear(%s[%w], 3600)",
          "increase(%s[%w])",
          "irate(%s[%w])",
          "count(%s)",
          "count by (__name__) (%f)",
          "quantile(0.9, rate(%s[%w]))",
          "stddev by (job) (%s)",
          "max_over_time(sum(rate(%s[%w]))[%w:1m])",
          "changes(%s[%w])",
          "%s > bool 0.5 and %s > 0",
          "%s * on (instance, job) group_left () group by (instance, job) (%s)",
          "label_replace(rate(%s[%w]), \"host\", \"$1\", \"instance\", \"([^:]*).*\")",
          "sort_desc(sum by (instance) (rate(%s[%w])))",
          "clamp_max(delta(%s[%w]), 5)",
          "histogram_quantile(0.9, sum by (le) (rate(%s[%w])))",
          "histogram_quantile(0.9, rate(%s[%w]))",
          "histogram_quantile(0.9, label_replace(rate(%s[%w]), \"le\", \"1\", \"instance\", \".*\"))",
          "absent(%s)");

  private WarmUpQueries() {}

  /** Returns each of the usual queries for some series. */
  static List<String> usual(WarmUpSeries series, String window) {
    String selector = series.selector();
    String family = series.family();
    return USUAL.stream()
        .map(q -> q.replace("%w", window).replace("%f", family).replace("%s", selector))
        .toList();
  }
}
