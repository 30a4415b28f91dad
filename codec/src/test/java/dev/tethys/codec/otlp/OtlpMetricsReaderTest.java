package dev.tethys.codec.otlp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.wire.OtlpJson;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.HistogramCheck;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.Samples;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceResponse;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.ArrayValue;
import io.opentelemetry.proto.common.v1.InstrumentationScope;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.common.v1.KeyValueList;
import io.opentelemetry.proto.metrics.v1.AggregationTemporality;
import io.opentelemetry.proto.metrics.v1.ExponentialHistogram;
import io.opentelemetry.proto.metrics.v1.ExponentialHistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Gauge;
import io.opentelemetry.proto.metrics.v1.HistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import io.opentelemetry.proto.metrics.v1.ScopeMetrics;
import io.opentelemetry.proto.metrics.v1.Sum;
import io.opentelemetry.proto.metrics.v1.Summary;
import io.opentelemetry.proto.metrics.v1.SummaryDataPoint;
import io.opentelemetry.proto.resource.v1.Resource;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class OtlpMetricsReaderTest {
  private static final AggregationTemporality CUMULATIVE =
      AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE;
  private static final AggregationTemporality DELTA =
      AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA;
  private static final long T = 1_700_000_000_000L;

  /** Writes down what it is given. */
  private static final class Lines implements OtlpSink {
    final List<String> lines = new ArrayList<>();
    final List<String> families = new ArrayList<>();
    @Nullable Histogram last;

    @Override
    public @Nullable String sample(
        Labels l, long start, long time, double v, List<Exemplar> exemplars) {
      lines.add(
          l.toSeriesString()
              + " "
              + (time - T)
              + (start == 0 ? "" : " since " + (start - T))
              + " "
              + (Samples.isStale(v) ? "stale" : Double.toString(v))
              + (exemplars.isEmpty() ? "" : " " + exemplars));
      return v == 666 ? "refused" : null;
    }

    @Override
    public @Nullable String histogram(
        Labels l, long start, long time, Histogram h, List<Exemplar> exemplars) {
      last = h;
      lines.add(
          l.toSeriesString()
              + " "
              + (time - T)
              + (h.isStale()
                  ? " stale"
                  : " {"
                      + h.schema()
                      + " "
                      + h.count()
                      + " "
                      + h.sum()
                      + " z"
                      + h.zeroCount()
                      + " "
                      + Arrays.toString(h.positiveSpans())
                      + Arrays.toString(h.positive())
                      + Arrays.toString(h.negativeSpans())
                      + Arrays.toString(h.negative())
                      + (h.customBounds() == null ? "" : Arrays.toString(h.customBounds()))
                      + " "
                      + h.resetHint()
                      + "}"));
      return HistogramCheck.problem(h);
    }

    @Override
    public void metadata(String family, MetricMetadata m) {
      families.add(family + " " + m.type().text() + " " + m.unit() + " " + m.help());
    }
  }

  private static KeyValue kv(String k, String v) {
    return kv(k, AnyValue.newBuilder().setStringValue(v));
  }

  private static KeyValue kv(String k, AnyValue.Builder v) {
    return KeyValue.newBuilder().setKey(k).setValue(v).build();
  }

  private static final Resource SERVICE =
      Resource.newBuilder()
          .addAttributes(kv("service.name", "shop"))
          .addAttributes(kv("service.namespace", "ns"))
          .addAttributes(kv("service.instance.id", "i1"))
          .build();

  private static byte[] request(Resource resource, Metric... metrics) {
    return ExportMetricsServiceRequest.newBuilder()
        .addResourceMetrics(
            ResourceMetrics.newBuilder()
                .setResource(resource)
                .addScopeMetrics(
                    ScopeMetrics.newBuilder()
                        .setScope(
                            InstrumentationScope.newBuilder()
                                .setName("lib")
                                .setVersion("1.2")
                                .addAttributes(kv("x.y", "z")))
                        .addAllMetrics(List.of(metrics))))
        .build()
        .toByteArray();
  }

  private static NumberDataPoint.Builder at(long ms, double v) {
    return NumberDataPoint.newBuilder().setTimeUnixNano((T + ms) * 1_000_000).setAsDouble(v);
  }

  private static Metric gauge(String name, NumberDataPoint.Builder... points) {
    Gauge.Builder g = Gauge.newBuilder();
    for (NumberDataPoint.Builder p : points) {
      g.addDataPoints(p);
    }
    return Metric.newBuilder().setName(name).setGauge(g).build();
  }

  private static Metric sum(
      String name, AggregationTemporality t, boolean monotonic, NumberDataPoint.Builder point) {
    return Metric.newBuilder()
        .setName(name)
        .setUnit("By")
        .setDescription("helps")
        .setSum(
            Sum.newBuilder()
                .setAggregationTemporality(t)
                .setIsMonotonic(monotonic)
                .addDataPoints(point))
        .build();
  }

  private static OtlpResult read(OtlpOptions o, Lines into, byte[] b) {
    return new OtlpMetricsReader(o).read(b, 0, b.length, into);
  }

  private static List<String> lines(OtlpOptions o, byte[] b) {
    Lines l = new Lines();
    OtlpResult r = read(o, l, b);
    assertThat(r.errorMessage()).isEmpty();
    return l.lines;
  }

  @Test
  void numbersBecomeSeriesOfTheirTarget() {
    Lines l = new Lines();
    OtlpResult r =
        read(
            OtlpOptions.DEFAULT,
            l,
            request(
                SERVICE,
                gauge("my.gauge", at(1, 1.5).addAttributes(kv("http.method", "GET"))),
                sum(
                    "bytes.sent",
                    CUMULATIVE,
                    true,
                    NumberDataPoint.newBuilder()
                        .setStartTimeUnixNano(T * 1_000_000)
                        .setTimeUnixNano((T + 5) * 1_000_000 + 999_999)
                        .setAsInt(7)),
                sum("queue", CUMULATIVE, false, at(5, 3))));
    assertThat(l.lines)
        .containsExactly(
            "my_gauge{http_method=\"GET\", instance=\"i1\", job=\"ns/shop\"} 1 1.5",
            "bytes_sent_total{instance=\"i1\", job=\"ns/shop\"} 5 since 0 7.0",
            "queue_bytes{instance=\"i1\", job=\"ns/shop\"} 5 3.0");
    assertThat(l.families)
        .containsExactly(
            "my_gauge gauge  ",
            "bytes_sent_total counter bytes helps",
            "queue_bytes gauge bytes helps");
    assertThat(r.accepted()).isEqualTo(3);
    assertThat(r.toProtobuf()).isEmpty();
    assertThat(r.toJson()).isEqualTo("{}");
  }

  @Test
  void writesOtherResourceAttributesToTargetInfo() {
    Resource r = SERVICE.toBuilder().addAttributes(kv("host.name", "h")).build();
    assertThat(lines(OtlpOptions.DEFAULT, request(r, gauge("g", at(0, 1), at(400_000, 2)))))
        .containsExactly(
            "g{instance=\"i1\", job=\"ns/shop\"} 0 1.0",
            "g{instance=\"i1\", job=\"ns/shop\"} 400000 2.0",
            "target_info{host_name=\"h\", instance=\"i1\", job=\"ns/shop\"} 0 1.0",
            "target_info{host_name=\"h\", instance=\"i1\", job=\"ns/shop\"} 150000 1.0",
            "target_info{host_name=\"h\", instance=\"i1\", job=\"ns/shop\"} 300000 1.0",
            "target_info{host_name=\"h\", instance=\"i1\", job=\"ns/shop\"} 400000 1.0");
    Resource anonymous = Resource.newBuilder().addAttributes(kv("host.name", "h")).build();
    assertThat(lines(OtlpOptions.DEFAULT, request(anonymous, gauge("g", at(0, 1)))))
        .containsExactly("g 0 1.0");
  }

  @Test
  void boundsTargetInfoOfAHugeTimeRange() {
    Resource r = SERVICE.toBuilder().addAttributes(kv("host.name", "h")).build();
    assertThat(lines(OtlpOptions.DEFAULT, request(r, gauge("g", at(-T, 1), at(0, 2)))))
        .hasSize(2 + OtlpTranslator.MAX_TARGET_INFO_SAMPLES);
  }

  private static OtlpOptions with(
      Set<String> promote, boolean all, boolean nhcb, boolean scope, boolean delta, boolean types) {
    return new OtlpOptions(
        TranslationStrategy.UNDERSCORE_ESCAPING_WITH_SUFFIXES,
        promote,
        all,
        Set.of("secret"),
        false,
        nhcb,
        scope,
        true,
        true,
        delta,
        300_000,
        types);
  }

  @Test
  void promotesAttributesAsConfigured() {
    Resource r =
        SERVICE.toBuilder()
            .addAttributes(kv("host.name", "h"))
            .addAttributes(kv("secret", "s"))
            .build();
    assertThat(
            lines(
                with(Set.of("host.name"), false, false, false, false, false),
                request(r, gauge("g", at(0, 1)))))
        .contains("g{host_name=\"h\", instance=\"i1\", job=\"ns/shop\"} 0 1.0");
    assertThat(
            lines(
                with(Set.of(), true, false, false, false, false), request(r, gauge("g", at(0, 1)))))
        .first()
        .asString()
        .contains("host_name=\"h\"")
        .contains("service_name=\"shop\"")
        .doesNotContain("secret");
    assertThat(
            lines(
                with(Set.of(), false, false, true, false, true),
                request(SERVICE, sum("g", CUMULATIVE, true, at(0, 1)))))
        .containsExactly(
            "g_bytes_total{__type__=\"counter\", __unit__=\"bytes\", instance=\"i1\","
                + " job=\"ns/shop\", otel_scope_name=\"lib\", otel_scope_version=\"1.2\","
                + " otel_scope_x_y=\"z\"} 0 1.0");
  }

  @Test
  void joinsCollidingAttributesInNameOrder() {
    Lines l = new Lines();
    OtlpResult r =
        read(
            OtlpOptions.DEFAULT,
            l,
            request(
                SERVICE,
                gauge(
                    "g",
                    at(0, 1)
                        .addAttributes(kv("a_b", "2"))
                        .addAttributes(kv("a.b", "1"))
                        .addAttributes(kv("__name__", "evil")))));
    assertThat(l.lines).containsExactly("g{a_b=\"1;2\", instance=\"i1\", job=\"ns/shop\"} 0 1.0");
    assertThat(r.warningCategories()).containsEntry("label_name_collision", 1);
  }

  /** Prometheus sets one after another, over those of points; here the last stays. */
  @Test
  void lastOfCollidingScopeAttributesWins() {
    for (boolean turned : new boolean[] {false, true}) {
      ScopeMetrics.Builder scope =
          ScopeMetrics.newBuilder()
              .setScope(
                  InstrumentationScope.newBuilder()
                      .setName("lib")
                      .addAttributes(kv(turned ? "a_b" : "a.b", "1"))
                      .addAttributes(kv(turned ? "a.b" : "a_b", "2"))
                      .addAttributes(kv("name", "another")))
              .addMetrics(gauge("g", at(0, 1).addAttributes(kv("otel_scope_a_b", "point"))));
      Lines l = new Lines();
      OtlpResult r =
          read(
              OtlpOptions.DEFAULT.withScopes(),
              l,
              ExportMetricsServiceRequest.newBuilder()
                  .addResourceMetrics(
                      ResourceMetrics.newBuilder().setResource(SERVICE).addScopeMetrics(scope))
                  .build()
                  .toByteArray());
      assertThat(l.lines)
          .containsExactly(
              "g{instance=\"i1\", job=\"ns/shop\", otel_scope_a_b=\"2\", otel_scope_name=\"lib\"} 0"
                  + " 1.0");
      assertThat(r.warningCategories()).containsEntry("label_name_collision", 1);
    }
  }

  @Test
  void convertsAttributeValuesOfEveryKindToText() {
    AnyValue.Builder list =
        AnyValue.newBuilder()
            .setArrayValue(
                ArrayValue.newBuilder()
                    .addValues(AnyValue.newBuilder().setStringValue("<a>"))
                    .addValues(AnyValue.newBuilder().setIntValue(1))
                    .addValues(AnyValue.newBuilder()));
    AnyValue.Builder map =
        AnyValue.newBuilder()
            .setKvlistValue(
                KeyValueList.newBuilder()
                    .addValues(kv("z", "1"))
                    .addValues(kv("a", AnyValue.newBuilder().setBoolValue(true))));
    assertThat(
            lines(
                OtlpOptions.DEFAULT,
                request(
                    Resource.getDefaultInstance(),
                    gauge(
                        "g",
                        at(0, 1)
                            .addAttributes(kv("b", AnyValue.newBuilder().setBoolValue(true)))
                            .addAttributes(kv("d", AnyValue.newBuilder().setDoubleValue(1e-7)))
                            .addAttributes(kv("e", AnyValue.newBuilder().setDoubleValue(2.5)))
                            .addAttributes(kv("i", AnyValue.newBuilder().setIntValue(-5)))
                            .addAttributes(kv("l", list))
                            .addAttributes(kv("m", map))
                            .addAttributes(
                                kv(
                                    "y",
                                    AnyValue.newBuilder()
                                        .setBytesValue(ByteString.copyFromUtf8("hi"))))))))
        .containsExactly(
            "g{b=\"true\", d=\"1e-7\", e=\"2.5\", i=\"-5\","
                + " l=\"[\\\"\\\\u003ca\\\\u003e\\\",1,null]\","
                + " m=\"{\\\"a\\\":true,\\\"z\\\":\\\"1\\\"}\", y=\"aGk=\"} 0 1.0");
  }

  private static final HistogramDataPoint.Builder HISTOGRAM =
      HistogramDataPoint.newBuilder()
          .setTimeUnixNano(T * 1_000_000)
          .setCount(10)
          .setSum(99)
          .addBucketCounts(0)
          .addBucketCounts(4)
          .addBucketCounts(6)
          .addExplicitBounds(0.5)
          .addExplicitBounds(10)
          .addExemplars(
              io.opentelemetry.proto.metrics.v1.Exemplar.newBuilder()
                  .setAsDouble(3)
                  .setTimeUnixNano(T * 1_000_000)
                  .setTraceId(
                      ByteString.copyFrom(
                          new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}))
                  .addFilteredAttributes(kv("user", "me")));

  private static Metric histogram(AggregationTemporality t, HistogramDataPoint.Builder p) {
    return Metric.newBuilder()
        .setName("lat")
        .setUnit("s")
        .setHistogram(
            io.opentelemetry.proto.metrics.v1.Histogram.newBuilder()
                .setAggregationTemporality(t)
                .addDataPoints(p))
        .build();
  }

  @Test
  void histogramsBecomeClassicBuckets() {
    assertThat(
            lines(
                OtlpOptions.DEFAULT,
                request(Resource.getDefaultInstance(), histogram(CUMULATIVE, HISTOGRAM))))
        .containsExactly(
            "lat_seconds_sum 0 99.0",
            "lat_seconds_count 0 10.0",
            "lat_seconds_bucket{le=\"0.5\"} 0 0.0",
            "lat_seconds_bucket{le=\"10\"} 0 4.0"
                + " [Exemplar[labels={trace_id=\"00000000000000000000000000000001\", user=\"me\"},"
                + " value=3.0, timestamp=1700000000000]]",
            "lat_seconds_bucket{le=\"+Inf\"} 0 10.0");
  }

  @Test
  void convertsHistogramsToCustomBucketsIfConfigured() {
    assertThat(
            lines(
                with(Set.of(), false, true, false, true, false),
                request(
                    Resource.getDefaultInstance(),
                    histogram(CUMULATIVE, HISTOGRAM),
                    histogram(DELTA, HISTOGRAM))))
        .containsExactly(
            "lat_seconds 0 {-53 10.0 99.0 z0.0 [1, 2][4.0, 6.0][][][0.5, 10.0] UNKNOWN}",
            "lat_seconds 0 {-53 10.0 99.0 z0.0 [1, 2][4.0, 6.0][][][0.5, 10.0] GAUGE}");
  }

  private static Metric exponential(ExponentialHistogramDataPoint.Builder p) {
    return Metric.newBuilder()
        .setName("e")
        .setExponentialHistogram(
            ExponentialHistogram.newBuilder()
                .setAggregationTemporality(CUMULATIVE)
                .addDataPoints(p.setTimeUnixNano(T * 1_000_000)))
        .build();
  }

  private static ExponentialHistogramDataPoint.Builder exponentialPoint(int scale) {
    return ExponentialHistogramDataPoint.newBuilder()
        .setScale(scale)
        .setCount(11)
        .setSum(5)
        .setZeroCount(1)
        .setPositive(
            ExponentialHistogramDataPoint.Buckets.newBuilder()
                .setOffset(1)
                .addAllBucketCounts(List.of(0L, 4L, 2L, 1L, 0L, 0L, 0L, 1L)))
        .setNegative(
            ExponentialHistogramDataPoint.Buckets.newBuilder().setOffset(-3).addBucketCounts(2));
  }

  @Test
  void convertsExponentialHistogramsToNativeHistograms() {
    Resource none = Resource.getDefaultInstance();
    assertThat(lines(OtlpOptions.DEFAULT, request(none, exponential(exponentialPoint(1)))))
        .containsExactly(
            "e 0 {1 11.0 5.0 z1.0 [3, 3, 3, 1][4.0, 2.0, 1.0, 1.0][-2, 1][2.0] UNKNOWN}");
    // two steps too fine: OTLP buckets 2,3 | 4 | 8 merge by four
    assertThat(lines(OtlpOptions.DEFAULT, request(none, exponential(exponentialPoint(10)))))
        .containsExactly("e 0 {8 11.0 5.0 z1.0 [1, 3][6.0, 1.0, 1.0][0, 1][2.0] UNKNOWN}");
    Lines l = new Lines();
    OtlpResult r = read(OtlpOptions.DEFAULT, l, request(none, exponential(exponentialPoint(-5))));
    assertThat(l.lines).isEmpty();
    assertThat(r.errorMessage())
        .isEqualTo("cannot convert exponential to native histogram. Scale must be >= -4, was -5");
  }

  @Test
  void summariesBecomeQuantiles() {
    Metric m =
        Metric.newBuilder()
            .setName("s")
            .setSummary(
                Summary.newBuilder()
                    .addDataPoints(
                        SummaryDataPoint.newBuilder()
                            .setTimeUnixNano(T * 1_000_000)
                            .setCount(2)
                            .setSum(3)
                            .addQuantileValues(
                                SummaryDataPoint.ValueAtQuantile.newBuilder()
                                    .setQuantile(0.99)
                                    .setValue(4))))
            .build();
    assertThat(lines(OtlpOptions.DEFAULT, request(Resource.getDefaultInstance(), m)))
        .containsExactly("s_sum 0 3.0", "s_count 0 2.0", "s{quantile=\"0.99\"} 0 4.0");
  }

  @Test
  void noRecordedValueFlagBecomesAStaleMarker() {
    assertThat(
            lines(
                OtlpOptions.DEFAULT,
                request(
                    Resource.getDefaultInstance(),
                    gauge("g", at(0, 1).setFlags(1)),
                    exponential(exponentialPoint(1).setFlags(1)),
                    histogram(CUMULATIVE, HISTOGRAM.clone().clearExemplars().setFlags(1)))))
        .containsExactly(
            "g 0 stale",
            "e 0 stale",
            "lat_seconds_sum 0 stale",
            "lat_seconds_count 0 stale",
            "lat_seconds_bucket{le=\"0.5\"} 0 stale",
            "lat_seconds_bucket{le=\"10\"} 0 stale",
            "lat_seconds_bucket{le=\"+Inf\"} 0 stale");
  }

  @Test
  void countsRejectedItemsAndAcceptsTheRest() throws Exception {
    Lines l = new Lines();
    OtlpResult r =
        read(
            OtlpOptions.DEFAULT,
            l,
            request(
                SERVICE,
                sum("d", DELTA, true, at(0, 1)),
                gauge("...", at(0, 1), at(1, 1)),
                gauge("empty"),
                gauge("bad", at(0, 666)),
                Metric.newBuilder().setName("nothing").build(),
                gauge("ok", at(0, 1))));
    assertThat(r.accepted()).isEqualTo(1);
    assertThat(r.rejected()).isEqualTo(4);
    assertThat(r.errorMessage())
        .isEqualTo(
            "invalid temporality and type combination for metric \"d\"\n"
                + "normalization for metric \"...\" resulted in empty name\n"
                + "refused\n"
                + "metric \"nothing\" has no data of a known type");
    assertThat(r.warnings()).containsExactly("empty data points. empty is dropped");
    ExportMetricsServiceResponse a = ExportMetricsServiceResponse.parseFrom(r.toProtobuf());
    assertThat(a.getPartialSuccess().getRejectedDataPoints()).isEqualTo(4);
    assertThat(a.getPartialSuccess().getErrorMessage()).isEqualTo(r.errorMessage());
    assertThat(r.toJson()).startsWith("{\"partialSuccess\":{\"rejectedDataPoints\":\"4\"");
    assertThat(
            lines(
                with(Set.of(), false, false, false, true, false),
                request(SERVICE, sum("d", DELTA, true, at(0, 1)))))
        .hasSize(1);
  }

  @Test
  void keepsUtf8NamesIfTheStrategyAllows() {
    assertThat(
            lines(
                OtlpOptions.DEFAULT.withTranslationStrategy(TranslationStrategy.NO_TRANSLATION),
                request(SERVICE, gauge("my.gauge", at(0, 1).addAttributes(kv("a.b", "c"))))))
        .containsExactly("{\"my.gauge\", \"a.b\"=\"c\", instance=\"i1\", job=\"ns/shop\"} 0 1.0");
  }

  @Test
  void readsJsonLikeProtobuf() {
    String json =
        """
        {"resourceMetrics":[{"resource":{"attributes":[
           {"key":"service.name","value":{"stringValue":"shop"}}], "unknown": {"a":[1,{}]}},
          "scopeMetrics":[{"metrics":[
            {"sum":{"dataPoints":[{"asInt":"7","timeUnixNano":"1700000000005000000",
                "attributes":[{"key":"n","value":{"intValue":"12"}},
                  {"key":"l","value":{"arrayValue":{"values":[{"doubleValue":1.5}]}}}],
                "exemplars":[{"asDouble":1,"traceId":"5b8efff798038103d269b633813fc60c",
                  "spanId":"eee19b7ec3c1b174"}]}],
              "aggregationTemporality":2,"isMonotonic":true},"name":"my.sum","unit":"1"},
            {"name":"h","histogram":{"aggregationTemporality":"AGGREGATION_TEMPORALITY_CUMULATIVE",
              "dataPoints":[{"count":2,"sum":"Infinity","bucketCounts":["1","1"],
                "explicit_bounds":[2],"timeUnixNano":1700000000000000000}]}}
          ]}]}]}
        """;
    byte[] b = json.getBytes(StandardCharsets.UTF_8);
    ProtoWriter w = OtlpJson.toProtobuf(OtlpSignal.METRICS, b, 0, b.length);
    assertThat(lines(OtlpOptions.DEFAULT, w.toByteArray()))
        .containsExactly(
            "my_sum_total{job=\"shop\", l=\"[1.5]\", n=\"12\"} 5 7.0"
                + " [Exemplar[labels={span_id=\"eee19b7ec3c1b174\","
                + " trace_id=\"5b8efff798038103d269b633813fc60c\"}, value=1.0, timestamp=0]]",
            "h_sum{job=\"shop\"} 0 Infinity",
            "h_count{job=\"shop\"} 0 2.0",
            "h_bucket{job=\"shop\", le=\"2\"} 0 1.0",
            "h_bucket{job=\"shop\", le=\"+Inf\"} 0 2.0");
  }

  @Test
  void rejectsInvalidJsonWithItsField() {
    for (String[] c :
        new String[][] {
          {"[]", "must be an object"},
          {"{\"resourceMetrics\":{}}", "resourceMetrics is an object; it must be a list"},
          {
            "{\"resourceMetrics\":[{\"schemaUrl\":1}]}",
            "resourceMetrics[0].schemaUrl is 1; it must be a string"
          },
          {"{\"resourceMetrics\":[", "OTLP JSON: "},
          {"{} x", "OTLP JSON: "},
          {"{\"a\":" + "[".repeat(1000), "OTLP JSON: "}
        }) {
      byte[] b = c[0].getBytes(StandardCharsets.UTF_8);
      assertThatThrownBy(() -> OtlpJson.toProtobuf(OtlpSignal.METRICS, b, 0, b.length))
          .isInstanceOf(CodecException.class)
          .hasMessageContaining(c[1]);
    }
  }

  @Property(tries = 2000)
  void readsOrRejectsMutatedRequests(@ForAll long seed) {
    Random r = new Random(seed);
    byte[] b =
        request(
            SERVICE.toBuilder().addAttributes(kv("host.name", "h")).build(),
            gauge("g", at(0, 1).addAttributes(kv("a", "b"))),
            histogram(CUMULATIVE, HISTOGRAM),
            exponential(exponentialPoint(r.nextInt(20))));
    for (int i = r.nextInt(4); i >= 0; i--) {
      b[r.nextInt(b.length)] = (byte) r.nextInt(256);
    }
    try {
      assertThat(read(with(Set.of(), true, r.nextBoolean(), true, true, true), new Lines(), b))
          .isNotNull();
    } catch (CodecException expected) {
      assertThat(expected.getMessage()).isNotEmpty();
    }
  }

  @Property(tries = 1000)
  void readsOrRejectsMutatedJson(@ForAll long seed) {
    Random r = new Random(seed);
    byte[] b =
        ("{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"name\":\"a\",\"gauge\":"
                + "{\"dataPoints\":[{\"asInt\":\"7\",\"timeUnixNano\":\"170\"}]}}]}]}]}")
            .getBytes(StandardCharsets.UTF_8);
    for (int i = r.nextInt(4); i >= 0; i--) {
      b[r.nextInt(b.length)] = (byte) r.nextInt(256);
    }
    try {
      byte[] p = OtlpJson.toProtobuf(OtlpSignal.METRICS, b, 0, b.length).toByteArray();
      read(OtlpOptions.DEFAULT, new Lines(), p);
    } catch (CodecException expected) {
      assertThat(expected.getMessage()).isNotEmpty();
    }
  }

  @Test
  void rejectsAbsurdAttributes() {
    AnyValue.Builder deep = AnyValue.newBuilder().setStringValue("x");
    for (int i = 0; i < Attributes.MAX_DEPTH + 2; i++) {
      deep = AnyValue.newBuilder().setArrayValue(ArrayValue.newBuilder().addValues(deep));
    }
    byte[] b = request(SERVICE, gauge("g", at(0, 1).addAttributes(kv("a", deep))));
    assertThatThrownBy(() -> read(OtlpOptions.DEFAULT, new Lines(), b))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("deeper");
    NumberDataPoint.Builder p = at(0, 1);
    for (int i = 0; i <= Attributes.MAX_ATTRIBUTES; i++) {
      p.addAttributes(kv("a" + i, "x"));
    }
    byte[] many = request(SERVICE, gauge("g", p));
    assertThatThrownBy(() -> read(OtlpOptions.DEFAULT, new Lines(), many))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("attributes");
  }
}
