package dev.tethys.query.promql.parser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.GoFloat;
import dev.tethys.model.Histogram;
import dev.tethys.model.Samples;
import dev.tethys.query.promql.parser.SeriesDescription.SequenceValue;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SeriesDescriptionTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "up 1 2 -3.5 | {__name__=\"up\"} 1 2 -3.5",
        "{} 1x2 5-2x2 | {} 1 1 1 5 3 1",
        "{a=\"}\"} _ _x2 stale 1e3 1e-2+1x1 | {a=\"}\"} _ _ _ stale 1000 0.01 1.01",
        "{\"m.n\", 'a b'='c'} Inf -Inf NaN | {__name__=\"m.n\", \"a b\"=\"c\"} +Inf -Inf NaN",
        "a_b:c{} -1-1x1    | {__name__=\"a_b:c\"} -1 -2",
        "x | {__name__=\"x\"}",
      })
  void numbers(String line, String expected) {
    SeriesDescription d = SeriesDescription.parse(line);
    String values =
        d.values().stream()
            .map(
                v ->
                    v.omitted() ? "_" : Samples.isStale(v.value()) ? "stale" : GoFloat.f(v.value()))
            .collect(Collectors.joining(" "));
    assertThat((d.labels() + " " + values).strip()).isEqualTo(expected);
  }

  @Test
  void histograms() {
    var values =
        SeriesDescription.parse(
                "{} {{schema:1 sum:-0.3 count:3.1 z_bucket:7.1 z_bucket_w:0.05 buckets:[5.1 10 7]"
                    + " offset:-3 n_buckets:[4.1 5] n_offset:5 counter_reset_hint:gauge}}"
                    + " {{}} {{schema:-53 custom_values:[1 2] buckets:[1 2 3]}}"
                    + " {{buckets:[1] sum:1}}+{{buckets:[1 2] sum:2}}x2")
            .values();
    assertThat(values).hasSize(6);
    Histogram h = Objects.requireNonNull(values.get(0).histogram());
    assertThat(values.get(0).resetHintGiven()).isTrue();
    assertThat(h.resetHint()).isEqualTo(Histogram.ResetHint.GAUGE);
    assertThat(h.schema()).isEqualTo(1);
    assertThat(h.sum()).isEqualTo(-0.3);
    assertThat(h.positiveSpans()).containsExactly(-3, 3);
    assertThat(h.negativeSpans()).containsExactly(5, 2);
    assertThat(h.negative()).containsExactly(4.1, 5);
    assertThat(values.get(1).resetHintGiven()).isFalse();
    assertThat(Objects.requireNonNull(values.get(2).histogram()).customBounds())
        .containsExactly(1, 2);
    Histogram last = Objects.requireNonNull(values.get(5).histogram());
    assertThat(last.positive()).containsExactly(3, 4);
    assertThat(last.sum()).isEqualTo(5);
  }

  @Test
  void skipsUnusedValues() {
    assertThat(SeriesDescription.parse("up 1x10000000 2+1x99999999 _x9999999 {{}}x99999999", 3))
        .extracting(d -> d.values().stream().map(SequenceValue::value).toList())
        .isEqualTo(List.of(1.0, 1.0, 1.0));
    assertThatThrownBy(() -> SeriesDescription.parse("up 1x10000000 b", 3))
        .hasMessageContaining("unexpected \"b\" in series values");
    assertThatThrownBy(() -> SeriesDescription.parse("up 1x10000000", 2_000_000))
        .hasMessageContaining("more than 1000000 values in one series");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "up 1+1 | 1:7: parse error: unexpected end of input in series values, expected \"x\"",
        "up 1 b | 1:6: parse error: unexpected \"b\" in series values",
        "up _x | 1:6: parse error: invalid repetition in series values:",
        "up 1x99999999 | 1:14: parse error: more than 1000000 values in one series",
        "up {{schema:1 schema:1}} | 1:15: parse error: duplicate key \"schema\" in histogram",
        "up {{foo:1}} | 1:6: parse error: bad histogram descriptor found: \"foo\"",
        "up {{schema :1}} | 1:6: parse error: missing `:` for histogram descriptor",
        "up {{schema:1 | 1:14: parse error: unexpected end of input in histogram description",
        "up {{buckets:[1 | 1:16: parse error: unexpected end of input in buckets, expected \"]\"",
        "up{a=b} 1 | 1:6: parse error: unexpected identifier \"b\" in label set, expected string",
      })
  void errors(String line, String message) {
    assertThatThrownBy(() -> SeriesDescription.parse(line))
        .isInstanceOf(PromqlParseException.class)
        .message()
        .startsWith(message);
  }
}
