package dev.tethys.codec.exposition;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Histogram;
import org.junit.jupiter.api.Test;

class ClassicHistogramConverterTest {
  private static final ParserOptions CONVERT = new ParserOptions(true, true, true, false, false);
  private static final ParserOptions KEEP = new ParserOptions(true, true, true, true, false);

  private static final String BODY =
      """
      # HELP h Something
      # TYPE h histogram
      h_bucket{a="1",le="1"} 1 5
      h_bucket{a="1",le="2"} 1 5
      h_bucket{a="1",le="3"} 1 5
      h_bucket{a="1",le="4"} 1 5
      h_bucket{a="1",le="5"} 4 5
      h_bucket{a="1",le="+Inf"} 4 5
      h_sum{a="1"} 9.5 5
      h_count{a="1"} 4 5
      h_bucket{a="2",le="+Inf"} 2.5
      h_bucket{a="2",le="-1"} 0.5
      h_extra 1
      h_sum 3
      # TYPE g gauge
      g_bucket{le="1"} 1
      """;

  private static final String FIRST =
      "h{a=\"1\"} {int hint:UNKNOWN schema:-53 zero:0.0/0.0 count:4.0 sum:9.5"
          + " +[0, 1, 3, 1][1.0, 3.0] -[][] bounds:[1.0, 2.0, 3.0, 4.0, 5.0]} @5";
  private static final String SECOND =
      "h{a=\"2\"} {float hint:UNKNOWN schema:-53 zero:0.0/0.0 count:2.5 sum:0.0"
          + " +[0, 2][0.5, 2.0] -[][] bounds:[-1.0]}";
  private static final String THIRD =
      "h {int hint:UNKNOWN schema:-53 zero:0.0/0.0 count:0.0 sum:3.0" + " +[][] -[][] bounds:[]}";

  @Test
  void replacesClassicSeries() {
    assertThat(Transcript.text(BODY, CONVERT))
        .containsExactly(
            "HELP h Something",
            "TYPE h histogram",
            FIRST,
            SECOND,
            "h_extra 1",
            THIRD,
            "TYPE g gauge",
            "g_bucket{le=\"1\"} 1");
  }

  @Test
  void keepsClassicSeriesWhereWanted() {
    assertThat(Transcript.text(BODY, KEEP))
        .hasSize(19)
        .contains(FIRST, SECOND, THIRD, "h_bucket{a=\"1\", le=\"1.0\"} 1 @5");
  }

  @Test
  void carriesExemplarsAndStartTimestamps() {
    assertThat(
            Transcript.openMetrics(
                """
                # TYPE h histogram
                h_bucket{le="1.0"} 1 # {id="a"} 0.5 3
                h_bucket{le="+Inf"} 2 # {id="b"} 7
                h_count 2
                h_sum 7.5
                h_created 9
                # EOF
                """,
                CONVERT))
        .containsExactly(
            "TYPE h histogram",
            "h {int hint:UNKNOWN schema:-53 zero:0.0/0.0 count:2.0 sum:7.5 +[0, 2][1.0, 1.0] -[][]"
                + " bounds:[1.0]} st@9000 # {id=\"a\"} 0.5 @3000");
  }

  @Test
  void rejectsContradictoryBuckets() {
    assertThat(
            Transcript.text(
                """
                # TYPE h histogram
                h_bucket{le="1"} 3
                h_bucket{le="+Inf"} 2
                # TYPE i histogram
                i_bucket{le="+Inf"} 2
                i_count 3
                # TYPE j histogram
                j_bucket{le="NaN"} 2
                j_bucket 2
                """,
                CONVERT))
        .containsExactly(
            "TYPE h histogram",
            "TYPE i histogram",
            "TYPE j histogram",
            "j_bucket{le=\"NaN\"} 2",
            "j_bucket 2");
  }

  @Test
  void bucketsComeInAnyOrder() {
    ClassicBuckets b = new ClassicBuckets();
    b.bucket(2, 3);
    b.bucket(Double.POSITIVE_INFINITY, 5);
    b.bucket(1, 1);
    b.bucket(2, 4); // again: the first counts
    b.bucket(-0.0, 0);
    b.bucket(0.0, 0);
    Histogram h = java.util.Objects.requireNonNull(b.convert(Histogram.ResetHint.GAUGE));
    assertThat(Transcript.histogram(h))
        .isEqualTo(
            "{int hint:GAUGE schema:-53 zero:0.0/0.0 count:5.0 sum:0.0 +[1, 3][1.0, 2.0, 2.0]"
                + " -[][] bounds:[0.0, 1.0, 2.0]}");
    b.clear();
    b.bucket(2, 3);
    b.bucket(1, 4);
    assertThat(b.convert(Histogram.ResetHint.UNKNOWN)).isNull();
    assertThat(b.error()).isEqualTo("count is not cumulative: 4 > 3");
  }
}
