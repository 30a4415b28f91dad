package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Connector;
import dev.tethys.pipeline.component.PipelineId;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.processor.connector.CountFactory;
import dev.tethys.pipeline.processor.connector.FailoverFactory;
import dev.tethys.pipeline.processor.connector.ForwardFactory;
import dev.tethys.pipeline.processor.connector.RoutingFactory;
import dev.tethys.pipeline.processor.interval.IntervalFactory;
import dev.tethys.pipeline.processor.temporality.CumulativeToDelta;
import dev.tethys.pipeline.processor.temporality.DeltaToCumulative;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Processors that remember, and connectors. */
class StreamsTest {
  private static final int CUMULATIVE = MetricData.TEMPORALITY_CUMULATIVE;
  private static final int DELTA = MetricData.TEMPORALITY_DELTA;
  private final Rig rig = new Rig();

  private static NumberDataPoint first(Metric m) {
    return (NumberDataPoint) Objects.requireNonNull(m.data()).points().getFirst();
  }

  private NumberDataPoint last() {
    return first(Rig.all(rig.lastMetrics()).getFirst());
  }

  @Test
  void convertsCumulativeToDelta() {
    Processor p =
        rig.processor(CumulativeToDelta.factory(), Signal.METRICS, "{initial_value: drop}");
    rig.send(p, Rig.metrics("s", Rig.sum("a", CUMULATIVE, Rig.point(10, 10))));
    assertThat(rig.out).isEmpty();
    rig.send(p, Rig.metrics("s", Rig.sum("a", CUMULATIVE, Rig.point(15, 20))));
    assertThat(last().longValue()).isEqualTo(5);
    assertThat(last().startTimeUnixNano()).isEqualTo(10_000_000_000L);
    assertThat(
            ((MetricData.Sum) Objects.requireNonNull(Rig.all(rig.lastMetrics()).getFirst().data()))
                .temporality())
        .isEqualTo(DELTA);
    rig.send(p, Rig.metrics("s", Rig.sum("a", CUMULATIVE, Rig.point(3, 30))));
    assertThat(last().longValue()).as("a reset").isEqualTo(3);
    rig.send(p, Rig.metrics("s", Rig.sum("a", CUMULATIVE, Rig.point(9, 25))));
    assertThat(rig.out).as("out of order").hasSize(2);
    rig.send(p, Rig.metrics("s", Rig.gauge("g", Rig.point(9, 25))));
    assertThat(last().longValue()).as("gauges pass").isEqualTo(9);
    assertThat(rig.account(Signal.METRICS).balance().dropped()).containsEntry("no_delta", 2L);
    assertThat(rig.balanced()).isTrue();
  }

  private static ExponentialHistogramDataPoint exponential(
      long seconds, int scale, long zeros, int offset, long... counts) {
    ExponentialHistogramDataPoint p = new ExponentialHistogramDataPoint();
    p.setTimeUnixNano(seconds * 1_000_000_000L);
    p.setScale(scale);
    p.setZeroCount(zeros);
    p.setPositiveOffset(offset);
    p.setPositiveCounts(counts);
    p.setCount(zeros + Arrays.stream(counts).sum());
    p.setSum(p.count() * 2.0);
    return p;
  }

  private static Metric cumulative(ExponentialHistogramDataPoint p) {
    MetricData.ExponentialHistogram h = new MetricData.ExponentialHistogram();
    h.setTemporality(CUMULATIVE);
    h.points().add(p);
    Metric m = new Metric();
    m.setName("latency");
    m.setData(h);
    return m;
  }

  private ExponentialHistogramDataPoint lastExponential() {
    return (ExponentialHistogramDataPoint)
        Objects.requireNonNull(Rig.all(rig.lastMetrics()).getFirst().data()).points().getFirst();
  }

  @Test
  void convertsCumulativeExponentialHistogramsToDeltas() {
    Processor p =
        rig.processor(
            CumulativeToDelta.factory(),
            Signal.METRICS,
            "{initial_value: drop, include: {metric_types: [exponentialhistogram]}}");
    rig.send(p, Rig.metrics("s", cumulative(exponential(10, 3, 1, -2, 4, 0, 2, 1))));
    assertThat(rig.out).isEmpty();
    rig.send(p, Rig.metrics("s", cumulative(exponential(20, 3, 2, -3, 1, 4, 1, 5, 1))));
    ExponentialHistogramDataPoint d = lastExponential();
    assertThat(d.positiveOffset()).isEqualTo(-3);
    assertThat(d.positiveCounts()).containsExactly(1, 0, 1, 3, 0);
    assertThat(d.zeroCount()).isEqualTo(1);
    assertThat(d.count()).isEqualTo(6);
    assertThat(d.sum()).isEqualTo(12);
    assertThat(d.startTimeUnixNano()).isEqualTo(10_000_000_000L);
    // the source went over to a coarser scale: -3..1 became -2, -1, -1, 0, 0
    rig.send(p, Rig.metrics("s", cumulative(exponential(30, 2, 2, -2, 1, 7, 7))));
    d = lastExponential();
    assertThat(d.scale()).isEqualTo(2);
    assertThat(d.positiveCounts()).containsExactly(0, 2, 1);
    // a bucket decreased: the source restarted
    rig.send(p, Rig.metrics("s", cumulative(exponential(40, 2, 2, -2, 9, 1, 9))));
    assertThat(lastExponential().positiveCounts()).containsExactly(9, 1, 9);
    assertThat(rig.balanced()).isTrue();
  }

  @Test
  void treatsBucketsBelowAZeroThresholdAsZeros() {
    Processor p =
        rig.processor(CumulativeToDelta.factory(), Signal.METRICS, "{initial_value: drop}");
    rig.send(p, Rig.metrics("s", cumulative(exponential(10, 0, 1, -2, 4, 5, 6))));
    ExponentialHistogramDataPoint wider = exponential(20, 0, 10, 0, 7);
    wider.setZeroThreshold(1); // the buckets that reach up to 1/2 and 1
    rig.send(p, Rig.metrics("s", cumulative(wider)));
    ExponentialHistogramDataPoint d = lastExponential();
    assertThat(d.zeroCount()).isZero();
    assertThat(d.positiveCounts()).containsExactly(1);
  }

  @Test
  void zeroThresholdInACoarserBucketAbsorbsFinerOnes() {
    Processor p =
        rig.processor(CumulativeToDelta.factory(), Signal.METRICS, "{initial_value: drop}");
    rig.send(p, Rig.metrics("s", cumulative(exponential(10, 1, 0, -2, 4, 5))));
    ExponentialHistogramDataPoint wider = exponential(20, 0, 4, -1, 6);
    wider.setZeroThreshold(Math.sqrt(0.5)); // of (1/2, 1] the lower half
    rig.send(p, Rig.metrics("s", cumulative(wider)));
    ExponentialHistogramDataPoint d = lastExponential();
    assertThat(d.zeroCount()).isZero();
    assertThat(d.positiveOffset()).isEqualTo(-1);
    assertThat(d.positiveCounts()).containsExactly(1);
    assertThat(d.count()).isEqualTo(1);
  }

  @Test
  void accumulatesDeltas() {
    Processor p = rig.processor(DeltaToCumulative.factory(), Signal.METRICS, "max_streams: 1");
    rig.send(p, Rig.metrics("s", Rig.sum("a", DELTA, Rig.point(2, 10))));
    NumberDataPoint next = Rig.point(3, 20);
    next.setStartTimeUnixNano(10_000_000_000L);
    rig.send(p, Rig.metrics("s", Rig.sum("a", DELTA, next)));
    assertThat(last().longValue()).isEqualTo(5);
    assertThat(last().startTimeUnixNano()).isEqualTo(1_000_000_000L);
    assertThat(last().timeUnixNano()).isEqualTo(20_000_000_000L);
    rig.send(p, Rig.metrics("s", Rig.sum("a", DELTA, next.copy())));
    assertThat(last().longValue()).as("sent again, added once").isEqualTo(5);
    int n = rig.out.size();
    rig.send(p, Rig.metrics("s", Rig.sum("a", DELTA, Rig.point(3, 15))));
    rig.send(p, Rig.metrics("s", Rig.sum("b", DELTA, Rig.point(3, 15))));
    assertThat(rig.out).as("out of order, and one stream too many").hasSize(n);
    rig.clock.pass(Duration.ofMinutes(6));
    rig.send(p, Rig.metrics("s", Rig.sum("b", DELTA, Rig.point(4, 15))));
    assertThat(last().longValue()).isEqualTo(4);
    assertThat(rig.balanced()).isTrue();
  }

  @Test
  void emitsTheLastPointOfAnInterval() throws IOException {
    Processor p = rig.processor(new IntervalFactory(), Signal.METRICS, "interval: 10s");
    p.start();
    rig.send(
        p,
        Rig.metrics("s", Rig.sum("a", CUMULATIVE, Rig.point(1, 10), Rig.point(5, 10, "k", "v"))));
    rig.send(p, Rig.metrics("s", Rig.sum("a", CUMULATIVE, Rig.point(2, 20))));
    Metric unmonotonic = Rig.sum("d", CUMULATIVE, Rig.point(7, 20));
    ((MetricData.Sum) Objects.requireNonNull(unmonotonic.data())).setMonotonic(false);
    rig.send(p, Rig.metrics("s", unmonotonic));
    assertThat(rig.out).as("what has no end value passes").hasSize(1);
    assertThat(rig.account(Signal.METRICS).balance().held()).isEqualTo(2);
    rig.clock.pass(Duration.ofSeconds(10));
    assertThat(rig.out).hasSize(2);
    assertThat(rig.out.getLast().items()).isEqualTo(2);
    assertThat(last().longValue()).isEqualTo(2);
    rig.clock.pass(Duration.ofSeconds(10));
    assertThat(rig.out).as("nothing new").hasSize(2);
    rig.send(p, Rig.metrics("s", Rig.gauge("g", Rig.point(7, 20))));
    p.stop(Duration.ofSeconds(1));
    assertThat(rig.out).hasSize(3);
    assertThat(rig.account(Signal.METRICS).balance().dropped()).containsEntry("superseded", 1L);
    assertThat(rig.balanced()).isTrue();
  }

  @Test
  void forwardsBatches() {
    Connector c = rig.connector(new ForwardFactory(), Signal.LOGS, Signal.LOGS, "{}", "logs/x");
    rig.send(c, Rig.logs("s", Rig.log(1, "a")));
    assertThat(rig.out).hasSize(1);
    assertThat(rig.account(Signal.LOGS).balance().out()).isEqualTo(1);
  }

  @Test
  void routesMatchingItemsByRow() {
    Connector c =
        rig.connector(
            new RoutingFactory(InstantSource.system()),
            Signal.LOGS,
            Signal.LOGS,
            """
            default_pipelines: [logs/rest]
            table:
              - {context: log, condition: severity_number >= 17, action: copy, pipelines: [logs/bad]}
              - {condition: 'attributes["service.name"] == "shop"', pipelines: [logs/shop]}
              - {context: request, condition: 'request["X-T"] == "1"', pipelines: [logs/t]}
            """,
            "logs/rest",
            "logs/bad",
            "logs/shop",
            "logs/t");
    rig.send(c, Rig.logs("shop", Rig.log(1, "a"), Rig.log(17, "b")));
    rig.send(c, Rig.logs("other", Rig.log(1, "c")));
    assertThat(to("logs/bad")).containsExactly("b");
    assertThat(to("logs/shop")).containsExactly("a", "b");
    assertThat(to("logs/rest")).containsExactly("c");
    assertThat(rig.routed).doesNotContainKey(PipelineId.parse("logs/t"));
    c.consume(
        Rig.batch(
            Rig.logs("x", Rig.log(1, "d")),
            new dev.tethys.pipeline.Metadata(java.util.Map.of("x-t", List.of("1")))),
        rig.outcomes::add);
    assertThat(to("logs/t")).containsExactly("d");
    assertThat(rig.outcomes).hasSize(3).allMatch(Outcome.ACCEPTED::equals);
    assertThat(rig.account(Signal.LOGS).balance().created()).isEqualTo(1);
    assertThat(rig.balanced()).isTrue();
  }

  private Connector routing(String yaml, String... pipelines) {
    return rig.connector(
        new RoutingFactory(InstantSource.system()), Signal.LOGS, Signal.LOGS, yaml, pipelines);
  }

  @Test
  void infersTheContextOfARow() {
    Connector c =
        routing(
            """
            default_pipelines: [logs/rest]
            table:
              - {condition: 'log.severity_number < 9', pipelines: [logs/low]}
              - {condition: 'otelcol.client.metadata["x-t"][0] == "1"', pipelines: [logs/t]}
              - {context: otelcol, condition: 'client.metadata["x-t"][0] == "client.2"', pipelines: [logs/u]}
              - {condition: 'attributes["service.name"] == "shop"', pipelines: [logs/shop]}
            """,
            "logs/rest",
            "logs/low",
            "logs/t",
            "logs/u",
            "logs/shop");
    rig.send(c, Rig.logs("shop", Rig.log(1, "a"), Rig.log(17, "b")));
    rig.send(c, Rig.logs("other", Rig.log(17, "c")));
    for (String tenant : List.of("1", "client.2")) {
      c.consume(
          Rig.batch(
              Rig.logs("x", Rig.log(17, tenant)),
              new dev.tethys.pipeline.Metadata(java.util.Map.of("x-t", List.of(tenant)))),
          rig.outcomes::add);
    }
    assertThat(to("logs/low")).containsExactly("a");
    assertThat(to("logs/shop")).containsExactly("b");
    assertThat(to("logs/rest")).containsExactly("c");
    assertThat(to("logs/t")).containsExactly("1");
    assertThat(to("logs/u")).containsExactly("client.2");
    assertThatThrownBy(
            () -> routing("table: [{condition: 'log.nothing < 9', pipelines: [logs/a]}]", "logs/a"))
        .hasMessageContaining("a log has no field nothing");
    assertThatThrownBy(
            () ->
                routing(
                    "table: [{context: spanevent, condition: 'true', pipelines: [logs/a]}]",
                    "logs/a"))
        .hasMessageContaining("datapoint");
  }

  @Test
  void acceptsBatchesWithOneBadRecord() {
    Connector c =
        routing(
            """
            default_pipelines: [logs/rest]
            table: [{context: log, condition: 'Int(attributes["n"]["x"]) == 1', pipelines: [logs/a]}]
            """,
            "logs/rest",
            "logs/a");
    rig.send(c, Rig.logs("s", Rig.log(1, "good"), Rig.log(1, "bad", "n", 5L)));
    assertThat(rig.outcomes).containsExactly(Outcome.ACCEPTED);
    assertThat(to("logs/rest")).containsExactly("good", "bad");
  }

  @Test
  void statementsMayDeleteKeysOfRoutedItems() {
    Connector c =
        routing(
            """
            default_pipelines: [logs/rest]
            table:
              - statement: delete_key(attributes, "secret") where attributes["service.name"] == "a"
                pipelines: [logs/a]
              - statement: delete_matching_keys(resource.attributes, "^s") where log.body == "x where y"
                pipelines: [logs/b]
            """,
            "logs/rest",
            "logs/a",
            "logs/b");
    for (String service : List.of("a", "b")) {
      dev.tethys.model.telemetry.LogsData d = Rig.logs(service, Rig.log(1, "x where y"));
      d.resources().getFirst().resource().attributes().put("secret", "s");
      d.resources().getFirst().resource().attributes().put("env", "e");
      rig.send(c, d);
    }
    assertThat(resource("logs/a")).isEqualTo("{service.name=a, env=e}");
    assertThat(resource("logs/b")).isEqualTo("{env=e}");
    assertThat(rig.routed).hasSize(2);
    assertThatThrownBy(
            () ->
                routing("table: [{statement: 'set(log.body, 1)', pipelines: [logs/a]}]", "logs/a"))
        .hasMessageContaining("delete_key(");
  }

  private String resource(String pipeline) {
    return Rig.logs(Objects.requireNonNull(rig.routed.get(PipelineId.parse(pipeline))).getFirst())
        .resources()
        .getFirst()
        .resource()
        .attributes()
        .toString();
  }

  private List<String> to(String pipeline) {
    return Objects.requireNonNull(rig.routed.get(PipelineId.parse(pipeline))).stream()
        .flatMap(b -> Rig.all(Rig.logs(b)).stream())
        .map(l -> String.valueOf(l.body()))
        .toList();
  }

  @Test
  void routesPointsOutOfMetrics() {
    Connector c =
        rig.connector(
            new RoutingFactory(InstantSource.system()),
            Signal.METRICS,
            Signal.METRICS,
            "table: [{context: datapoint, condition: 'attributes[\"a\"] == \"1\"', pipelines:"
                + " [metrics/a]}]",
            "metrics/a");
    rig.send(
        c, Rig.metrics("s", Rig.gauge("g", Rig.point(1, 1, "a", "1"), Rig.point(2, 1, "a", "2"))));
    assertThat(
            Objects.requireNonNull(rig.routed.get(PipelineId.parse("metrics/a")))
                .getFirst()
                .items())
        .isEqualTo(1);
    assertThat(rig.account(Signal.METRICS).balance().dropped()).containsEntry("unrouted", 1L);
  }

  @Test
  void failoverQueueKeepsBatchesThatNoLevelAccepts() throws Exception {
    Connector c =
        rig.connector(
            new FailoverFactory(),
            Signal.LOGS,
            Signal.LOGS,
            """
            priority_levels: [[logs/a], [logs/b]]
            retry_interval: 1m
            sending_queue: {queue_size: 5}
            """,
            "logs/a",
            "logs/b");
    PipelineId a = PipelineId.parse("logs/a");
    PipelineId b = PipelineId.parse("logs/b");
    rig.answers.put(a, new Outcome.Unavailable("down", Duration.ZERO));
    rig.answers.put(b, new Outcome.Unavailable("down too", Duration.ofSeconds(9)));
    c.consume(
        Rig.batch(
            Rig.logs("s", Rig.log(1, "1")),
            new dev.tethys.pipeline.Metadata(java.util.Map.of("x-t", List.of("1", "2")))),
        rig.outcomes::add);
    assertThat(rig.outcomes).containsExactly(Outcome.ACCEPTED);
    assertThat(rig.routed).isEmpty();
    Sender queue = Objects.requireNonNull(rig.queueTo);
    assertThat(queue.send(rig.queued.getFirst())).isInstanceOf(SendResult.Retryable.class);
    rig.clock.pass(Duration.ofMinutes(2));
    rig.answers.put(b, Outcome.ACCEPTED);
    assertThat(queue.send(rig.queued.getFirst())).isEqualTo(SendResult.DELIVERED);
    assertThat(to("logs/b").getLast()).isEqualTo("1");
    assertThat(Objects.requireNonNull(rig.routed.get(b)).getLast().metadata().get("X-T"))
        .containsExactly("1", "2");
    rig.answers.put(a, new Outcome.Rejected("never", 1));
    rig.clock.pass(Duration.ofMinutes(2));
    assertThat(queue.send(rig.queued.getFirst())).isEqualTo(SendResult.DELIVERED);
    rig.answers.put(b, new Outcome.Rejected("never either", 1));
    rig.clock.pass(Duration.ofMinutes(2));
    assertThat(queue.send(rig.queued.getFirst()))
        .isEqualTo(new SendResult.Permanent("never either"));
  }

  @Test
  void triesTheNextLevelAfterARejection() {
    Connector c =
        rig.connector(
            new FailoverFactory(),
            Signal.LOGS,
            Signal.LOGS,
            """
            priority_levels: [[logs/a], [logs/b]]
            strategy: standard
            standard: {retry_interval: 1m}
            """,
            "logs/a",
            "logs/b");
    PipelineId a = PipelineId.parse("logs/a");
    PipelineId b = PipelineId.parse("logs/b");
    rig.answers.put(a, new Outcome.Rejected("401", 1));
    rig.send(c, Rig.logs("s", Rig.log(1, "1")));
    rig.send(c, Rig.logs("s", Rig.log(1, "2")));
    assertThat(rig.outcomes).containsExactly(Outcome.ACCEPTED, Outcome.ACCEPTED);
    assertThat(to("logs/b")).containsExactly("1", "2");
    assertThat(to("logs/a")).as("another took it: the fault is the level's").containsExactly("1");
    rig.clock.pass(Duration.ofMinutes(1));
    rig.answers.put(b, new Outcome.Rejected("400", 1));
    rig.send(c, Rig.logs("s", Rig.log(1, "3")));
    assertThat(rig.outcomes.getLast()).isEqualTo(new Outcome.Rejected("400", 1));
    rig.answers.remove(b);
    rig.send(c, Rig.logs("s", Rig.log(1, "4")));
    assertThat(to("logs/b")).as("one bad batch closes nothing").containsExactly("1", "2", "3", "4");
    rig.clock.pass(Duration.ofMinutes(1));
    rig.answers.put(b, new Outcome.Unavailable("down", Duration.ZERO));
    rig.send(c, Rig.logs("s", Rig.log(1, "5")));
    assertThat(rig.outcomes.getLast())
        .as("a level may still take it")
        .isInstanceOf(Outcome.Unavailable.class);
    assertThat(rig.balanced()).isTrue();
  }

  @Test
  void retriesRequireAQueue() {
    assertThatThrownBy(
            () ->
                rig.connector(
                    new FailoverFactory(),
                    Signal.LOGS,
                    Signal.LOGS,
                    "{priority_levels: [[logs/a]], retry_on_failure: {max_interval: 1s}}",
                    "logs/a"))
        .hasMessageContaining("requires a sending_queue");
  }

  @Test
  void failsOverToTheNextLevel() {
    Connector c =
        rig.connector(
            new FailoverFactory(),
            Signal.LOGS,
            Signal.LOGS,
            "{priority_levels: [[logs/a], [logs/b]], retry_interval: 1m}",
            "logs/a",
            "logs/b");
    PipelineId a = PipelineId.parse("logs/a");
    rig.answers.put(a, new Outcome.Unavailable("down", Duration.ZERO));
    rig.send(c, Rig.logs("s", Rig.log(1, "1")));
    rig.send(c, Rig.logs("s", Rig.log(1, "2")));
    assertThat(to("logs/a")).as("left alone after the first").containsExactly("1");
    assertThat(to("logs/b")).containsExactly("1", "2");
    rig.answers.remove(a);
    rig.clock.pass(Duration.ofMinutes(1));
    rig.send(c, Rig.logs("s", Rig.log(1, "3")));
    rig.send(c, Rig.logs("s", Rig.log(1, "4")));
    assertThat(to("logs/a")).containsExactly("1", "3", "4");
    rig.answers.put(a, new Outcome.Unavailable("down", Duration.ZERO));
    rig.answers.put(PipelineId.parse("logs/b"), new Outcome.Unavailable("down", Duration.ZERO));
    rig.send(c, Rig.logs("s", Rig.log(1, "5")));
    assertThat(rig.outcomes.getLast()).isInstanceOf(Outcome.Unavailable.class);
    assertThat(rig.account(Signal.LOGS).balance().returned()).isEqualTo(1);
    assertThat(rig.balanced()).isTrue();
  }

  @Test
  void countsItemsScopesAndResources() {
    Connector c =
        rig.connector(
            CountFactory.count(InstantSource.system()),
            Signal.LOGS,
            Signal.METRICS,
            "logs: {n: {attributes: [{key: service.name}, {key: shard}]}}",
            "metrics/x");
    dev.tethys.model.telemetry.LogsData d =
        Rig.logs("shop", Rig.log(1, "a"), Rig.log(1, "b"), Rig.log(1, "c"));
    d.resources().getFirst().scopes().getFirst().scope().attributes().put("shard", 2L);
    Rig.all(d).get(0).setTimeUnixNano(30);
    Rig.all(d).get(1).setTimeUnixNano(10);
    rig.send(c, d);
    assertThat(last().longValue()).isEqualTo(3);
    assertThat(last().attributes().toString()).isEqualTo("{service.name=shop, shard=2}");
    assertThat(last().startTimeUnixNano()).isEqualTo(10);
    assertThat(last().timeUnixNano()).isEqualTo(30);
    rig.send(c, Rig.logs("shop", Rig.log(1, "without a shard")));
    assertThat(rig.out).hasSize(1);
  }

  @Test
  void appliesDefaultsOfAbsentSections() {
    Connector c =
        rig.connector(
            CountFactory.count(InstantSource.system()),
            Signal.TRACES,
            Signal.METRICS,
            "logs: {n: {}}",
            "metrics/x");
    dev.tethys.model.telemetry.Span span = Rig.span("a");
    span.events().add(new dev.tethys.model.telemetry.SpanEvent());
    rig.send(c, Rig.traces("shop", span));
    assertThat(Rig.all(rig.lastMetrics()))
        .extracting(Metric::name)
        .containsExactlyInAnyOrder("trace.span.count", "trace.span.event.count");
  }

  @Test
  void countsItemsAndSumsAttributes() {
    Connector c =
        rig.connector(
            CountFactory.count(InstantSource.system()),
            Signal.LOGS,
            Signal.METRICS,
            """
            logs:
              bad.logs:
                description: bad ones
                conditions: [severity_number >= 17]
                attributes: [{key: env, default_value: none}]
            """,
            "metrics/x");
    rig.send(
        c,
        Rig.logs(
            "s",
            Rig.log(17, "a", "env", "p"),
            Rig.log(18, "b"),
            Rig.log(17, "c", "env", "p"),
            Rig.log(1, "d")));
    Metric m = Rig.all(rig.lastMetrics()).getFirst();
    assertThat(m.name()).isEqualTo("bad.logs");
    assertThat(Objects.requireNonNull(m.data()).points()).hasSize(2);
    assertThat(first(m).longValue()).isEqualTo(2);
    assertThat(first(m).attributes().toString()).isEqualTo("{env=p}");
    Connector d =
        rig.connector(
            CountFactory.count(InstantSource.system()),
            Signal.LOGS,
            Signal.METRICS,
            "{}",
            "metrics/x");
    rig.send(d, Rig.logs("s", Rig.log(17, "a")));
    assertThat(Rig.all(rig.lastMetrics()).getFirst().name()).isEqualTo("log.record.count");
    Connector s =
        rig.connector(
            CountFactory.sum(InstantSource.system()),
            Signal.TRACES,
            Signal.METRICS,
            "spans: {paid: {source_attribute: amount}}",
            "metrics/x");
    rig.send(
        s,
        Rig.traces("s", Rig.span("a", "amount", 2L), Rig.span("b", "amount", 1.5), Rig.span("c")));
    assertThat(last().doubleValue()).isEqualTo(3.5);
    assertThat(
            ((MetricData.Sum) Objects.requireNonNull(Rig.all(rig.lastMetrics()).getFirst().data()))
                .isMonotonic())
        .isTrue();
    assertThat(rig.balanced()).isTrue();
  }
}
