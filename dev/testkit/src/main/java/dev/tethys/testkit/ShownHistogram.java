package dev.tethys.testkit;

import dev.tethys.model.Histogram;
import java.util.Arrays;

/**
 * A native histogram to the bit, as text that tests compare. The hint about resets is left out:
 * stores make it of the samples before.
 */
public final class ShownHistogram {
  private ShownHistogram() {}

  /** Its text. */
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
