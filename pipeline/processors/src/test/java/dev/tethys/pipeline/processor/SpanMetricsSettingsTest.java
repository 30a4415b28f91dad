package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Configurations of the Collector, and errors in them. */
class SpanMetricsSettingsTest extends SpanMetricsCase {
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
  void acceptsConfigurationsOfTheCollector(String yaml) throws IOException {
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
        "{aggregation_temporality: delta, metric_timestamp_cache_size: 0} | at least 1",
        "aggregation_temporality: sideways | unknown temporality",
        "aggregation_cardinality_limit: -1 | at least 0",
        "resource_metrics_cache_size: 0 | at least 1",
        "exemplars: {enabled: true, max_per_data_point: -1} | at least 0",
        "dimensions: [{name: service.name}] | duplicate dimension name service.name",
        "calls_dimensions: [{name: a}, {name: a}] | duplicate dimension name a",
        "events: {enabled: true} | at least one",
        "dimensions: [{name: a, glob: b}] | a name or a glob",
        "dimensions: [{default: b}] | a name or a glob",
        "dimensions: [{glob: 'span.*'}] | a dimension already",
        "dimensions: [{glob: 'a[b'}] | has a bracket that is not closed",
        "dimensions: [{glob: 'a{b'}] | has a brace that is not closed",
        "dimensions: [{glob: 'a', default: b}] | cannot have a default",
        "histogram: {explicit: {buckets: [2ms, 1ms]}} | must be in ascending order",
        "surprise: 1 | surprise",
      })
  void reportsInvalidSettings(String line) {
    String yaml = line.substring(0, line.lastIndexOf(" | "));
    assertThatThrownBy(() -> connector(yaml))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(line.substring(line.lastIndexOf(" | ") + 3));
  }
}
