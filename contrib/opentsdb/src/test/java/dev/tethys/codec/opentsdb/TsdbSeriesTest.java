package dev.tethys.codec.opentsdb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.text.NonFiniteText;
import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.Samples;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.NotBlank;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TsdbSeriesTest {
  private static final List<String> FIRST = List.of("job", "instance");

  @Property(tries = 500)
  void labelsRoundTrip(
      @ForAll @Size(max = 12) Map<@NotBlank String, @NotBlank String> given,
      @ForAll String name,
      @ForAll @IntRange(min = 3, max = 9) int maxTags) {
    LabelsBuilder b = new LabelsBuilder();
    given.forEach((k, v) -> b.set(utf8(k), utf8(v)));
    b.set(Labels.METRIC_NAME, utf8(name));
    Labels labels = b.build();
    TsdbSeries.Key key = TsdbSeries.key(labels, FIRST, maxTags);
    assertThat(key.tags()).hasSizeBetween(1, maxTags);
    assertThat(key.metric()).matches("[-a-zA-Z0-9_.]+");
    key.tags()
        .forEach(
            (k, v) -> {
              assertThat(k).matches("[-a-zA-Z0-9_.]+");
              assertThat(v).matches("[-a-zA-Z0-9_./]+");
            });
    assertThat(TsdbSeries.labels(key.metric(), key.tags())).isEqualTo(labels);
    assertThat(TsdbSeries.labels(key.notFinite(), key.tags())).isEqualTo(labels);
  }

  /** Lone surrogates are no UTF-8. */
  private static String utf8(String s) {
    return new String(s.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
  }

  @Test
  void joinsScopeLabelsFirst() {
    Labels l =
        Labels.of(
            "__name__",
            "m",
            "a",
            "1",
            "otel_scope_name",
            "lib",
            "otel_scope_version",
            "2",
            "z",
            "3");
    assertThat(TsdbSeries.key(l, FIRST, 3).tags())
        .isEqualTo(
            Map.of("a", "1", "z", "3", "_labels", "otel_scope_name/lib/otel_scope_version/2"));
  }

  @Test
  void joinsLabelsBeyondTheTagLimit() {
    Labels l =
        Labels.of(
            "__name__", "m:x", "a", "1", "b", "2/3", "c", "4", "instance", "h:9100", "job", "node");
    assertThat(TsdbSeries.key(l, FIRST, 4))
        .isEqualTo(
            new TsdbSeries.Key(
                "m_x3Ax",
                Map.of(
                    "instance", "h_x3A9100", "job", "node", "a", "1", "_labels", "b/2_x2F3/c/4")));
    assertThat(TsdbSeries.key(Labels.of("__name__", "bare"), FIRST, 8).tags())
        .isEqualTo(Map.of("_labels", "-"));
    assertThat(TsdbSeries.key(Labels.of("a", "_x41"), FIRST, 8))
        .isEqualTo(new TsdbSeries.Key("_x5F", Map.of("a", "_x5Fx41")));
    assertThat(TsdbSeries.labels("a/b", Map.of("host", "größe")))
        .isEqualTo(Labels.of("__name__", "a/b", "host", "größe"));
  }

  @ParameterizedTest
  @CsvSource({
    "5,5.0",
    "-0.0,-0.0",
    "0.1,0.1",
    "1e21,1e+21",
    "1e6,1e+06",
    "123456789.125,1.23456789125e+08"
  })
  void valuesAreFloats(double value, String text) {
    TextBuffer out = new TextBuffer();
    TsdbSeries.value(value, out);
    String is = new String(out.take(), StandardCharsets.US_ASCII);
    assertThat(is).isEqualTo(text);
    assertThat(Double.parseDouble(is)).isEqualTo(value);
  }

  @Test
  void marksNonFiniteValues() {
    for (double v :
        new double[] {
          Samples.NORMAL_NAN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Samples.STALE
        }) {
      Double back = NonFiniteText.marked(NonFiniteText.mark(v));
      assertThat(back).isNotNull().isEqualTo(Double.valueOf(v));
      assertThat(back == null || Samples.isStale(back) == Samples.isStale(v)).isTrue();
    }
    assertThat(NonFiniteText.marked(1.5)).isNull();
    assertThat(NonFiniteText.marked(5)).isNull();
  }
}
