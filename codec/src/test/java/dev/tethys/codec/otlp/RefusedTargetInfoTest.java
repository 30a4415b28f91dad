package dev.tethys.codec.otlp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.otlp.wire.OtlpJson;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RefusedTargetInfoTest {
  private static final String REQUEST =
      """
      {"resourceMetrics": [{
        "resource": {"attributes": [
          {"key": "service.name", "value": {"stringValue": "s"}},
          {"key": "host.name", "value": {"stringValue": "h"}}]},
        "scopeMetrics": [{"metrics": [
          {"name": "g", "gauge": {"dataPoints": [{"asInt": 7, "timeUnixNano": 5000000}]}},
          {"name": "bad", "gauge": {"dataPoints": [{"asInt": 7, "timeUnixNano": 5000000}]}}]}]}]}
      """;

  private final List<String> taken = new ArrayList<>();

  /** Store that has a later sample of target_info from another request of the resource. */
  private final OtlpSink sink =
      new OtlpSink() {
        @Override
        public @Nullable String sample(
            Labels labels, long start, long time, double value, List<Exemplar> exemplars) {
          if (labels.metricName().equals("g")) {
            taken.add(labels.metricName());
            return null;
          }
          return "out of order sample for series " + labels.metricName();
        }

        @Override
        public @Nullable String histogram(
            Labels labels, long start, long time, Histogram h, List<Exemplar> exemplars) {
          return null;
        }

        @Override
        public void metadata(String family, MetricMetadata metadata) {}
      };

  @Test
  void reportsOnlyRejectedPointsOfTheSender() {
    byte[] json = REQUEST.getBytes(StandardCharsets.UTF_8);
    byte[] b = OtlpJson.toProtobuf(OtlpSignal.METRICS, json, 0, json.length).toByteArray();
    OtlpResult r = new OtlpMetricsReader(OtlpOptions.DEFAULT).read(b, 0, b.length, sink);
    assertThat(taken).containsExactly("g");
    assertThat(r.rejected()).isEqualTo(1);
    assertThat(r.errorMessage()).isEqualTo("out of order sample for series bad");
  }
}
