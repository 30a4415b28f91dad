package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.Exemplar;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Connector;
import dev.tethys.pipeline.component.Outputs;
import dev.tethys.pipeline.component.PipelineId;
import dev.tethys.pipeline.processor.connector.spanmetrics.SpanMetricsFactory;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Metrics of spans. The trace, the dimensions, configurations and what becomes of them are those of
 * the Collector's own tests of its connector.
 */
class SpanMetricsTest {
  private static final int SERVER = 2;
  private static final int CLIENT = 3;
  private static final int OK = 1;
  private static final int ERROR = 2;
  private static final long MS = 1_000_000;

  private static final String DIMENSIONS =
      """
      dimensions:
        - {name: stringAttrName}
        - {name: intAttrName}
        - {name: doubleAttrName}
        - {name: boolAttrName}
        - {name: mapAttrName}
        - {name: arrayAttrName}
        - {name: nullAttrName, default: defaultNullValue}
        - {name: shouldBeInMetric, default: defaultNotInSpanAttrVal}
        - {name: shouldNotBeInMetric}
        - {name: region}
      """;

  private final Rig rig = new Rig();

  private Connector connector(String yaml) throws IOException {
    Connector c =
        rig.connector(new SpanMetricsFactory(), Signal.TRACES, Signal.METRICS, yaml, "metrics/out");
    c.start();
    return c;
  }

  private static Span span(int kind, int status, long high) {
    Span s = new Span();
    s.setName("/ping");
    s.setKind(kind);
    s.setStatusCode(status);
    s.setTraceId(high, 7);
    s.setSpanId(3);
    s.setStartTimeUnixNano(1_000 * MS);
    s.setEndTimeUnixNano(1_011 * MS);
    s.attributes().put("stringAttrName", "stringAttrValue");
    s.attributes().put("intAttrName", 99L);
    s.attributes().put("doubleAttrName", 99.99);
    s.attributes().put("boolAttrName", true);
    s.attributes().put("nullAttrName", null);
    s.attributes().put("mapAttrName", new Attributes());
    s.attributes().put("arrayAttrName", new ArrayValue());
    SpanEvent e = new SpanEvent();
    e.setName("exception");
    e.attributes().put("exception.type", "NullPointerException");
    s.events().add(e);
    return s;
  }

  private static ResourceGroup<Span> resource(String service, Span... spans) {
    ResourceGroup<Span> r = new ResourceGroup<>();
    if (!service.isEmpty()) {
      r.resource().attributes().put("service.name", service);
    }
    r.resource().attributes().put("region", "us-east-1");
    ScopeGroup<Span> s = new ScopeGroup<>();
    s.items().addAll(List.of(spans));
    r.scopes().add(s);
    return r;
  }

  @SafeVarargs
  private static TracesData traces(ResourceGroup<Span>... resources) {
    TracesData d = new TracesData();
    d.resources().addAll(List.of(resources));
    return d;
  }

  private static TracesData sample() {
    return traces(
        resource("service-a", span(SERVER, OK, 1), span(CLIENT, OK, 1)),
        resource("service-b", span(SERVER, ERROR, 2)),
        resource(""));
  }

  private static Span lasting(double millis) {
    Span s = span(SERVER, OK, 1);
    s.setEndTimeUnixNano(s.startTimeUnixNano() + (long) (millis * MS));
    return s;
  }

  private MetricsData afterInterval() {
    rig.clock.pass(Duration.ofSeconds(60));
    return rig.lastMetrics();
  }

  private static List<? extends DataPoint> points(MetricsData d, String name) {
    return Rig.all(d).stream()
        .filter(m -> m.name().equals(name))
        .flatMap(m -> Objects.requireNonNull(m.data()).points().stream())
        .toList();
  }

  private static List<NumberDataPoint> calls(MetricsData d) {
    return points(d, "traces.span.metrics.calls").stream()
        .map(NumberDataPoint.class::cast)
        .toList();
  }

  private static List<HistogramDataPoint> durations(MetricsData d) {
    return points(d, "traces.span.metrics.duration").stream()
        .map(HistogramDataPoint.class::cast)
        .toList();
  }

  @Test
  void callsAndDurationsAreCountedBySeries() throws IOException {
    Connector c = connector(DIMENSIONS);
    rig.send(c, sample());
    assertThat(rig.outcomes).containsExactly(Outcome.ACCEPTED);
    assertThat(rig.out).as("until the interval ends").isEmpty();
    MetricsData d = afterInterval();
    assertThat(d.itemCount()).isEqualTo(6);
    assertThat(d.resources()).hasSize(2);
    ResourceGroup<Metric> a = d.resources().getFirst();
    assertThat(a.resource().attributes().get("service.name")).isEqualTo("service-a");
    assertThat(a.scopes().getFirst().scope().name()).isEqualTo("spanmetricsconnector");
    List<Metric> metrics = a.scopes().getFirst().items();
    assertThat(metrics)
        .extracting(Metric::name)
        .containsExactly("traces.span.metrics.calls", "traces.span.metrics.duration");
    assertThat(metrics.get(1).unit()).isEqualTo("ms");
    MetricData.Sum sum = (MetricData.Sum) Objects.requireNonNull(metrics.getFirst().data());
    assertThat(sum.isMonotonic()).isTrue();
    assertThat(sum.temporality()).isEqualTo(MetricData.TEMPORALITY_CUMULATIVE);
    Attributes expected = new Attributes();
    expected.put("service.name", "service-a");
    expected.put("span.name", "/ping");
    expected.put("span.kind", "SPAN_KIND_CLIENT");
    expected.put("status.code", "STATUS_CODE_OK");
    expected.put("stringAttrName", "stringAttrValue");
    expected.put("intAttrName", 99L);
    expected.put("doubleAttrName", 99.99);
    expected.put("boolAttrName", true);
    expected.put("mapAttrName", new Attributes());
    expected.put("arrayAttrName", new ArrayValue());
    expected.put("nullAttrName", null);
    expected.put("shouldBeInMetric", "defaultNotInSpanAttrVal");
    expected.put("region", "us-east-1");
    Attributes seen = sum.points().get(1).attributes().copy();
    assertThat(seen.getString("collector.instance.id")).hasSize(36);
    seen.remove("collector.instance.id");
    assertThat(seen).isEqualTo(expected);
    assertThat(calls(d).get(2).attributes().get("status.code")).isEqualTo("STATUS_CODE_ERROR");
    assertThat(calls(d)).allSatisfy(p -> assertThat(p.longValue()).isEqualTo(1));
    HistogramDataPoint h = durations(d).getFirst();
    assertThat(h.sum()).isEqualTo(11);
    assertThat(h.count()).isEqualTo(1);
    assertThat(h.explicitBounds())
        .containsExactly(
            2, 4, 6, 8, 10, 50, 100, 200, 400, 800, 1000, 1400, 2000, 5000, 10_000, 15_000);
    assertThat(h.bucketCounts()).hasSize(17);
    assertThat(h.bucketCounts()[5]).isEqualTo(1);

    rig.send(c, sample());
    d = afterInterval();
    assertThat(calls(d)).allSatisfy(p -> assertThat(p.longValue()).isEqualTo(2));
    assertThat(durations(d)).allSatisfy(p -> assertThat(p.sum()).isEqualTo(22));
    assertThat(rig.account(Signal.TRACES).balance().dropped()).containsEntry("counted", 6L);
    assertThat(rig.balanced()).isTrue();
  }

  @Test
  void spansOfResourcesWithoutServiceAreNotCounted() throws IOException {
    Connector c = connector("");
    rig.send(c, traces(resource("", span(SERVER, OK, 1))));
    rig.clock.pass(Duration.ofSeconds(60));
    assertThat(rig.out).isEmpty();
    assertThat(rig.account(Signal.TRACES).balance().dropped()).containsEntry("no_service_name", 1L);
    assertThat(rig.balanced()).isTrue();
  }

  @Test
  void aSpanThatEndsBeforeItBeginsTookNoTime() throws IOException {
    Connector c = connector("");
    rig.send(c, traces(resource("service-a", lasting(-11))));
    assertThat(durations(afterInterval()).getFirst().sum()).isZero();
  }

  @Test
  void aBoundBelongsToTheBucketBelowIt() throws IOException {
    Connector c = connector("histogram: {unit: s, explicit: {buckets: [10ms, 100ms, 250ms]}}");
    rig.send(
        c,
        traces(
            resource(
                "service-a",
                DoubleStream.of(9, 10, 11, 100, 250, 251)
                    .mapToObj(SpanMetricsTest::lasting)
                    .toArray(Span[]::new))));
    MetricsData d = afterInterval();
    HistogramDataPoint h = durations(d).getFirst();
    assertThat(h.explicitBounds()).containsExactly(0.01, 0.1, 0.25);
    assertThat(h.bucketCounts()).containsExactly(2, 2, 1, 1);
    assertThat(Rig.all(d).get(1).unit()).isEqualTo("s");
  }

  @Test
  void boundsAreInTheUnit() throws IOException {
    Connector c = connector("histogram: {explicit: {buckets: [3ns, 3us, 3ms, 3s]}}");
    rig.send(c, traces(resource("service-a", lasting(1))));
    assertThat(durations(afterInterval()).getFirst().explicitBounds())
        .containsExactly(0.000003, 0.003, 3, 3000);
  }

  private ExponentialHistogramDataPoint exponential(String yaml, double... millis)
      throws IOException {
    Connector c = connector(yaml);
    rig.send(
        c,
        traces(
            resource(
                "service-a",
                Arrays.stream(millis).mapToObj(SpanMetricsTest::lasting).toArray(Span[]::new))));
    return (ExponentialHistogramDataPoint)
        points(afterInterval(), "traces.span.metrics.duration").getFirst();
  }

  @Test
  void exponentialBucketsBecomeCoarser() throws IOException {
    ExponentialHistogramDataPoint p = exponential("histogram: {exponential: {max_size: 4}}", 2, 4);
    assertThat(p.scale()).isEqualTo(1);
    assertThat(p.positiveOffset()).isEqualTo(1);
    assertThat(p.positiveCounts()).containsExactly(1, 0, 1);
    assertThat(p.count()).isEqualTo(2);
    assertThat(p.sum()).isEqualTo(6);
    assertThat(p.min()).isEqualTo(2);
    assertThat(p.max()).isEqualTo(4);
    assertThat(p.zeroCount()).isZero();
  }

  @Test
  void thereAre160ExponentialBucketsByDefault() throws IOException {
    ExponentialHistogramDataPoint p = exponential("histogram: {exponential: {}}", 2, 4, 0);
    assertThat(p.scale()).isEqualTo(7);
    assertThat(p.positiveOffset()).isEqualTo(127);
    assertThat(p.positiveCounts()).hasSize(129).startsWith(1, 0).endsWith(0, 1);
    assertThat(p.zeroCount()).isEqualTo(1);
  }

  @Test
  void aSingleDurationHasOneExponentialBucket() throws IOException {
    ExponentialHistogramDataPoint p =
        exponential("histogram: {exponential: {max_size: 10}}", 11, 11);
    assertThat(p.positiveCounts()).containsExactly(2);
    assertThat(p.scale()).isEqualTo(20);
  }

  @Test
  void eventsAreCountedByTheirAttributesToo() throws IOException {
    Connector c =
        connector("events: {enabled: true, dimensions: [{name: exception.type}, {name: region}]}");
    rig.send(c, sample());
    MetricsData d = afterInterval();
    List<? extends DataPoint> events = points(d, "traces.span.metrics.events");
    assertThat(events).hasSize(3);
    assertThat(events)
        .allSatisfy(
            p -> {
              assertThat(p.attributes().get("exception.type")).isEqualTo("NullPointerException");
              assertThat(p.attributes().get("region")).isEqualTo("us-east-1");
            });
    assertThat(calls(d).getFirst().attributes().contains("exception.type")).isFalse();
  }

  @Test
  void callsAndDurationsHaveDimensionsOfTheirOwn() throws IOException {
    Connector c =
        connector(
            """
            namespace: ""
            dimensions: [{name: http.method, default: GET}]
            calls_dimensions: [{name: http.url, default: /ping}]
            histogram: {dimensions: [{name: url.scheme, default: https}]}
            """);
    Span other = span(SERVER, OK, 1);
    other.attributes().put("http.url", "/pong");
    rig.send(c, traces(resource("service-a", span(SERVER, OK, 1), other)));
    MetricsData d = afterInterval();
    assertThat(points(d, "calls"))
        .extracting(p -> p.attributes().get("http.url"))
        .containsExactly("/ping", "/pong");
    assertThat(points(d, "duration")).hasSize(1);
    Attributes a = points(d, "duration").getFirst().attributes();
    assertThat(a.get("url.scheme")).isEqualTo("https");
    assertThat(a.get("http.method")).isEqualTo("GET");
    assertThat(a.contains("http.url")).isFalse();
  }

  @Test
  void dimensionsAreExcluded() throws IOException {
    Connector c =
        connector(
            """
            exclude_dimensions: [span.kind, span.name, collector.instance.id, totallyWrongName]
            histogram: {disable: true}
            """);
    rig.send(c, sample());
    MetricsData d = afterInterval();
    assertThat(Rig.all(d)).hasSize(2);
    assertThat(calls(d)).hasSize(2);
    assertThat(calls(d).getFirst().longValue()).as("both kinds").isEqualTo(2);
    assertThat(calls(d).getFirst().attributes().size()).isEqualTo(2);
  }

  @Test
  void valuesOfOneTextAreOneSeries() throws IOException {
    Connector c = connector("dimensions: [{name: http.status_code}]");
    Span number = span(SERVER, OK, 1);
    number.attributes().put("http.status_code", 200L);
    Span text = span(SERVER, OK, 1);
    text.attributes().put("http.status_code", "200");
    rig.send(c, traces(resource("service-a", number, text)));
    assertThat(calls(afterInterval())).extracting(NumberDataPoint::longValue).containsExactly(2L);
  }

  @Test
  void globsTakeEveryKeyTheyMatch() throws IOException {
    Connector c =
        connector(
            "dimensions: [{glob: 'k8s.*.name'}, {glob: 'db.**.name'}, {glob: '{a,b[0-9]}?'}]");
    Span s = span(SERVER, OK, 1);
    for (String key :
        List.of(
            "k8s.pod.name", "k8s.pod.label.name", "db.a.b.name", "db.name", "ax", "b1x", "bxx")) {
      s.attributes().put(key, "v");
    }
    ResourceGroup<Span> r = resource("service-a", s, span(SERVER, OK, 1));
    r.resource().attributes().put("k8s.cluster.name", "east");
    rig.send(c, traces(r));
    List<NumberDataPoint> calls = calls(afterInterval());
    assertThat(calls).hasSize(2);
    Attributes a = calls.getFirst().attributes();
    assertThat(a.contains("k8s.pod.name")).isTrue();
    assertThat(a.contains("k8s.pod.label.name")).isFalse();
    assertThat(a.contains("db.a.b.name")).isTrue();
    assertThat(a.contains("db.name")).as("two dots").isFalse();
    assertThat(a.contains("ax")).isTrue();
    assertThat(a.contains("b1x")).isTrue();
    assertThat(a.contains("bxx")).isFalse();
    assertThat(a.get("k8s.cluster.name")).isEqualTo("east");
    assertThat(calls.get(1).attributes().contains("k8s.pod.name")).isFalse();
  }

  @Test
  void scopesAreShownWhenTheyAreNamed() throws IOException {
    Connector c = connector("include_instrumentation_scope: [express]");
    ResourceGroup<Span> r = resource("service-a", span(SERVER, OK, 1));
    r.scopes().getFirst().scope().setName("express");
    r.scopes().getFirst().scope().setVersion("1.0.0");
    ScopeGroup<Span> other = new ScopeGroup<>();
    other.scope().setName("other");
    other.items().add(span(SERVER, OK, 1));
    r.scopes().add(other);
    rig.send(c, traces(r));
    List<NumberDataPoint> calls = calls(afterInterval());
    assertThat(calls).hasSize(2);
    Attributes a = calls.getFirst().attributes();
    assertThat(a.get("span.instrumentation.scope.name")).isEqualTo("express");
    assertThat(a.get("span.instrumentation.scope.version")).isEqualTo("1.0.0");
    assertThat(calls.get(1).attributes().contains("span.instrumentation.scope.name")).isFalse();
  }

  @Test
  void whatIsBeyondTheLimitIsCountedTogether() throws IOException {
    Connector c = connector("{aggregation_cardinality_limit: 2, exemplars: {enabled: true}}");
    Span[] spans = new Span[5];
    for (int i = 0; i < spans.length; i++) {
      spans[i] = span(SERVER, OK, 1);
      spans[i].setName("/" + i % 4);
    }
    rig.send(c, traces(resource("service-a", spans)));
    MetricsData d = afterInterval();
    assertThat(calls(d)).extracting(NumberDataPoint::longValue).containsExactly(2L, 1L, 2L);
    NumberDataPoint overflow = calls(d).getLast();
    assertThat(overflow.attributes().get("otel.metric.overflow")).isEqualTo(true);
    assertThat(overflow.attributes().size()).isEqualTo(1);
    assertThat(overflow.hasExemplars()).isFalse();
    assertThat(durations(d)).hasSize(3);
    assertThat(durations(d).getLast().count()).isEqualTo(2);
  }

  @Test
  void exemplarsAreThoseOfTheInterval() throws IOException {
    Connector c =
        connector(
            """
            exemplars: {enabled: true}
            events: {enabled: true, dimensions: [{name: exception.type}]}
            """);
    rig.send(c, traces(resource("service-b", span(SERVER, ERROR, 0x11))));
    exemplars(afterInterval(), 0x11);
    rig.send(c, traces(resource("service-b", span(SERVER, ERROR, 0x12))));
    exemplars(afterInterval(), 0x12);
    MetricsData d = afterInterval();
    assertThat(durations(d).getFirst().hasExemplars()).isFalse();
    Span[] spans = new Span[9];
    for (int i = 0; i < spans.length; i++) {
      spans[i] = span(SERVER, ERROR, i);
    }
    spans[0].setTraceId(0, 0);
    rig.send(c, traces(resource("service-b", spans)));
    assertThat(durations(afterInterval()).getFirst().exemplars())
        .extracting(Exemplar::traceIdHigh)
        .containsExactly(1L, 2L, 3L, 4L, 5L);
  }

  private static void exemplars(MetricsData d, long trace) {
    assertThat(Rig.all(d)).hasSize(3);
    assertThat(Rig.all(d))
        .allSatisfy(
            m -> {
              DataPoint p = Objects.requireNonNull(m.data()).points().getFirst();
              List<Exemplar> all =
                  p instanceof NumberDataPoint n
                      ? n.exemplars()
                      : ((HistogramDataPoint) p).exemplars();
              assertThat(all).hasSize(1);
              assertThat(all.getFirst().traceIdHigh()).isEqualTo(trace);
              assertThat(all.getFirst().traceIdLow()).isEqualTo(7);
              assertThat(all.getFirst().spanId()).isEqualTo(3);
              assertThat(all.getFirst().doubleValue()).isEqualTo(11);
              assertThat(all.getFirst().timeUnixNano()).isEqualTo(p.timeUnixNano());
            });
  }

  @Test
  void cumulativePointsBeginWithTheirSeries() throws IOException {
    Connector c = connector("");
    rig.clock.pass(Duration.ofSeconds(10));
    long began = rig.clock.millis * MS;
    rig.send(c, sample());
    MetricsData first = afterInterval();
    rig.send(c, traces(resource("unrelated-service", span(SERVER, OK, 1))));
    MetricsData second = afterInterval();
    assertThat(calls(first).getFirst().startTimeUnixNano()).isEqualTo(began);
    assertThat(calls(second).getFirst().startTimeUnixNano()).isEqualTo(began);
    assertThat(calls(second).getFirst().timeUnixNano())
        .isEqualTo(calls(first).getFirst().timeUnixNano() + 60_000 * MS);
    assertThat(calls(second).getLast().startTimeUnixNano()).isGreaterThan(began);
  }

  @ParameterizedTest
  @ValueSource(strings = {"AGGREGATION_TEMPORALITY_DELTA", "delta"})
  void deltasFollowEachOther(String word) throws IOException {
    Connector c = connector("aggregation_temporality: " + word);
    rig.send(c, sample());
    MetricsData first = afterInterval();
    rig.send(c, traces(resource("unrelated-service", span(SERVER, OK, 1))));
    assertThat(calls(afterInterval())).as("what was sent is forgotten").hasSize(1);
    rig.send(c, sample());
    MetricsData third = afterInterval();
    assertThat(calls(third)).allSatisfy(p -> assertThat(p.longValue()).isEqualTo(1));
    assertThat(durations(third).getFirst().startTimeUnixNano())
        .isEqualTo(durations(first).getFirst().timeUnixNano());
    assertThat(
            ((MetricData.Aggregated<?>) Objects.requireNonNull(Rig.all(third).getFirst().data()))
                .temporality())
        .isEqualTo(MetricData.TEMPORALITY_DELTA);
    int sent = rig.out.size();
    rig.clock.pass(Duration.ofSeconds(60));
    assertThat(rig.out).as("nothing is not sent").hasSize(sent);
    assertThat(rig.balanced()).isTrue();
  }

  @Test
  void aDeltaWhoseLastTimeIsForgottenBeginsAnew() throws IOException {
    Connector c = connector("{aggregation_temporality: delta, metric_timestamp_cache_size: 1}");
    rig.send(c, traces(resource("service-a", span(SERVER, OK, 1))));
    MetricsData first = afterInterval();
    rig.send(c, traces(resource("service-b", span(SERVER, OK, 1))));
    afterInterval();
    rig.send(c, traces(resource("service-a", span(SERVER, OK, 1))));
    assertThat(calls(afterInterval()).getFirst().startTimeUnixNano())
        .isGreaterThan(calls(first).getFirst().timeUnixNano());
  }

  @Test
  void resourcesWithoutSpansExpire() throws IOException {
    Connector c = connector("metrics_expiration: 60s");
    int[] counts = new int[3];
    TracesData ab =
        traces(
            resource("service-a", span(SERVER, OK, 1)),
            resource("service-b", span(SERVER, ERROR, 1)));
    rig.send(c, ab);
    counts[0] = afterInterval().itemCount();
    rig.send(c, traces(resource("service-x", span(SERVER, OK, 1))));
    counts[1] = afterInterval().itemCount();
    rig.send(c, traces(resource("service-x", span(SERVER, OK, 1))));
    MetricsData last = afterInterval();
    counts[2] = last.itemCount();
    assertThat(counts).containsExactly(4, 6, 2);
    assertThat(calls(last).getFirst().longValue()).as("x came back in time").isEqualTo(2);
  }

  @Test
  void singleSeriesExpire() throws IOException {
    Connector c = connector("series_expiration: 90s");
    rig.send(c, traces(resource("service-a", span(SERVER, OK, 1), span(CLIENT, OK, 1))));
    assertThat(calls(afterInterval())).hasSize(2);
    rig.send(c, traces(resource("service-a", span(CLIENT, OK, 1))));
    assertThat(calls(afterInterval())).as("sent, then forgotten").hasSize(2);
    MetricsData d = afterInterval();
    assertThat(calls(d)).hasSize(1);
    assertThat(calls(d).getFirst().attributes().get("span.kind")).isEqualTo("SPAN_KIND_CLIENT");
  }

  @Test
  void theResourceLongestWithoutSpansMakesRoom() throws IOException {
    Connector c = connector("resource_metrics_cache_size: 2");
    for (String s : List.of("a", "b", "a", "c")) {
      rig.send(c, traces(resource(s, span(SERVER, OK, 1))));
    }
    assertThat(calls(afterInterval())).as("once more with b").hasSize(3);
    assertThat(calls(afterInterval()))
        .extracting(p -> p.attributes().get("service.name"))
        .containsExactly("a", "c");
  }

  @Test
  void resourcesAreToldApartByKeyAttributes() throws IOException {
    Connector c = connector("resource_metrics_key_attributes: [service.name]");
    for (int i = 0; i < 3; i++) {
      ResourceGroup<Span> r = resource("service-a", span(SERVER, OK, 1));
      r.resource().attributes().put("process.pid", (long) i);
      rig.send(c, traces(r));
    }
    MetricsData d = afterInterval();
    assertThat(calls(d)).extracting(NumberDataPoint::longValue).containsExactly(3L);
    assertThat(d.resources().getFirst().resource().attributes().get("process.pid"))
        .as("those of the first")
        .isEqualTo(0L);
  }

  @Test
  void sampledSpansStandForOthers() throws IOException {
    Connector c = connector("enable_metrics_sampling_method: true");
    Span sampled = span(SERVER, OK, 1);
    sampled.setTraceState("vendor=1,ot=th:c;rv:d29d6a7215ced0");
    rig.send(c, traces(resource("service-a", sampled, span(SERVER, OK, 1))));
    MetricsData d = afterInterval();
    assertThat(calls(d)).extracting(NumberDataPoint::longValue).containsExactly(4L, 1L);
    assertThat(calls(d))
        .extracting(p -> p.attributes().get("sampling.method"))
        .containsExactly("extrapolated", "counted");
    assertThat(durations(d).getFirst().sum()).isEqualTo(44);
  }

  @Test
  void whatWasCountedSinceTheLastIntervalIsSentAtTheEnd() throws IOException {
    Connector c = connector("");
    rig.send(c, sample());
    afterInterval();
    rig.send(c, sample());
    c.stop(Duration.ofSeconds(1));
    assertThat(rig.out).hasSize(2);
    assertThat(calls(rig.lastMetrics()).getFirst().longValue()).isEqualTo(2);
    rig.send(c, sample());
    assertThat(rig.outcomes.getLast()).isInstanceOf(Outcome.Unavailable.class);
    assertThat(rig.balanced()).isTrue();
    assertThat(rig.account(Signal.METRICS).balance().held()).isZero();
    assertThat(rig.account(Signal.TRACES).balance().held()).isZero();
  }

  @Test
  void whatNobodyTakesIsSentAgainAndCountingGoesOn() throws IOException {
    List<Batch> offered = new ArrayList<>();
    AtomicReference<Outcome> answer =
        new AtomicReference<>(new Outcome.Unavailable("down", Duration.ZERO));
    SpanMetricsFactory factory = new SpanMetricsFactory();
    Connector c =
        factory.create(
            factory
                .settings()
                .read(YamlDocument.parse("c.yaml", null, "aggregation_temporality: delta").root()),
            Signal.TRACES,
            Signal.METRICS,
            new Outputs() {
              @Override
              public Consumer all() {
                return (batch, receipt) -> {
                  offered.add(batch);
                  receipt.settle(answer.get());
                };
              }

              @Override
              public Set<PipelineId> pipelines() {
                return Set.of();
              }

              @Override
              public Consumer to(PipelineId pipeline) {
                throw new UnsupportedOperationException();
              }
            },
            rig);
    c.start();
    rig.send(c, traces(resource("service-a", span(SERVER, OK, 1))));
    rig.clock.pass(Duration.ofSeconds(60));
    rig.send(c, traces(resource("service-a", span(SERVER, OK, 1), span(SERVER, OK, 1))));
    rig.clock.pass(Duration.ofSeconds(64));
    assertThat(offered).as("once, and again every five seconds").hasSize(13);
    assertThat(offered)
        .allSatisfy(b -> assertThat(calls(Rig.metrics(b)).getFirst().longValue()).isEqualTo(1));
    assertThat(rig.account(Signal.METRICS).balance().held()).isEqualTo(2);
    answer.set(Outcome.ACCEPTED);
    rig.clock.pass(Duration.ofSeconds(5));
    assertThat(offered).hasSize(14);
    rig.clock.pass(Duration.ofSeconds(60));
    assertThat(offered).hasSize(15);
    NumberDataPoint next = calls(Rig.metrics(offered.getLast())).getFirst();
    assertThat(next.longValue()).isEqualTo(2);
    assertThat(next.startTimeUnixNano())
        .isEqualTo(calls(Rig.metrics(offered.getFirst())).getFirst().timeUnixNano());
    answer.set(new Outcome.Unavailable("down", Duration.ZERO));
    rig.send(c, traces(resource("service-a", span(SERVER, OK, 1))));
    c.stop(Duration.ofSeconds(1));
    assertThat(rig.account(Signal.METRICS).balance().dropped()).containsEntry("unavailable", 2L);
    assertThat(rig.account(Signal.METRICS).balance().held()).isZero();
    assertThat(rig.balanced()).isTrue();
  }

  @Test
  void whatWasHandedOnIsNotSentAgainAtTheEnd() throws IOException {
    Connector c = connector("");
    rig.send(c, sample());
    c.handOn();
    assertThat(rig.out).hasSize(1);
    c.stop(Duration.ofSeconds(1));
    assertThat(rig.out).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "histogram: {explicit: }",
        """
        histogram: {unit: s, explicit: {buckets: [10ms, 100ms, 250ms]}}
        exemplars: {enabled: true}
        resource_metrics_cache_size: 1600
        dimensions: [{name: http.method, default: GET}, {name: http.status_code}]
        aggregation_temporality: AGGREGATION_TEMPORALITY_DELTA
        metrics_flush_interval: 30s
        """,
        "exemplars: {enabled: true, max_per_data_point: 5}",
        "{aggregation_temporality: AGGREGATION_TEMPORALITY_DELTA, metric_timestamp_cache_size: 123}",
        "{dimensions_cache_size: 1000, add_resource_attributes: true, metrics_expiration: 5m}",
        "metric_timestamp_cache_size: 0",
      })
  void configurationsOfTheCollectorAreTaken(String yaml) throws IOException {
    rig.send(connector(yaml), sample());
    rig.clock.pass(Duration.ofSeconds(60));
    assertThat(rig.lastMetrics().itemCount()).isEqualTo(6);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "histogram: {exponential: {max_size: 10}, explicit: {buckets: [10ms]}} | either explicit",
        "histogram: {unit: h} | unknown unit \"h\"",
        "metrics_expiration: -20s | negative",
        "metrics_flush_interval: 0 | metrics_flush_interval",
        "{aggregation_temporality: delta, metric_timestamp_cache_size: 0} | 1 or more",
        "aggregation_temporality: sideways | unknown temporality",
        "aggregation_cardinality_limit: -1 | 0 or more",
        "resource_metrics_cache_size: 0 | 1 or more",
        "exemplars: {enabled: true, max_per_data_point: -1} | 0 or more",
        "dimensions: [{name: service.name}] | duplicate dimension name service.name",
        "calls_dimensions: [{name: a}, {name: a}] | duplicate dimension name a",
        "events: {enabled: true} | at least one",
        "dimensions: [{name: a, glob: b}] | a name or a glob",
        "dimensions: [{default: b}] | a name or a glob",
        "dimensions: [{glob: 'span.*'}] | a dimension already",
        "dimensions: [{glob: 'a[b'}] | [ without",
        "dimensions: [{glob: 'a{b'}] | { without",
        "dimensions: [{glob: 'a', default: b}] | no default",
        "histogram: {explicit: {buckets: [2ms, 1ms]}} | larger than the one before",
        "surprise: 1 | surprise",
      })
  void mistakesAreNamed(String line) {
    String yaml = line.substring(0, line.lastIndexOf(" | "));
    assertThatThrownBy(() -> connector(yaml))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(line.substring(line.lastIndexOf(" | ") + 3));
  }

  private static Span timed(long id, long parent, long start, long end) {
    Span s = new Span();
    s.setName("s" + id);
    s.setTraceId(1, 1);
    s.setSpanId(id);
    s.setParentSpanId(parent);
    s.setStartTimeUnixNano(start * MS);
    s.setEndTimeUnixNano(end * MS);
    return s;
  }

  private List<Double> selfTimes(Span... spans) throws IOException {
    Connector c = connector("{self_time: {enabled: true}, histogram: {disable: true}}");
    rig.send(c, traces(resource("orders", spans)));
    MetricsData d = afterInterval();
    assertThat(calls(d)).hasSize(spans.length);
    assertThat(durations(d)).isEmpty();
    return points(d, "traces.span.metrics.self_time").stream()
        .map(p -> ((HistogramDataPoint) p).sum())
        .toList();
  }

  @Test
  void childrenThatOverlapAreTakenAwayOnce() throws IOException {
    assertThat(selfTimes(timed(10, 0, 0, 100), timed(11, 10, 10, 30), timed(12, 10, 20, 50)))
        .containsExactly(60.0, 20.0, 30.0);
  }

  @Test
  void childrenAreTakenAwayOnlyWithinTheirParent() throws IOException {
    assertThat(selfTimes(timed(1, 0, 100, 200), timed(2, 1, 50, 400))).containsExactly(0.0, 350.0);
  }

  @Test
  void tracesThatCameInPartHaveNoSelfTimes() throws IOException {
    assertThat(selfTimes(timed(1, 0, 0, 100), timed(2, 9, 10, 50))).isEmpty();
  }

  @Test
  void spansOfOneIdHaveNoSelfTimes() throws IOException {
    Span other = timed(7, 0, 10, 20);
    other.setName("other");
    assertThat(selfTimes(timed(7, 0, 0, 100), other)).isEmpty();
  }

  @Test
  void piecesOfATraceWithoutItsRootHaveSelfTimes() throws IOException {
    assertThat(selfTimes(timed(1, 9, 0, 100), timed(2, 1, 10, 40))).containsExactly(70.0, 30.0);
  }

  @Test
  void severalRootsHaveSelfTimes() throws IOException {
    assertThat(selfTimes(timed(1, 0, 0, 100), timed(2, 0, 200, 260))).containsExactly(100.0, 60.0);
  }

  @Test
  void selfTimesHaveTheDimensionsOfDurations() throws IOException {
    Connector c =
        connector("{self_time: {enabled: true}, histogram: {dimensions: [{name: d, default: x}]}}");
    rig.send(c, traces(resource("orders", timed(1, 0, 0, 100))));
    MetricsData d = afterInterval();
    assertThat(Rig.all(d)).extracting(Metric::name).hasSize(3);
    assertThat(points(d, "traces.span.metrics.self_time").getFirst().attributes())
        .isEqualTo(durations(d).getFirst().attributes());
  }
}
