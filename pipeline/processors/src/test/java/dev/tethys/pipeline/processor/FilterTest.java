package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.processor.filter.FilterFactory;
import java.time.InstantSource;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class FilterTest {
  private final Rig rig = new Rig();
  private final FilterFactory factory = new FilterFactory(InstantSource.system());

  @Test
  void dropsAndCountsMatchingItems() {
    Processor p =
        rig.processor(
            factory,
            Signal.LOGS,
            """
            log_conditions:
              - log.severity_number < SEVERITY_NUMBER_WARN
              - resource.attributes["service.name"] == "noise"
            """);
    rig.send(p, Rig.logs("shop", Rig.log(9, "a"), Rig.log(13, "b"), Rig.log(17, "c")));
    assertThat(Rig.all(rig.logs())).extracting(LogRecord::body).containsExactly("b", "c");
    rig.send(p, Rig.logs("noise", Rig.log(17, "d")));
    assertThat(rig.out).hasSize(1);
    assertThat(rig.outcomes).containsExactly(Outcome.ACCEPTED, Outcome.ACCEPTED);
    assertThat(rig.account(Signal.LOGS).balance().dropped()).containsEntry("filtered", 2L);
    assertThat(rig.balanced()).isTrue();
  }

  @Test
  void doesNotReencodeUnchangedBatches() {
    Processor p =
        rig.processor(factory, Signal.LOGS, "logs: {log_record: ['severity_number > 20']}");
    Batch b = Rig.batch(Rig.logs("shop", Rig.log(9, "a")));
    p.consume(b, rig.outcomes::add);
    assertThat(rig.out.getFirst()).isSameAs(b);
    assertThat(rig.balanced()).isTrue();
  }

  @Test
  void dropsPointsAndMetrics() {
    Processor p =
        rig.processor(
            factory,
            Signal.METRICS,
            """
            metrics:
              metric: ['HasAttrOnDatapoint("drop", "yes")', 'name == "x"']
              datapoint: ['attributes["a"] == "1"']
            """);
    rig.send(
        p,
        Rig.metrics(
            "s",
            Rig.gauge("x", Rig.point(1, 1)),
            Rig.gauge("y", Rig.point(1, 1, "a", "1"), Rig.point(2, 1, "a", "2")),
            Rig.gauge("z", Rig.point(1, 1, "a", "1")),
            Rig.gauge("w", Rig.point(1, 1, "drop", "yes"), Rig.point(1, 1))));
    assertThat(Rig.all(rig.lastMetrics())).extracting(Metric::name).containsExactly("y");
    assertThat(Objects.requireNonNull(Rig.all(rig.lastMetrics()).getFirst().data()).points())
        .hasSize(1);
    assertThat(rig.account(Signal.METRICS).balance().dropped()).containsEntry("filtered", 5L);
  }

  @Test
  void dropsSpanEvents() {
    Span s = Rig.span("a");
    SpanEvent e = new SpanEvent();
    e.setName("noise");
    s.events().add(e);
    Processor p =
        rig.processor(factory, Signal.TRACES, "traces: {spanevent: ['name == \"noise\"']}");
    rig.send(p, Rig.traces("s", s));
    assertThat(Rig.all(rig.traces()).getFirst().hasEvents()).isFalse();
    assertThat(rig.account(Signal.TRACES).balance().out()).isEqualTo(1);
  }

  @Test
  void supportsIncludeAndExcludeOfTheOldestGrammar() {
    Processor p =
        rig.processor(
            factory,
            Signal.LOGS,
            """
            logs:
              include:
                match_type: regexp
                resource_attributes: [{key: service.name, value: "^sh"}]
                severity_number: {min: INFO, match_undefined: true}
              exclude:
                match_type: strict
                bodies: [b]
            """);
    rig.send(
        p, Rig.logs("shop", Rig.log(9, "a"), Rig.log(13, "b"), Rig.log(5, "c"), Rig.log(0, "d")));
    assertThat(Rig.all(rig.logs())).extracting(LogRecord::body).containsExactly("a", "d");
  }

  @Test
  void rejectsMixedGrammars() {
    assertThatThrownBy(
            () ->
                rig.processor(
                    factory,
                    Signal.LOGS,
                    "log_conditions: ['log.body == 1']\nlogs: {log_record: ['body == 1']}"))
        .hasMessageContaining("remove one of them");
  }

  @Test
  void evaluatesExpressionsPerPointForTheWholeMetric() {
    Processor p =
        rig.processor(
            factory,
            Signal.METRICS,
            """
            metrics:
              exclude:
                match_type: expr
                expressions:
                  - MetricName == "requests" && Label("code") == "500"
                  - HasLabel("debug") and not (MetricName startsWith "go_")
            """);
    rig.send(
        p,
        Rig.metrics(
            "shop",
            Rig.gauge("requests", Rig.point(1, 1, "code", "200"), Rig.point(1, 1, "code", "500")),
            Rig.gauge("sizes", Rig.point(1, 1, "code", "500")),
            Rig.gauge("go_threads", Rig.point(1, 1, "debug", "")),
            Rig.gauge("other", Rig.point(1, 1, "debug", ""))));
    assertThat(Rig.all(rig.lastMetrics()))
        .extracting(Metric::name)
        .containsExactly("sizes", "go_threads");
    assertThat(rig.balanced()).isTrue();
  }

  @Test
  void checksExpressionsWhenLoaded() {
    assertThatThrownBy(
            () ->
                rig.processor(
                    factory,
                    Signal.METRICS,
                    "metrics: {include: {match_type: expr, expressions: ['MetricNam == 1']}}"))
        .hasMessageContaining("did you mean \"MetricName\"?");
    assertThatThrownBy(
            () ->
                rig.processor(
                    factory,
                    Signal.LOGS,
                    "logs: {include: {match_type: expr, expressions: ['true']}}"))
        .hasMessageContaining("the match type must be strict or regexp");
  }

  @Test
  void rejectsTheBatchIfAnExpressionIsNotBoolean() {
    Processor p =
        rig.processor(
            factory,
            Signal.METRICS,
            "metrics: {exclude: {match_type: expr, expressions: ['MetricName']}}");
    rig.send(p, Rig.metrics("shop", Rig.gauge("a", Rig.point(1, 1))));
    assertThat(rig.outcomes).first().isInstanceOf(Outcome.Rejected.class);
  }
}
