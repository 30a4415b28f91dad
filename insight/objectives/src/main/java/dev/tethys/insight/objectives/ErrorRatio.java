package dev.tethys.insight.objectives;

import dev.tethys.config.Durations;
import java.math.BigDecimal;
import java.time.Duration;

/**
 * Indicator of an objective: the share of failed events in a window, as PromQL. A window without
 * events has no value, so that it counts neither as good nor as failed.
 *
 * <p>Queries are templates with the variable {@code {{.window}}}.
 */
public sealed interface ErrorRatio {
  /** Pattern of the variable, with the spaces that Go's templates permit. */
  String WINDOW = "\\{\\{-? *\\.window *-?\\}\\}";

  /** PromQL with the ratio over a window that ends at the time of evaluation. */
  String expression(Duration window);

  /** Query for a window. */
  static String of(String template, Duration window) {
    return template.replaceAll(WINDOW, Durations.format(window));
  }

  /**
   * Failed events over all events.
   *
   * @param scalar true if the total is a scalar, which cannot be filtered
   */
  record Events(String failed, String total, boolean scalar) implements ErrorRatio {
    @Override
    public String expression(Duration window) {
      // x/0 would be NaN, and one NaN makes every average over it NaN.
      String text =
          "("
              + failed.strip()
              + ")\n/\n"
              + (scalar ? "(" + total.strip() + ")" : "((" + total.strip() + ") > 0)");
      return of(text, window);
    }
  }

  /** Computed ratio. */
  record Ratio(String query) implements ErrorRatio {
    @Override
    public String expression(Duration window) {
      return of("(" + query.strip() + ") > -Inf", window); // not NaN
    }
  }

  /**
   * Share of observations of classic histograms above a threshold.
   *
   * @param query the share, with the bucket at or above the threshold
   * @param buckets series of the buckets, without a window
   * @param threshold threshold in the unit of the bucket bounds
   */
  record Slow(String query, String buckets, BigDecimal threshold) implements ErrorRatio {
    @Override
    public String expression(Duration window) {
      return new Ratio(query).expression(window);
    }

    /** Query of the bounds, in the label {@code le}. */
    public String bounds() {
      return "group by (le) (" + buckets + ")";
    }
  }
}
