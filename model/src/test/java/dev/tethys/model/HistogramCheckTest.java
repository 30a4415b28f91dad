package dev.tethys.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class HistogramCheckTest {
  private static Histogram h(
      boolean integer,
      int schema,
      double zero,
      double count,
      double sum,
      int[] spans,
      double[] buckets,
      double @Nullable [] bounds) {
    return new Histogram(
        integer,
        Histogram.ResetHint.UNKNOWN,
        schema,
        0,
        zero,
        count,
        sum,
        spans,
        buckets,
        new int[0],
        new double[0],
        bounds);
  }

  private static final int[] TWO = {1, 2};
  private static final double[] COUNTS = {3, 4};

  @Test
  void soundHistogramsPass() {
    assertThat(HistogramCheck.problem(h(true, 2, 1, 8, 5, TWO, COUNTS, null))).isNull();
    assertThat(HistogramCheck.problem(h(false, 2, 1, 99, 5, TWO, COUNTS, null))).isNull();
    assertThat(HistogramCheck.problem(h(true, 2, 1, 9, Double.NaN, TWO, COUNTS, null))).isNull();
    assertThat(
            HistogramCheck.problem(
                h(true, Histogram.CUSTOM_BUCKETS, 0, 7, 5, TWO, COUNTS, new double[] {1, 2})))
        .isNull();
    assertThat(HistogramCheck.problem(Histogram.stale())).isNull();
  }

  @Test
  void namesContradictionsLikePrometheus() {
    assertThat(HistogramCheck.problem(h(true, 9, 1, 8, 5, TWO, COUNTS, null)))
        .contains("invalid schema")
        .endsWith("got schema 9");
    assertThat(HistogramCheck.problem(h(true, 2, 1, 9, 5, TWO, COUNTS, null)))
        .isEqualTo(
            "8 observations found in buckets, but the Count field is 9: histogram's observation"
                + " count should equal the number of observations found in the buckets (in absence"
                + " of NaN)");
    assertThat(HistogramCheck.problem(h(true, 2, 1, 7, Double.NaN, TWO, COUNTS, null)))
        .contains("at least");
    assertThat(HistogramCheck.problem(h(true, 2, 1, 8, 5, new int[] {1, 3}, COUNTS, null)))
        .isEqualTo(
            "positive side: spans need 3 buckets, have 2 buckets: histogram spans specify different"
                + " number of buckets than provided");
    assertThat(HistogramCheck.problem(h(false, 2, 1, 8, 5, TWO, new double[] {-1, 2}, null)))
        .contains("bucket number 1 has observation count of -1");
    assertThat(HistogramCheck.problem(h(true, 2, 1, 8, 5, new int[] {0, 1, -1, 1}, COUNTS, null)))
        .contains("span number 2 with offset -1");
    assertThat(
            HistogramCheck.problem(
                h(true, Histogram.CUSTOM_BUCKETS, 0, 7, 5, TWO, COUNTS, new double[] {1})))
        .contains("only 1 custom bounds");
    assertThat(
            HistogramCheck.problem(
                h(true, Histogram.CUSTOM_BUCKETS, 0, 7, 5, TWO, COUNTS, new double[] {2, 1})))
        .contains("strictly increasing");
  }
}
