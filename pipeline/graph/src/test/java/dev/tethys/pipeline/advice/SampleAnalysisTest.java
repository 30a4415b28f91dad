package dev.tethys.pipeline.advice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.telemetry.Item;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.advice.Recommendation.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class SampleAnalysisTest {
  private static <T extends Item<T>> Telemetry<T> put(Telemetry<T> data, List<T> items) {
    ResourceGroup<T> g = new ResourceGroup<>();
    g.resource().attributes().put("service.name", "shop");
    ScopeGroup<T> s = new ScopeGroup<>();
    s.items().addAll(items);
    g.scopes().add(s);
    data.resources().add(g);
    return data;
  }

  private static Map<Signal, Double> all(double value) {
    return Map.of(Signal.LOGS, value, Signal.TRACES, value, Signal.METRICS, value);
  }

  @Test
  void recommendsAgainstHealthChecksWithTheConditionOfTheirPath() {
    List<Span> spans = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      Span s = new Span();
      s.attributes().put("url.path", i < 40 ? "/healthz" : "/cart/healthz");
      spans.add(s);
    }
    SampleAnalysis a = new SampleAnalysis();
    a.add(Signal.TRACES, put(new TracesData(), spans));
    Recommendation r = a.recommendations(all(200), all(50)).getFirst();
    assertThat(r.kind()).isEqualTo(Kind.HEALTH_CHECKS);
    assertThat(r.condition()).isEqualTo("span.attributes[\"url.path\"] == \"/healthz\"");
    assertThat(r.matched()).isEqualTo(40);
    assertThat(r.bytesPerSecond()).isEqualTo(0.4 * 200 * 50);
  }

  @Test
  void recommendsAgainstDebugAndDuplicateLogs() {
    List<LogRecord> logs = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      LogRecord l = new LogRecord();
      l.setSeverityNumber(i % 4 == 0 ? 5 : 9);
      l.setBody(i % 2 == 0 ? "retrying" : "order " + i);
      logs.add(l);
    }
    SampleAnalysis a = new SampleAnalysis();
    a.add(Signal.LOGS, put(new LogsData(), logs));
    List<Recommendation> out = a.recommendations(all(1), all(1));
    assertThat(out)
        .extracting(Recommendation::kind)
        .containsExactly(Kind.DUPLICATE_LOGS, Kind.DEBUG_LOGS);
    assertThat(out.getFirst().matched()).isEqualTo(99);
    assertThat(out.getFirst().examples()).containsExactly("retrying");
    assertThat(out.getFirst().condition()).isNull();
    assertThat(out.getLast().matched()).isEqualTo(50);
  }

  @Test
  void recommendsToAggregateALabelWithVeryManyValues() {
    SampleAnalysis a = new SampleAnalysis();
    Metric m = new Metric();
    m.setName("requests");
    MetricData.Sum sum = new MetricData.Sum();
    for (int i = 0; i < 1_000; i++) {
      NumberDataPoint p = new NumberDataPoint();
      p.attributes().put("user", "u" + i);
      p.attributes().put("code", i % 5 + "00");
      sum.points().add(p);
    }
    m.setData(sum);
    a.add(Signal.METRICS, put(new MetricsData(), List.of(m)));
    Recommendation r = a.recommendations(all(1), all(1)).getFirst();
    assertThat(r.kind()).isEqualTo(Kind.HIGH_CARDINALITY);
    assertThat(r.config())
        .contains("include: \"requests\"")
        .contains("label_set: [\"code\"]")
        .contains("aggregation_type: sum");
    assertThat(r.examples()).hasSize(5).contains("u0");
  }

  @Test
  void recommendsNothingFromLittle() {
    SampleAnalysis a = new SampleAnalysis();
    LogRecord l = new LogRecord();
    l.setSeverityNumber(5);
    l.setBody("x");
    a.add(Signal.LOGS, put(new LogsData(), List.of(l, l.copy())));
    assertThat(a.recommendations(all(1), all(1))).isEmpty();
  }
}
