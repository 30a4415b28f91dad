package dev.tethys.codec.exposition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OpenMetricsParserTest {
  private static final ParserOptions STARTS = new ParserOptions(true, true, false, false, false);

  @Test
  void readsEveryKindOfLine() {
    assertThat(
            Transcript.openMetrics(
                """
                # HELP a_seconds Says \\"it\\" and more
                # TYPE a_seconds counter
                # UNIT a_seconds seconds
                a_seconds_total{b="c",} 17.0 1520879607.789 # {id="counter-test"} 5 1520879607.9
                # TYPE h histogram
                h_bucket{le="1"} 1 # {id="x",z=""} 0.5
                h_bucket{le="+Inf"} 2
                # TYPE "utf.8" info
                {"utf.8_info","l.x"="v"} 1
                u NaN -0.001
                # EOF
                """))
        .containsExactly(
            "HELP a_seconds Says \"it\" and more",
            "TYPE a_seconds counter",
            "UNIT a_seconds seconds",
            "a_seconds_total{b=\"c\"} 17 @1520879607789 # {id=\"counter-test\"} 5 @1520879607900",
            "TYPE h histogram",
            "h_bucket{le=\"1.0\"} 1 # {id=\"x\"} 0.5 @-1",
            "h_bucket{le=\"+Inf\"} 2",
            "TYPE utf.8 info",
            "{\"utf.8_info\", \"l.x\"=\"v\"} 1",
            "u NaN @-1");
  }

  @Test
  void createdSamplesTellStartTimestamps() {
    String body =
        """
        # TYPE c counter
        c_total{a="1"} 1
        c_total{a="2"} 2
        c_created{a="2"} 2.5
        c_total{a="3"} 3
        c_created{a="3"} 3
        # TYPE s summary
        s{quantile="0.5"} 1
        s_count 2
        s_sum 3
        s_created 4.25
        # TYPE h histogram
        h_bucket{x="y",le="1"} 1
        h_bucket{x="y",le="+Inf"} 1
        h_count{x="y"} 1
        h_created{x="y"} 5
        # TYPE g gauge
        g_created 1
        # TYPE "d.e" counter
        {"d.e_total",l="v"} 1
        {"d.e_created",l="v"} 6
        # EOF
        """;
    assertThat(Transcript.openMetrics(body, STARTS))
        .containsExactly(
            "TYPE c counter",
            "c_total{a=\"1\"} 1",
            "c_total{a=\"2\"} 2 st@2500",
            "c_total{a=\"3\"} 3 st@3000",
            "TYPE s summary",
            "s{quantile=\"0.5\"} 1 st@4250",
            "s_count 2 st@4250",
            "s_sum 3 st@4250",
            "TYPE h histogram",
            "h_bucket{le=\"1.0\", x=\"y\"} 1 st@5000",
            "h_bucket{le=\"+Inf\", x=\"y\"} 1 st@5000",
            "h_count{x=\"y\"} 1 st@5000",
            "TYPE g gauge",
            "g_created 1",
            "TYPE d.e counter",
            "{\"d.e_total\", l=\"v\"} 1 st@6000");
    assertThat(Transcript.openMetrics(body)).contains("c_created{a=\"2\"} 2.5").hasSize(21);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "metric 1;|line 2: data does not end with # EOF",
        "metric 1|line 1: data does not end with # EOF",
        "a 1;;# EOF|line 2: expected a valid start token, got \"\\n\" while parsing: \"\\n\"",
        " a 1;# EOF|line 1: expected a valid start token, got \" \" while parsing: \" \"",
        "# TYPE u untyped;# EOF|line 1: invalid metric type \"untyped\"",
        "# TYPE m;# EOF|line 1: expected text in TYPE, got \"\\n\" while parsing: \"# TYPE m\\n\"",
        "# UNIT metricsuffix suffix;# EOF|line 1: unit \"suffix\" not a suffix of metric \"metricsuffix\"",
        "# UNIT m suffix;# EOF|line 1: unit \"suffix\" not a suffix of metric \"m\"",
        "a 1 2 ;# EOF|line 1: expected next entry after timestamp, got \" \" while parsing: \"a 1 2 \"",
        "# EOF;a 1|line 1: unexpected data after # EOF",
        "# EOF;;|line 1: unexpected data after # EOF",
        "a{b=`c`d=`e`} 1;# EOF|line 1: expected comma or brace close, got \"d\" while parsing: \"a{b=\\\"c\\\"d\"",
        "a 1 NaN;# EOF|line 1: invalid timestamp NaN",
        "a 1 # {b=`c`};# EOF|line 1: expected value after exemplar labels, got \"\\n\" while parsing: \"a 1 # {b=\\\"c\\\"}\\n\"",
        "a 1 # {b=`c`} 1 Inf;# EOF|line 1: invalid timestamp Infinity",
        "a 1 # {`b`} 1;# EOF|line 1: expected equal, got \"}\" while parsing: \"a 1 # {\\\"b\\\"}\""
      })
  void rejectsWithPositionAndReason(String body, String message) {
    assertThatThrownBy(() -> Transcript.openMetrics(body.replace(';', '\n').replace('`', '"')))
        .isInstanceOf(ExpositionException.class)
        .hasMessage(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"# EOF", "# EOF\n", "a 1\n# EOF", "a{b=\"\0\"} 1\n# EOF\n"})
  void anEndIsAnEnd(String body) {
    assertThat(Transcript.openMetrics(body)).hasSizeLessThan(2);
  }

  /** A million samples that all wait for a start timestamp must not take a million look-aheads. */
  @Test
  void lookaheadIsLinear() {
    StringBuilder sb = new StringBuilder("# TYPE c counter\n");
    for (int i = 0; i < 50_000; i++) {
      sb.append("c_total{i=\"").append(i).append("\"} 1\n");
    }
    String without = sb + "# EOF\n";
    String withOne = sb + "c_created{i=\"49999\"} 7\n# EOF\n";
    assertThat(Transcript.openMetrics(without, STARTS)).noneMatch(s -> s.contains("st@"));
    assertThat(Transcript.openMetrics(withOne, STARTS).getLast()).endsWith("st@7000");
  }
}
