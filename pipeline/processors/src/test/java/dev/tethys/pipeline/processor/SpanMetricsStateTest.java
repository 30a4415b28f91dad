package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.YamlDocument;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.Exemplar;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.Span;
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
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** State of a span metrics connector and when it is sent. */
class SpanMetricsStateTest extends SpanMetricsCase {
  @Test
  void countsSeriesBeyondTheLimitTogether() throws IOException {
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
  void sendsExemplarsOfTheInterval() throws IOException {
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
  void startsCumulativePointsWithTheirSeries() throws IOException {
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
  void sendsConsecutiveDeltas(String word) throws IOException {
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
  void restartsDeltasWhoseLastTimeWasEvicted() throws IOException {
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
  void expiresResourcesWithoutSpans() throws IOException {
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
  void expiresSingleSeries() throws IOException {
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
  void evictsTheResourceLongestWithoutSpans() throws IOException {
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
  void distinguishesResourcesByKeyAttributes() throws IOException {
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
  void evictsTheResourceWithTheLongestInactivity() throws IOException {
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
  void retriesRejectedBatchesAndKeepsCounting() throws IOException {
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
                return (batch, ack) -> {
                  offered.add(batch);
                  ack.complete(answer.get());
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
  void doesNotResendAcceptedBatchesAtStop() throws IOException {
    Connector c = connector("");
    rig.send(c, sample());
    c.forward();
    assertThat(rig.out).hasSize(1);
    c.stop(Duration.ofSeconds(1));
    assertThat(rig.out).hasSize(1);
  }
}
