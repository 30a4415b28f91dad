package dev.tethys.testkit;

import dev.tethys.model.Histogram;
import java.util.Arrays;

/**
 * Exact text form of a native histogram for comparisons in tests. The reset hint is omitted: stores
 * derive it from preceding samples.
 */
public final class ShownHistogram {
  private ShownHistogram() {}

  /** Formats a histogram. */
  public static String of(Histogram h) {
    return String.join(
        " ",
        String.valueOf(h.integer()),
        String.valueOf(h.schema()),
        Double.toHexString(h.zeroThreshold()),
        Double.toHexString(h.zeroCount()),
        Double.toHexString(h.count()),
        Long.toHexString(Double.doubleToRawLongBits(h.sum())),
        Arrays.toString(h.positiveSpans()),
        Arrays.toString(h.positive()),
        Arrays.toString(h.negativeSpans()),
        Arrays.toString(h.negative()),
        Arrays.toString(h.customBounds()));
  }
}
