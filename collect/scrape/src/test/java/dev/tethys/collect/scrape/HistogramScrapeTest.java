package dev.tethys.collect.scrape;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.exposition.EscapingScheme;
import dev.tethys.codec.exposition.ExpositionFormat;
import dev.tethys.codec.exposition.ExpositionWriter;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Histogram.ResetHint;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Buckets;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.exposition.MetricFamily.Native;
import java.io.ByteArrayOutputStream;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HistogramScrapeTest {
  private static final String CLASSIC =
      """
      # TYPE h histogram
      h_bucket{le="1"} 1
      h_bucket{le="+Inf"} 3
      h_sum 9
      h_count 3
      """;

  private static Histogram exponential(int schema, int buckets) {
    double[] counts = new double[buckets];
    java.util.Arrays.fill(counts, 1);
    return new Histogram(
        true,
        ResetHint.UNKNOWN,
        schema,
        0.001,
        2,
        buckets + 2,
        5,
        new int[] {1, buckets},
        counts,
        new int[0],
        new double[0],
        null);
  }

  private static byte[] protobuf(Histogram h, List<Exemplar> exemplars, long start) {
    Buckets classic =
        new Buckets(
            h.count(),
            h.sum(),
            new double[] {1, Double.POSITIVE_INFINITY},
            new double[] {1, h.count()},
            List.of());
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ExpositionWriter w =
        ExpositionWriter.of(
            new ExpositionFormat.Negotiated(ExpositionFormat.PROTOBUF, EscapingScheme.ALLOW_UTF_8),
            out);
    w.write(
        new MetricFamily(
            "h",
            MetricType.HISTOGRAM,
            "",
            "",
            List.of(new Metric(Labels.EMPTY, new Native(h, classic, exemplars), null, start))));
    w.finish();
    return out.toByteArray();
  }

  private static void protobuf(Setting s, byte[] body) {
    s.handler = e -> Setting.answer(e, 200, "application/vnd.google.protobuf", body);
  }

  @Test
  void storesNativeHistogramsIfConfigured() throws Exception {
    byte[] body =
        protobuf(
            exponential(2, 4),
            List.of(new Exemplar(Labels.of("trace_id", "t"), 0.5, Setting.START.toEpochMilli())),
            0);
    try (Setting s = new Setting()) {
      protobuf(s, body);
      s.apply(Setting.job("scrape_native_histograms: true\n")).target().scrape(1);
      assertThat(s.requests.getFirst()).contains(" application/vnd.google.protobuf;");
      assertThat(s.samples())
          .containsExactly("h{T} @0 {schema:2 count:6 sum:5 z:2 pos:[1, 4][1, 1, 1, 1] neg:[][]}");
      assertThat(
              s.store.exemplars(
                  0, Long.MAX_VALUE, List.of(List.of(Matcher.equal("__name__", "h")))))
          .hasSize(1);
      s.handler = e -> Setting.answer(e, 200, Setting.TEXT, new byte[0]);
      s.scrape(1);
      assertThat(s.samples()).contains("h{T} @10 stale histogram");
    }
    try (Setting s = new Setting()) {
      protobuf(s, body);
      s.apply(Setting.job("")).target().scrape(1);
      assertThat(s.samples())
          .containsExactly(
              "h_bucket{T, le=\"+Inf\"} @0 6",
              "h_bucket{T, le=\"1\"} @0 1",
              "h_count{T} @0 6",
              "h_sum{T} @0 5");
    }
    try (Setting s = new Setting()) {
      protobuf(s, body);
      s.apply(Setting.job(""))
          .target(
              "__scrape_native_histograms__",
              "true",
              "__always_scrape_classic_histograms__",
              "true")
          .scrape(1);
      assertThat(s.samples()).hasSize(5);
    }
  }

  @Test
  void mergesExcessBucketsOrFailsTheScrape() throws Exception {
    try (Setting s = new Setting()) {
      protobuf(s, protobuf(exponential(2, 8), List.of(), 0));
      s.apply(Setting.job("scrape_native_histograms: true\nnative_histogram_bucket_limit: 3\n"))
          .target()
          .scrape(1);
      assertThat(s.samples())
          .containsExactly("h{T} @0 {schema:0 count:10 sum:5 z:2 pos:[1, 2][4, 4] neg:[][]}");
    }
    try (Setting s = new Setting()) {
      s.body = CLASSIC;
      s.apply(
              Setting.job(
                  "convert_classic_histograms_to_nhcb: true\nnative_histogram_bucket_limit: 1\n"))
          .target()
          .scrape(1);
      assertThat(s.onlyTarget().report().lastError()).isEqualTo("histogram bucket limit exceeded");
      assertThat(
              s.counted("prometheus_target_scrapes_exceeded_native_histogram_bucket_limit_total"))
          .isEqualTo(1);
    }
  }

  @Test
  void convertsClassicHistogramsIfConfigured() throws Exception {
    try (Setting s = new Setting()) {
      s.body = CLASSIC;
      s.apply(Setting.job("convert_classic_histograms_to_nhcb: true\n")).target().scrape(2);
      assertThat(s.samples())
          .containsExactly(
              "h{T} @0 {schema:-53 count:3 sum:9 z:0 pos:[0, 2][1, 2] neg:[][] bounds:[1]}",
              "h{T} @10 {schema:-53 count:3 sum:9 z:0 pos:[0, 2][1, 2] neg:[][] bounds:[1]}");
    }
  }

  @Test
  void storesStartTimestampsOrShowsZeros() throws Exception {
    long start = Setting.START.toEpochMilli() - 1000;
    byte[] om =
        ("# TYPE c counter\nc_total 5\nc_created " + start / 1e3 + "\n# EOF\n")
            .getBytes(java.nio.charset.StandardCharsets.UTF_8);
    try (Setting s = new Setting(new ScrapeOptions("t", true, false, false, 1 << 20))) {
      s.handler = e -> Setting.answer(e, 200, "application/openmetrics-text", om);
      s.apply(Setting.job("")).target().scrape(1);
      assertThat(s.samples()).containsExactly("c_total{T} " + start + "@0 5");
    }
    try (Setting s = new Setting(new ScrapeOptions("t", false, true, false, 1 << 20))) {
      s.handler = e -> Setting.answer(e, 200, "application/openmetrics-text", om);
      s.apply(Setting.job("")).target().scrape(2);
      assertThat(s.samples()).hasSize(3).contains("c_total{T} @0 5", "c_total{T} @10 5");
      assertThat(s.samples().getFirst()).endsWith(" 0").startsWith("c_total{T} @-");
      protobuf(s, protobuf(exponential(1, 2), List.of(), start));
      s.scrape(1);
    }
    try (Setting s = new Setting(new ScrapeOptions("t", false, true, true, 1 << 20))) {
      protobuf(s, protobuf(exponential(1, 2), List.of(), start));
      s.apply(Setting.job("scrape_native_histograms: true\n")).target().scrape(1);
      assertThat(s.samples()).hasSize(2);
      assertThat(s.samples().getFirst())
          .startsWith("h{__type__=\"histogram\", T} @-")
          .endsWith("{schema:1 count:0 sum:0 z:0 pos:[][] neg:[][] RESET}");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0, 8",
    "1, 8",
    "65536, -4",
    "256, -3",
    "16, -2",
    "4, -1",
    "2, 0",
    "1.4, 1",
    "1.1, 2",
    "1.09, 3",
    "1.04, 4",
    "1.02, 5",
    "1.01, 6",
    "1.005, 7",
    "1.002, 8",
    "1e300, -4"
  })
  void factorsNameSchemas(double factor, int schema) {
    assertThat(ResolutionLimit.schemaOf(factor)).isEqualTo(schema);
  }

  /** Merging keeps every observation, and every index where the coarser schema has it. */
  @Property(tries = 300)
  void mergingKeepsAllObservations(
      @ForAll @Size(max = 30) List<@IntRange(min = 0, max = 3) Integer> gaps,
      @ForAll @IntRange(min = -40, max = 40) int first,
      @ForAll @IntRange(min = 1, max = 12) int limit,
      @ForAll @DoubleRange(min = 0, max = 20) double factor) {
    int[] spans = new int[gaps.size() * 2];
    double[] counts = new double[gaps.size()];
    double total = 0;
    for (int i = 0; i < gaps.size(); i++) {
      spans[i * 2] = i == 0 ? first : gaps.get(i);
      spans[i * 2 + 1] = 1;
      counts[i] = i + 1;
      total += i + 1;
    }
    Histogram h =
        new Histogram(
            false,
            ResetHint.GAUGE,
            3,
            0,
            0,
            total,
            1,
            spans,
            counts,
            new int[0],
            new double[0],
            null);
    Histogram out = new ResolutionLimit(limit, factor).apply(h);
    if (out == null) {
      return;
    }
    assertThat(out.positive().length).isLessThanOrEqualTo(limit);
    assertThat(out.schema()).isLessThanOrEqualTo(ResolutionLimit.schemaOf(factor));
    double sum = 0;
    for (double c : out.positive()) {
      sum += c;
    }
    assertThat(sum).isEqualTo(total);
    assertThat(dev.tethys.model.HistogramCheck.problem(out)).isNull();
    int length = 0;
    for (int i = 1; i < out.positiveSpans().length; i += 2) {
      length += out.positiveSpans()[i];
    }
    assertThat(length).isEqualTo(out.positive().length);
  }
}
