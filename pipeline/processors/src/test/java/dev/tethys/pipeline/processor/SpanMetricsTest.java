package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Connector;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

/** Counts of spans by series. */
class SpanMetricsTest extends SpanMetricsCase {
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

  @Test
  void countsCallsAndDurationsBySeries() throws IOException {
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
  void ignoresResourcesWithoutService() throws IOException {
    Connector c = connector("");
    rig.send(c, traces(resource("", span(SERVER, OK, 1))));
    rig.clock.pass(Duration.ofSeconds(60));
    assertThat(rig.out).isEmpty();
    assertThat(rig.account(Signal.TRACES).balance().dropped()).containsEntry("no_service_name", 1L);
    assertThat(rig.balanced()).isTrue();
  }

  @Test
  void treatsNegativeDurationsAsZero() throws IOException {
    Connector c = connector("");
    rig.send(c, traces(resource("service-a", lasting(-11))));
    assertThat(durations(afterInterval()).getFirst().sum()).isZero();
  }

  @Test
  void countsABoundInTheBucketBelow() throws IOException {
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
  void convertsBoundsToTheUnit() throws IOException {
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
  void coarsensExponentialBuckets() throws IOException {
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
  void uses160ExponentialBucketsByDefault() throws IOException {
    ExponentialHistogramDataPoint p = exponential("histogram: {exponential: {}}", 2, 4, 0);
    assertThat(p.scale()).isEqualTo(7);
    assertThat(p.positiveOffset()).isEqualTo(127);
    assertThat(p.positiveCounts()).hasSize(129).startsWith(1, 0).endsWith(0, 1);
    assertThat(p.zeroCount()).isEqualTo(1);
  }

  @Test
  void countsASingleDurationInOneExponentialBucket() throws IOException {
    ExponentialHistogramDataPoint p =
        exponential("histogram: {exponential: {max_size: 10}}", 11, 11);
    assertThat(p.positiveCounts()).containsExactly(2);
    assertThat(p.scale()).isEqualTo(20);
  }

  @Test
  void countsEventsByTheirAttributes() throws IOException {
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
  void supportsSeparateDimensionsOfCallsAndDurations() throws IOException {
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
  void excludesDimensions() throws IOException {
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
  void mergesValuesWithTheSameText() throws IOException {
    Connector c = connector("dimensions: [{name: http.status_code}]");
    Span number = span(SERVER, OK, 1);
    number.attributes().put("http.status_code", 200L);
    Span text = span(SERVER, OK, 1);
    text.attributes().put("http.status_code", "200");
    rig.send(c, traces(resource("service-a", number, text)));
    assertThat(calls(afterInterval())).extracting(NumberDataPoint::longValue).containsExactly(2L);
  }

  @Test
  void globsSelectEveryMatchingKey() throws IOException {
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
  void addsNamedScopes() throws IOException {
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
  void weightsSampledSpans() throws IOException {
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
  void subtractsOverlappingChildrenOnce() throws IOException {
    assertThat(selfTimes(timed(10, 0, 0, 100), timed(11, 10, 10, 30), timed(12, 10, 20, 50)))
        .containsExactly(60.0, 20.0, 30.0);
  }

  @Test
  void subtractsChildrenOnlyWithinTheirParent() throws IOException {
    assertThat(selfTimes(timed(1, 0, 100, 200), timed(2, 1, 50, 400))).containsExactly(0.0, 350.0);
  }

  @Test
  void skipsSelfTimesOfIncompleteTraces() throws IOException {
    assertThat(selfTimes(timed(1, 0, 0, 100), timed(2, 9, 10, 50))).isEmpty();
  }

  @Test
  void skipsSelfTimesOfDuplicateSpanIds() throws IOException {
    Span other = timed(7, 0, 10, 20);
    other.setName("other");
    assertThat(selfTimes(timed(7, 0, 0, 100), other)).isEmpty();
  }

  @Test
  void computesSelfTimesOfPiecesWithoutARoot() throws IOException {
    assertThat(selfTimes(timed(1, 9, 0, 100), timed(2, 1, 10, 40))).containsExactly(70.0, 30.0);
  }

  @Test
  void computesSelfTimesWithSeveralRoots() throws IOException {
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
