package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.SummaryDataPoint;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Connector;
import dev.tethys.pipeline.processor.connector.CountFactory;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Runs {@code count} and {@code sum} on the data of the Collector's own tests: four resources with
 * four items each, of which the first has {@code required: foo, optional: bar}, the second {@code
 * required: foo, optional: notbar}, the third {@code required: notfoo} and the fourth nothing.
 */
final class CollectorCountsTest {
  private static final String RESOURCE = "'resource.attributes[\"resource.optional\"] != nil'";

  private final Rig rig = new Rig();

  private static void fill(Attributes a, String prefix, int i) {
    if (i < 3) {
      a.put(prefix + ".required", i < 2 ? "foo" : "notfoo");
    }
    if (i < 2) {
      a.put(prefix + ".optional", i == 0 ? "bar" : "notbar");
    }
  }

  private static TracesData traces() {
    TracesData d = new TracesData();
    for (int r = 0; r < 4; r++) {
      ResourceGroup<Span> group = new ResourceGroup<>();
      fill(group.resource().attributes(), "resource", r);
      ScopeGroup<Span> scope = new ScopeGroup<>();
      for (int s = 0; s < 4; s++) {
        Span span = Rig.span("s" + s);
        fill(span.attributes(), "span", s);
        for (int e = 0; e < 4; e++) {
          SpanEvent event = new SpanEvent();
          fill(event.attributes(), "event", e);
          span.events().add(event);
        }
        scope.items().add(span);
      }
      group.scopes().add(scope);
      d.resources().add(group);
    }
    return d;
  }

  private static NumberDataPoint number(int i, boolean whole) {
    NumberDataPoint p = new NumberDataPoint();
    if (whole) {
      p.setLong(i);
    } else {
      p.setDouble(i);
    }
    fill(p.attributes(), "datapoint", i);
    return p;
  }

  private static MetricsData metrics() {
    MetricsData d = new MetricsData();
    for (int r = 0; r < 4; r++) {
      ResourceGroup<Metric> group = new ResourceGroup<>();
      fill(group.resource().attributes(), "resource", r);
      ScopeGroup<Metric> scope = new ScopeGroup<>();
      for (int k = 0; k < 6; k++) {
        Metric m = new Metric();
        m.setName("m" + k);
        MetricData.Gauge gauge = new MetricData.Gauge();
        MetricData.Sum sum = new MetricData.Sum();
        MetricData.Histogram histogram = new MetricData.Histogram();
        MetricData.Summary summary = new MetricData.Summary();
        for (int i = 0; i < 4; i++) {
          gauge.points().add(number(i, k == 0));
          sum.points().add(number(i, k == 2));
          HistogramDataPoint h = new HistogramDataPoint();
          fill(h.attributes(), "datapoint", i);
          histogram.points().add(h);
          SummaryDataPoint s = new SummaryDataPoint();
          fill(s.attributes(), "datapoint", i);
          summary.points().add(s);
        }
        m.setData(k < 2 ? gauge : k < 4 ? sum : k == 4 ? histogram : summary);
        scope.items().add(m);
      }
      group.scopes().add(scope);
      d.resources().add(group);
    }
    return d;
  }

  /** Logs with the summed attribute: 2.1, 2, 2 and missing. */
  private static LogsData logs() {
    LogsData d = new LogsData();
    for (int r = 0; r < 4; r++) {
      ResourceGroup<LogRecord> group = new ResourceGroup<>();
      fill(group.resource().attributes(), "resource", r);
      ScopeGroup<LogRecord> scope = new ScopeGroup<>();
      for (int i = 0; i < 4; i++) {
        LogRecord l = Rig.log(0, "This is a log message");
        fill(l.attributes(), "log", i);
        if (i < 3 && !(r == 0 && i == 1)) {
          l.attributes().put("beep", i == 0 ? 2.1 : 2.0);
        }
        scope.items().add(l);
      }
      group.scopes().add(scope);
      d.resources().add(group);
    }
    return d;
  }

  /** By resource, each metric with its points. */
  private List<String> made() {
    List<String> all = new ArrayList<>();
    for (ResourceGroup<Metric> r : rig.lastMetrics().resources()) {
      TreeMap<String, String> points = new TreeMap<>();
      for (Metric m : r.scopes().getFirst().items()) {
        MetricData.Sum sum = (MetricData.Sum) Objects.requireNonNull(m.data());
        assertThat(sum.isMonotonic()).isTrue();
        assertThat(sum.temporality()).isEqualTo(MetricData.TEMPORALITY_DELTA);
        for (NumberDataPoint p : sum.points()) {
          List<String> by = new ArrayList<>();
          p.attributes().forEach((k, v) -> by.add(String.valueOf(v)));
          points.put(
              m.name() + (by.isEmpty() ? "" : by),
              p.isInt() ? "" + p.longValue() : String.format(Locale.ROOT, "%.1f", p.doubleValue()));
        }
      }
      all.add(points.toString());
    }
    return all;
  }

  private List<String> counted(Signal from, String yaml) {
    Connector c =
        rig.connector(
            CountFactory.count(InstantSource.system()), from, Signal.METRICS, yaml, "metrics/x");
    rig.send(
        c,
        switch (from) {
          case TRACES -> traces();
          case METRICS -> metrics();
          default -> logs();
        });
    assertThat(rig.balanced()).isTrue();
    return made();
  }

  @Test
  void countsSpansAndTheirEvents() {
    assertThat(counted(Signal.TRACES, "{}"))
        .hasSize(4)
        .containsOnly("{trace.span.count=4, trace.span.event.count=16}");
    assertThat(
            counted(
                Signal.TRACES,
                "{spans: {s: {conditions: [%s]}}, spanevents: {e: {conditions: [%s]}}}"
                    .formatted(RESOURCE, RESOURCE)))
        .containsExactly("{e=16, s=4}", "{e=16, s=4}");
    assertThat(
            counted(
                Signal.TRACES,
                ("{spans: {s: {conditions: [%s, 'attributes[\"span.optional\"] != nil']}},"
                        + " spanevents: {e: {conditions: [%s, 'attributes[\"event.optional\"] !="
                        + " nil']}}}")
                    .formatted(RESOURCE, RESOURCE)))
        .containsExactly("{e=16, s=4}", "{e=16, s=4}", "{e=8, s=2}", "{e=8, s=2}");
    assertThat(
            counted(
                Signal.TRACES,
                "{spans: {s: {attributes: [{key: span.required}]}}, spanevents: {e: {attributes:"
                    + " [{key: event.required}]}}}"))
        .hasSize(4)
        .containsOnly("{e[foo]=8, e[notfoo]=4, s[foo]=2, s[notfoo]=1}");
    assertThat(
            counted(
                Signal.TRACES,
                "{spans: {s: {attributes: [{key: span.required}, {key: span.optional}]}},"
                    + " spanevents: {e: {attributes: [{key: event.required}, {key:"
                    + " event.optional}]}}}"))
        .hasSize(4)
        .containsOnly("{e[foo, bar]=4, e[foo, notbar]=4, s[foo, bar]=1, s[foo, notbar]=1}");
    assertThat(
            counted(
                Signal.TRACES,
                "{spans: {s: {attributes: [{key: span.required}, {key: span.optional, default_value:"
                    + " other}]}}, spanevents: {}}"))
        .hasSize(4)
        .containsOnly("{s[foo, bar]=1, s[foo, notbar]=1, s[notfoo, other]=1}");
    assertThat(
            counted(
                Signal.TRACES,
                ("{spans: {s: {conditions: [%s], attributes: [{key: span.required}]}}, spanevents:"
                        + " {e: {conditions: [%s], attributes: [{key: event.required}]}}}")
                    .formatted(RESOURCE, RESOURCE)))
        .hasSize(2)
        .containsOnly("{e[foo]=8, e[notfoo]=4, s[foo]=2, s[notfoo]=1}");
  }

  @Test
  void countsMetricsAndTheirPoints() {
    assertThat(counted(Signal.METRICS, "{}"))
        .hasSize(4)
        .containsOnly("{metric.count=6, metric.datapoint.count=24}");
    assertThat(
            counted(
                Signal.METRICS,
                ("{metrics: {m: {conditions: [%s, 'type == METRIC_DATA_TYPE_HISTOGRAM']}},"
                        + " datapoints: {p: {conditions: [%s, 'attributes[\"datapoint.optional\"] !="
                        + " nil']}}}")
                    .formatted(RESOURCE, RESOURCE)))
        .containsExactly("{m=6, p=24}", "{m=6, p=24}", "{m=1, p=12}", "{m=1, p=12}");
    assertThat(
            counted(
                Signal.METRICS,
                "{metrics: {}, datapoints: {p: {attributes: [{key: datapoint.required}, {key:"
                    + " datapoint.optional, default_value: other}]}}}"))
        .hasSize(4)
        .containsOnly("{p[foo, bar]=6, p[foo, notbar]=6, p[notfoo, other]=6}");
    assertThat(
            counted(
                Signal.METRICS,
                "{metrics: {}, datapoints: {p: {attributes: [{key: datapoint.required}, {key:"
                    + " datapoint.int, default_value: 10}]}}}"))
        .as("numbers stay numbers")
        .hasSize(4)
        .containsOnly("{p[foo, 10]=12, p[notfoo, 10]=6}");
  }

  @Test
  void countsLogRecords() {
    assertThat(counted(Signal.LOGS, "{}")).hasSize(4).containsOnly("{log.record.count=4}");
    assertThat(
            counted(Signal.LOGS, "{logs: {all: {}, some: {conditions: [%s]}}}".formatted(RESOURCE)))
        .containsExactly("{all=4, some=4}", "{all=4, some=4}", "{all=4}", "{all=4}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "attributes: [{key: log.required}] | {m[foo]=2.1, m[notfoo]=2.0}"
            + " | {m[foo]=4.1, m[notfoo]=2.0} | {m[foo]=4.1, m[notfoo]=2.0}",
        "conditions: ['resource.attributes[\"resource.optional\"] != nil',"
            + " 'attributes[\"log.optional\"] != nil'] | {m=4.1} | {m=6.1} | {m=4.1}",
        // the Collector adds each value once for every attribute: 4.2, 0.0 and 4.0
        "attributes: [{key: log.required}, {key: log.optional, default_value: other}]"
            + " | {m[foo, bar]=2.1, m[foo, notbar]=0.0, m[notfoo, other]=2.0}"
            + " | {m[foo, bar]=2.1, m[foo, notbar]=2.0, m[notfoo, other]=2.0}"
            + " | {m[foo, bar]=2.1, m[foo, notbar]=2.0, m[notfoo, other]=2.0}",
        "source_attribute: nothing | {m=0.0} | {m=0.0} | {m=0.0}",
      })
  void sumsValues(String keys, String first, String second, String third) {
    Connector c =
        rig.connector(
            CountFactory.sum(InstantSource.system()),
            Signal.LOGS,
            Signal.METRICS,
            "logs: {m: {%s%s}}"
                .formatted(keys.startsWith("source") ? "" : "source_attribute: beep, ", keys),
            "metrics/x");
    rig.send(c, logs());
    assertThat(made()).containsExactly(first, second, third, third);
    assertThat(rig.balanced()).isTrue();
  }
}
