package dev.tethys.pipeline.ottl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.pipeline.ottl.syntax.OttlParser;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class OttlTest {
  private final Ottl ottl = new Ottl(OttlFunctions.standard(InstantSource.system()));

  private OttlContext inferred(List<OttlContext> contexts, String... statements) {
    return ottl.statements(contexts, null, List.of(), List.of(statements), ErrorMode.IGNORE)
        .context();
  }

  @Test
  void infersTheOutermostContextThatReachesAll() {
    assertThat(inferred(OttlContext.LOGS, "set(log.body, 1)")).isEqualTo(OttlContext.LOG);
    assertThat(inferred(OttlContext.LOGS, "set(resource.attributes[\"a\"], 1)"))
        .isEqualTo(OttlContext.RESOURCE);
    assertThat(inferred(OttlContext.LOGS, "set(scope.name, resource.schema_url)"))
        .isEqualTo(OttlContext.SCOPE);
    assertThat(
            inferred(
                OttlContext.METRICS,
                "set(metric.name, \"a\")",
                "set(datapoint.attributes[\"a\"], metric.name)"))
        .isEqualTo(OttlContext.DATA_POINT);
    assertThat(inferred(OttlContext.TRACES, "set(span.name, \"a\") where spanevent.name == \"b\""))
        .isEqualTo(OttlContext.SPAN_EVENT);
    assertThat(
            inferred(OttlContext.METRICS, "set(resource.attributes[\"t\"], METRIC_DATA_TYPE_SUM)"))
        .as("symbols are known from metrics on")
        .isEqualTo(OttlContext.METRIC);
    assertThat(inferred(OttlContext.TRACES, "set(resource.attributes[\"r\"], IsRootSpan())"))
        .isEqualTo(OttlContext.SPAN);
    assertThat(
            ottl.conditions(
                    OttlContext.LOGS,
                    null,
                    List.of("Any(log.attributes, (k, v) => k == \"a\")"),
                    ErrorMode.IGNORE)
                .context())
        .isEqualTo(OttlContext.LOG);
  }

  @Test
  void rejectsPathsWithoutACommonContext() {
    assertThatThrownBy(() -> inferred(OttlContext.LOGS, "set(body, 1)"))
        .hasMessageContaining("begin paths with the name of a context (log, scope, resource)");
    assertThatThrownBy(
            () ->
                inferred(
                    OttlContext.TRACES, "set(spanevent.name, \"a\")", "set(spanlink.flags, 1)"))
        .hasMessageContaining("split it into several groups");
    assertThatThrownBy(() -> inferred(OttlContext.LOGS, "set(log.body, attributes[\"a\"])"))
        .hasMessageContaining("write log.attributes[\"a\"]");
    assertThatThrownBy(
            () ->
                ottl.statements(
                    OttlContext.LOGS,
                    OttlContext.SPAN,
                    List.of(),
                    List.of("set(name, \"a\")"),
                    ErrorMode.IGNORE))
        .hasMessageContaining("there is no context span here");
  }

  @Test
  void conditionsApplyToTheWholeGroup() {
    Statements s =
        ottl.statements(
            OttlContext.LOGS,
            OttlContext.LOG,
            List.of("severity_number > 20", "attributes[\"int\"] == 42"),
            List.of("set(attributes[\"a\"], 1)", "set(attributes[\"b\"], 2) where false"),
            ErrorMode.PROPAGATE);
    Cursor at = Samples.at(OttlContext.LOG);
    s.run(at);
    assertThat(at.log().attributes().get("a")).isEqualTo(1L);
    assertThat(at.log().attributes().contains("b")).isFalse();
    assertThat(s.statements().getFirst().matched()).isEqualTo(1);
    assertThat(s.statements().get(1).matched()).isZero();
    at.log().attributes().put("int", 0L);
    s.run(at);
    assertThat(s.statements().getFirst().matched()).isEqualTo(1);
  }

  @Test
  void countsAndHandlesErrorsByMode() {
    for (ErrorMode mode : ErrorMode.values()) {
      Statements s =
          ottl.statements(
              OttlContext.LOGS,
              OttlContext.LOG,
              List.of(),
              List.of("set(attributes[\"str\"][\"x\"], 1)", "set(attributes[\"b\"], 2)"),
              mode);
      Cursor at = Samples.at(OttlContext.LOG);
      if (mode == ErrorMode.PROPAGATE) {
        assertThatThrownBy(() -> s.run(at))
            .isInstanceOf(EvaluationException.class)
            .hasMessage(
                "set(attributes[\"str\"][\"x\"], 1): a value of type string cannot be indexed");
      } else {
        s.run(at);
        assertThat(at.log().attributes().get("b")).isEqualTo(2L);
      }
      assertThat(s.statements().getFirst().errors()).isEqualTo(1);
    }
  }

  @Test
  void reportsLinesAndColumns() {
    assertThatThrownBy(() -> OttlParser.statement("set(attributes[\"a\"],\n  Concat([1 2], \"\"))"))
        .isInstanceOf(OttlException.class)
        .hasMessageContaining("OTTL 2:13 (at \"2], \"\"))\")");
  }

  @Test
  void boundsNestingAndLength() {
    assertThatThrownBy(() -> OttlParser.value("[".repeat(5000)))
        .hasMessageContaining("nested more than " + OttlParser.MAX_DEPTH);
    assertThatThrownBy(() -> OttlParser.condition("(".repeat(5000)))
        .hasMessageContaining("nested more than");
    assertThatThrownBy(() -> OttlParser.value("1" + " + 1".repeat(1000)))
        .hasMessageContaining("more than " + OttlParser.MAX_OPERATORS + " operators");
    assertThatThrownBy(() -> OttlParser.value("\"" + "a".repeat(OttlParser.MAX_LENGTH) + "\""))
        .hasMessageContaining("at most " + OttlParser.MAX_LENGTH);
  }

  @Test
  void cacheLastsUntilCleared() {
    Cursor at = Samples.at(OttlContext.LOG);
    Statements s =
        ottl.statements(
            OttlContext.LOGS,
            null,
            List.of(),
            List.of("set(log.cache[\"a\"], 1)", "set(log.attributes[\"c\"], log.cache[\"a\"])"),
            ErrorMode.PROPAGATE);
    s.run(at);
    assertThat(at.log().attributes().get("c")).isEqualTo(1L);
    assertThat(at.cache().get("a")).isEqualTo(1L);
    at.beginItem();
    assertThat(at.cache().isEmpty()).isTrue();
  }

  @Test
  void readsClientMetadata() {
    Attributes auth = new Attributes();
    auth.put("tenant", "t1");
    Cursor at =
        Samples.at(OttlContext.LOG)
            .from(new ClientInfo(Map.of("x-a", List.of("1", "2")), "10.0.0.9:5", auth));
    assertThat(ottl.value(OttlContext.LOG, "otelcol.client.metadata[\"X-A\"][1]").get(at))
        .isEqualTo("2");
    assertThat(ottl.value(OttlContext.LOG, "otelcol.client.addr").get(at)).isEqualTo("10.0.0.9:5");
    assertThat(ottl.value(OttlContext.LOG, "otelcol.client.auth.attributes[\"tenant\"]").get(at))
        .isEqualTo("t1");
  }

  @Test
  void readsFieldsOfHistogramPoints() {
    MetricData.Histogram h =
        (MetricData.Histogram) Objects.requireNonNull(Samples.histogram().data());
    HistogramDataPoint p = h.points().getFirst();
    Cursor at = Samples.at(OttlContext.DATA_POINT).atPoint(p);
    assertThat(ottl.value(OttlContext.DATA_POINT, "count + Len(bucket_counts)").get(at))
        .isEqualTo(9L);
    assertThat(ottl.value(OttlContext.DATA_POINT, "sum / max + explicit_bounds[0]").get(at))
        .isEqualTo(12.5 / 8 + 1);
    ottl.statements(
            OttlContext.METRICS,
            OttlContext.DATA_POINT,
            List.of(),
            List.of(
                "set(count, 9)",
                "set(sum, 1.5)",
                "set(bucket_counts, [4, 5])",
                "set(explicit_bounds, [2])",
                "set(min, 0.25)"),
            ErrorMode.PROPAGATE)
        .run(at);
    assertThat(p.count()).isEqualTo(9);
    assertThat(p.sum()).isEqualTo(1.5);
    assertThat(p.bucketCounts()).containsExactly(4, 5);
    assertThat(p.explicitBounds()).containsExactly(2);
    assertThat(p.min()).isEqualTo(0.25);
  }

  @Test
  void rejectsLongOutput() {
    assertThatThrownBy(
            () ->
                ottl.value(OttlContext.LOG, "Format(\"%99999d\", [attributes[\"int\"]])")
                    .get(Samples.at(OttlContext.LOG)))
        .isInstanceOf(EvaluationException.class)
        .hasMessageContaining("at most 10000");
  }
}
