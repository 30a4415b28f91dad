package dev.tethys.pipeline.exporter.rows;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.remote.SeriesEvent;
import dev.tethys.config.Section;
import dev.tethys.config.YamlDocument;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.InstrumentationScope;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.Gauge;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.MetricsData;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import io.opentelemetry.proto.metrics.v1.ScopeMetrics;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Equal metrics of two libraries are separate series in a database unless configured otherwise. */
class ScopesAsLabelsTest {
  private static ScopeMetrics scope(String name, double value) {
    return ScopeMetrics.newBuilder()
        .setSchemaUrl("https://schema")
        .setScope(
            InstrumentationScope.newBuilder()
                .setName(name)
                .setVersion("1.2")
                .addAttributes(
                    KeyValue.newBuilder()
                        .setKey("a.b")
                        .setValue(AnyValue.newBuilder().setStringValue("c"))))
        .addMetrics(
            Metric.newBuilder()
                .setName("temperature")
                .setGauge(
                    Gauge.newBuilder()
                        .addDataPoints(
                            NumberDataPoint.newBuilder()
                                .setTimeUnixNano(1_700_000_000_000_000_000L)
                                .setAsDouble(value))))
        .build();
  }

  private static List<String> rows(String yaml) {
    Section s = new Section("rows", "");
    RowSettings.Keys keys =
        new RowSettings.Keys(s, HistogramRule.CLASSIC, EnumSet.allOf(HistogramRule.class), 10, 10);
    RowSettings settings = s.type(keys::read).read(YamlDocument.parse("a.yml", null, yaml).root());
    byte[] body =
        MetricsData.newBuilder()
            .addResourceMetrics(
                ResourceMetrics.newBuilder()
                    .addScopeMetrics(scope("one", 1))
                    .addScopeMetrics(scope("other", 2)))
            .build()
            .toByteArray();
    MetricRows rows = new MetricRows(settings.otlp());
    rows.open(new Batch(Signal.METRICS, Encoding.OTLP, body, 2, 0));
    List<String> out = new ArrayList<>();
    while (rows.nextSeries()) {
      for (SeriesEvent e = rows.next(); e != SeriesEvent.END; e = rows.next()) {
        out.add(rows.labels().toSeriesString() + " " + rows.value());
      }
    }
    return out;
  }

  @Test
  void keepsPointsOfTwoScopesAsTwoSeries() {
    String of =
        "temperature{otel_scope_a_b=\"c\", otel_scope_name=\"%s\", "
            + "otel_scope_schema_url=\"https://schema\", otel_scope_version=\"1.2\"} %s";
    assertThat(rows("{}"))
        .containsExactly(of.formatted("one", "1.0"), of.formatted("other", "2.0"));
    assertThat(rows("{scope_as_labels: false}"))
        .containsExactly("temperature 1.0", "temperature 2.0");
  }
}
