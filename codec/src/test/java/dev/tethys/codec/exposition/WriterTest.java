package dev.tethys.codec.exposition;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.exposition.ExpositionFormat.Negotiated;
import dev.tethys.model.Exemplar;
import dev.tethys.model.GoFloat;
import dev.tethys.model.Histogram;
import dev.tethys.model.Histogram.ResetHint;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Buckets;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.exposition.MetricFamily.Native;
import dev.tethys.model.exposition.MetricFamily.Quantiles;
import dev.tethys.model.exposition.MetricFamily.Value;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class WriterTest {
  private static final double INF = Double.POSITIVE_INFINITY;
  private static final Exemplar EXEMPLAR =
      new Exemplar(Labels.of("trace_id", "a\"b"), 0.5, 1520879607789L);

  private static byte[] bytes(ExpositionFormat f, EscapingScheme s, List<MetricFamily> families) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ExpositionWriter w = ExpositionWriter.of(new Negotiated(f, s), out);
    families.forEach(w::write);
    w.finish();
    return out.toByteArray();
  }

  private static String text(ExpositionFormat f, EscapingScheme s, MetricFamily... families) {
    return new String(bytes(f, s, List.of(families)), StandardCharsets.UTF_8);
  }

  /** The same lines as a real Pushgateway's, but for l:c, which no parser of labels takes. */
  @Test
  void escapedNamesKeepEmptyValues() {
    Labels labels =
        new LabelsBuilder()
            .show("instance", "")
            .show("x.y", "")
            .set("l:c", "1")
            .set("ok", "2")
            .build();
    MetricFamily f =
        new MetricFamily("a.b", MetricType.GAUGE, "", "", List.of(new Metric(labels, 2)));
    assertThat(text(ExpositionFormat.TEXT_1_0_0, EscapingScheme.UNDERSCORES, f))
        .endsWith("\na_b{instance=\"\",l_c=\"1\",ok=\"2\",x_y=\"\"} 2\n");
    assertThat(text(ExpositionFormat.TEXT_1_0_0, EscapingScheme.DOTS, f))
        .endsWith("\na_dot_b{instance=\"\",l__c=\"1\",ok=\"2\",x_dot_y=\"\"} 2\n");
    assertThat(text(ExpositionFormat.OPEN_METRICS_1_0_0, EscapingScheme.VALUES, f))
        .contains("\nU__a_2e_b{U__l_3a_c=\"1\",U__x_2e_y=\"\",instance=\"\",ok=\"2\"} 2.0\n");
    assertThat(text(ExpositionFormat.TEXT_1_0_0, EscapingScheme.ALLOW_UTF_8, f))
        .endsWith("\n{\"a.b\",instance=\"\",\"l:c\"=\"1\",ok=\"2\",\"x.y\"=\"\"} 2\n");
  }

  private static final MetricFamily COUNTER =
      new MetricFamily(
          "requests_seconds_total",
          MetricType.COUNTER,
          "Says \"it\"\nand \\ more",
          "seconds",
          List.of(
              new Metric(
                  Labels.of("code", "2\"0\\0\n"),
                  new Value(1234567, EXEMPLAR),
                  1395066363000L,
                  1500L),
              new Metric(Labels.EMPTY, 3)));

  private static final MetricFamily HISTOGRAM =
      new MetricFamily(
          "h",
          MetricType.HISTOGRAM,
          "",
          "",
          List.of(
              new Metric(
                  Labels.of("x", "y"),
                  new Buckets(
                      3,
                      2.5,
                      new double[] {1, INF},
                      new double[] {2, 3},
                      java.util.Arrays.asList(EXEMPLAR, null)))));

  private static final MetricFamily SUMMARY =
      new MetricFamily(
          "s",
          MetricType.SUMMARY,
          "Sum",
          "",
          List.of(
              new Metric(
                  Labels.EMPTY,
                  new Quantiles(2, 1, new double[] {0.5, 1}, new double[] {Double.NaN, 7}),
                  null,
                  2000)));

  @Test
  void writesText() {
    assertThat(
            text(
                ExpositionFormat.TEXT_0_0_4,
                EscapingScheme.UNDERSCORES,
                COUNTER,
                HISTOGRAM,
                SUMMARY))
        .isEqualTo(
            """
            # HELP requests_seconds_total Says "it"\\nand \\\\ more
            # TYPE requests_seconds_total counter
            requests_seconds_total{code="2\\"0\\\\0\\n"} 1.234567e+06 1395066363000
            requests_seconds_total 3
            # TYPE h histogram
            h_bucket{x="y",le="1"} 2
            h_bucket{x="y",le="+Inf"} 3
            h_sum{x="y"} 2.5
            h_count{x="y"} 3
            # HELP s Sum
            # TYPE s summary
            s{quantile="0.5"} NaN
            s{quantile="1"} 7
            s_sum 1
            s_count 2
            """);
  }

  @Test
  void writesValidOpenMetrics() {
    String body =
        text(
            ExpositionFormat.OPEN_METRICS_1_0_0,
            EscapingScheme.ALLOW_UTF_8,
            COUNTER,
            HISTOGRAM,
            SUMMARY);
    assertThat(body)
        .isEqualTo(
            """
            # HELP requests_seconds Says \\"it\\"\\nand \\\\ more
            # TYPE requests_seconds counter
            # UNIT requests_seconds seconds
            requests_seconds_total{code="2\\"0\\\\0\\n"} 1.234567e+06 1.395066363e+09 # {trace_id="a\\"b"} 0.5 1.520879607789e+09
            requests_seconds_created{code="2\\"0\\\\0\\n"} 1.5
            requests_seconds_total 3.0
            # TYPE h histogram
            h_bucket{x="y",le="1.0"} 2 # {trace_id="a\\"b"} 0.5 1.520879607789e+09
            h_bucket{x="y",le="+Inf"} 3
            h_sum{x="y"} 2.5
            h_count{x="y"} 3
            # HELP s Sum
            # TYPE s summary
            s{quantile="0.5"} NaN
            s{quantile="1.0"} 7.0
            s_sum 1.0
            s_count 2
            s_created 2.0
            # EOF
            """);
    OpenMetricsValidator.validate(
        text(
                ExpositionFormat.OPEN_METRICS_1_0_0,
                EscapingScheme.ALLOW_UTF_8,
                HISTOGRAM,
                SUMMARY,
                new MetricFamily(
                    "build_info", MetricType.INFO, "", "", List.of(new Metric(Labels.EMPTY, 1))),
                new MetricFamily(
                    "st",
                    MetricType.STATESET,
                    "",
                    "",
                    List.of(new Metric(Labels.of("st", "a"), 1))))
            .getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void quotesOrEscapesNames() {
    MetricFamily f =
        new MetricFamily(
            "my.metric",
            MetricType.HISTOGRAM,
            "h",
            "",
            List.of(
                new Metric(
                    Labels.of("a.b", "c", "d", "e"),
                    new Buckets(1, 1, new double[] {INF}, new double[] {1}, List.of()))));
    assertThat(text(ExpositionFormat.TEXT_0_0_4, EscapingScheme.ALLOW_UTF_8, f))
        .isEqualTo(
            """
            # HELP "my.metric" h
            # TYPE "my.metric" histogram
            {"my.metric_bucket","a.b"="c",d="e",le="+Inf"} 1
            {"my.metric_sum","a.b"="c",d="e"} 1
            {"my.metric_count","a.b"="c",d="e"} 1
            """);
    assertThat(text(ExpositionFormat.TEXT_0_0_4, EscapingScheme.DOTS, f))
        .contains("my_dot_metric_sum{a_dot_b=\"c\",d=\"e\"} 1\n");
    assertThat(text(ExpositionFormat.TEXT_0_0_4, EscapingScheme.UNDERSCORES, f))
        .contains("my_metric_sum{a_b=\"c\",d=\"e\"} 1\n");
  }

  @Test
  void showsNativeHistogramsAsFarAsTheFormatAllows() {
    Histogram custom =
        new Histogram(
            true,
            ResetHint.UNKNOWN,
            -53,
            0,
            0,
            6,
            9,
            new int[] {1, 1, 1, 1},
            new double[] {2, 4},
            new int[0],
            new double[0],
            new double[] {1, 2, 3});
    MetricFamily f =
        new MetricFamily(
            "n",
            MetricType.HISTOGRAM,
            "",
            "",
            List.of(new Metric(Labels.EMPTY, new Native(custom, null, List.of()))));
    assertThat(text(ExpositionFormat.TEXT_0_0_4, EscapingScheme.UNDERSCORES, f))
        .isEqualTo(
            """
            # TYPE n histogram
            n_bucket{le="1"} 0
            n_bucket{le="2"} 2
            n_bucket{le="3"} 2
            n_bucket{le="+Inf"} 6
            n_sum 9
            n_count 6
            """);
    Histogram exponential =
        new Histogram(
            false,
            ResetHint.GAUGE,
            1,
            0.5,
            1.5,
            4,
            -1,
            new int[] {-3, 2},
            new double[] {1, 0.5},
            new int[] {0, 1, 3, 1},
            new double[] {0.25, 0.75},
            null);
    MetricFamily g =
        new MetricFamily(
            "g",
            MetricType.GAUGEHISTOGRAM,
            "",
            "",
            List.of(
                new Metric(Labels.of("a", "b"), new Native(exponential, null, List.of(EXEMPLAR)))));
    assertThat(
            Transcript.protobuf(
                bytes(ExpositionFormat.PROTOBUF, EscapingScheme.ALLOW_UTF_8, List.of(g)),
                ParserOptions.DEFAULT))
        .endsWith(
            "g{a=\"b\"} "
                + Transcript.histogram(exponential)
                + " # {trace_id=\"a\\\"b\"} 0.5 @1520879607789");
    Histogram empty =
        new Histogram(
            true,
            ResetHint.UNKNOWN,
            1,
            0,
            0,
            0,
            0,
            new int[0],
            new double[0],
            new int[0],
            new double[0],
            null);
    MetricFamily e =
        new MetricFamily(
            "e",
            MetricType.HISTOGRAM,
            "",
            "",
            List.of(new Metric(Labels.EMPTY, new Native(empty, null, List.of()))));
    assertThat(
            Transcript.protobuf(
                bytes(ExpositionFormat.PROTOBUF, EscapingScheme.ALLOW_UTF_8, List.of(e)),
                ParserOptions.DEFAULT))
        .endsWith("e " + Transcript.histogram(empty));
  }

  /** All formats say the same of any gauges: what is written is read back bit for bit. */
  @Property(tries = 300)
  void readsBackItsOutput(
      @ForAll("names") String name,
      @ForAll("labels") List<Map<String, String>> labels,
      @ForAll long bits) {
    double v = Double.longBitsToDouble(bits);
    v = Double.isNaN(v) ? dev.tethys.model.Samples.NORMAL_NAN : v;
    List<Metric> metrics = new ArrayList<>();
    List<String> expected = new ArrayList<>();
    for (Map<String, String> l : labels) {
      Labels set = Labels.of(l);
      metrics.add(new Metric(set, new Value(v, null), bits >>> 24 | 1, 0));
      String series = set.toBuilder().set(Labels.METRIC_NAME, name).build().toSeriesString();
      expected.add(series + " " + GoFloat.g(v == 0 ? 0.0 : v) + " @");
    }
    List<MetricFamily> families =
        List.of(new MetricFamily(name, MetricType.GAUGE, "", "", metrics));
    for (ExpositionFormat f : ExpositionFormat.values()) {
      byte[] b = bytes(f, EscapingScheme.ALLOW_UTF_8, families);
      String mediaType =
          ExpositionParsers.choose(f.contentType(EscapingScheme.DEFAULT), null).mediaType();
      List<String> read =
          Transcript.of(ExpositionParsers.parser(mediaType, b, 0, b.length, ParserOptions.DEFAULT));
      List<String> samples =
          read.stream()
              .filter(s -> !s.startsWith("TYPE") && !s.startsWith("HELP"))
              .map(s -> s.replaceFirst(" -0 @", " 0 @").replaceFirst("@\\d+$", "@"))
              .toList();
      assertThat(samples).as(f.name()).isEqualTo(expected);
    }
  }

  private static final Arbitrary<String> UTF8 =
      Arbitraries.strings()
          .withChars("aé日 _.:\"\\\n{}=,#+0\0")
          .withChars('a', 'z')
          .ofMinLength(1)
          .ofMaxLength(8);

  @Provide
  Arbitrary<String> names() {
    return UTF8;
  }

  @Provide
  Arbitrary<List<Map<String, String>>> labels() {
    return Arbitraries.maps(UTF8.map(s -> s + "n"), UTF8)
        .ofMaxSize(4)
        .map(m -> (Map<String, String>) new TreeMap<>(m))
        .list()
        .uniqueElements()
        .ofMinSize(1)
        .ofMaxSize(5);
  }
}
