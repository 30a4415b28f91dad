package dev.tethys.pipeline.exporter.elastic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.YamlDocument;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Keys of the Collector's exporter, as its config.go and README have them. */
class VendorKeysTest {
  private static ElasticSettings settings(String yaml) {
    YamlDocument d = YamlDocument.parse("c.yaml", null, yaml);
    ElasticSettings s = new ElasticSettings.Keys("elasticsearch", false).type.read(d.root());
    d.refuseNotBuilt();
    return s;
  }

  @Test
  void writesToSeveralServersInTurn() {
    ElasticSettings s =
        settings("endpoints: ['https://a.example.com:9200', 'http://localhost:9200/x/']");
    assertThat(List.of(s.at(0, "/_bulk"), s.at(1, "/_bulk"), s.at(0, "/_bulk")))
        .containsExactly(
            URI.create("https://a.example.com:9200/_bulk"),
            URI.create("http://localhost:9200/x/_bulk"),
            URI.create("https://a.example.com:9200/_bulk"));
  }

  @Test
  void resolvesCloudIds() {
    assertThat(settings("cloudid: 'foo:YmFyLmNsb3VkLmVzLmlvJGFiYzEyMyRkZWY0NTY='").bases())
        .containsExactly(URI.create("https://abc123.bar.cloud.es.io"));
  }

  @Test
  void requiresExactlyOneServerKey() {
    for (String wrong :
        List.of(
            "user: x",
            "{endpoint: 'http://a:1', endpoints: ['http://b:1']}",
            "{endpoint: 'http://a:1', cloudid: 'foo:YmFyLmNsb3VkLmVzLmlvJGFiYzEyMyRkZWY0NTY='}")) {
      assertThatThrownBy(() -> settings(wrong)).as(wrong).hasMessageContaining("exactly one of");
    }
    assertThatThrownBy(() -> settings("cloudid: invalid")).hasMessageContaining("name:BASE64");
    assertThatThrownBy(() -> settings("endpoints: ['localhost:9200']"))
        .hasMessageContaining("is not a server URL");
  }

  @Test
  void appliesRetryAndFlushSettings() {
    ElasticSettings s =
        settings(
            "{endpoint: 'http://a:1', num_workers: 3, flush: {bytes: 1000, interval: 1s},"
                + " retry: {max_retries: 4, initial_interval: 1s, max_interval: 2m}}");
    assertThat(s.rows().maxBytes()).isEqualTo(1000);
    assertThat(s.delivery().options().concurrency()).isEqualTo(3);
    assertThat(s.delivery().options().retry().maxAttempts()).isEqualTo(5);
    assertThat(s.delivery().options().retry().first()).isEqualTo(Duration.ofSeconds(1));
    assertThat(s.delivery().options().retry().longest()).isEqualTo(Duration.ofMinutes(2));
    assertThat(
            settings("{endpoint: 'http://a:1', retry: {max_requests: 5}}")
                .delivery()
                .options()
                .retry()
                .maxAttempts())
        .isEqualTo(5);
    assertThat(
            settings("{endpoint: 'http://a:1', retry: {enabled: false}}")
                .delivery()
                .options()
                .retry()
                .enabled())
        .isFalse();
  }

  @Test
  void readsEveryModeOfTheCollector() {
    assertThat(settings("endpoint: 'http://a:1'").collector()).isNull();
    assertThat(settings("endpoint: 'http://a:1'").isUnsaid()).isTrue();
    assertThat(settings("{endpoint: 'http://a:1', mapping: {mode: tethys}}").isUnsaid()).isFalse();
    assertThat(settings("{endpoint: 'http://a:1', mapping: {}}").isUnsaid()).isTrue();
    for (String word : List.of("otel", "none", "NO", "raw", "ecs", "bodymap")) {
      CollectorMode m =
          settings("{endpoint: 'http://a:1', metrics_index: m, mapping: {mode: " + word + "}}")
              .collector();
      if (m == null) {
        throw new AssertionError(word);
      }
      assertThat(m.mapping()).isEqualTo(Mapping.named(word));
      assertThat(m.metricsIndex()).isNotNull();
      assertThat(m.logsIndex()).isNull();
    }
  }

  @Test
  void rejectsConflictingAndUnsupportedSettings() {
    assertThatThrownBy(
            () -> settings("{endpoint: 'http://a:1', retry: {max_requests: 1, max_retries: 1}}"))
        .hasMessageContaining("must not specify both");
    for (String key : List.of("logs_dynamic_id", "traces_dynamic_id", "logs_dynamic_pipeline")) {
      assertThatThrownBy(() -> settings("{endpoint: 'http://a:1', " + key + ": {enabled: true}}"))
          .hasMessageContaining(key + " is of the Collector's documents");
    }
    assertThatThrownBy(() -> settings("{endpoint: 'http://a:1', logstash_format: {enabled: true}}"))
        .hasMessageContaining("logstash_format is of the Collector's documents");
    assertThatThrownBy(
            () ->
                settings(
                    "{endpoint: 'http://a:1', mapping: {mode: otel},"
                        + " logstash_format: {enabled: true, date_format: '%c'}}"))
        .hasMessageContaining("% must be followed by one of");
    assertThatThrownBy(
            () -> settings("{endpoint: 'http://a:1', mapping: {mode: ecs, allowed_modes: [otel]}}"))
        .hasMessageContaining("invalid or disallowed default mapping mode \"ecs\"");
    for (String mode : List.of("", "mode: tethys, ")) {
      assertThatThrownBy(
              () ->
                  settings(
                      "{endpoint: 'http://a:1', mapping: {" + mode + "allowed_modes: [otel]}}"))
          .hasMessageContaining("allowed_modes is of the Collector's documents");
    }
    assertThatThrownBy(() -> settings("{endpoint: 'http://a:1', mapping: {mode: jaeger}}"))
        .hasMessageContaining("unknown mapping mode");
    assertThatThrownBy(
            () -> settings("{endpoint: 'http://a:1', mapping: {mode: OTel}, retention: 1d}"))
        .hasMessageContaining("retention applies to Tethys's own documents");
    assertThatThrownBy(
            () -> settings("{endpoint: 'http://a:1', logs_dynamic_index: {enabled: true}}"))
        .hasMessageContaining("mapping: {mode: otel}");
    assertThatThrownBy(
            () ->
                settings(
                    "{endpoint: 'http://a:1', mapping: {mode: otel}, logs_index: x,"
                        + " logs_dynamic_index: {enabled: true}}"))
        .hasMessageContaining("must not specify both logs_index and logs_dynamic_index");
  }

  @Test
  void addsConfiguredFilterPathsToBulkRequests() {
    assertThat(settings("endpoint: 'http://a:1'").bulk().path(""))
        .isEqualTo(
            "/_bulk?filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason");
    assertThat(
            settings(
                    "{endpoint: 'http://a:1', include_source_on_error: false,"
                        + " suppress_conflict_errors: true,"
                        + " bulk_response_filter_path: 'items.*.failure_store,took'}")
                .bulk()
                .path("a b"))
        .endsWith(
            "items.*.error.reason,items.*.failure_store,took"
                + "&include_source_on_error=false&pipeline=a+b");
    assertThatThrownBy(() -> settings("{endpoint: 'http://a:1', bulk_response_filter_path: 'a&b'}"))
        .hasMessageContaining("bulk_response_filter_path");
  }

  @Test
  void supportsSeparateRetryStatusesOfDocuments() {
    ElasticSettings s =
        settings(
            "{endpoint: 'http://a:1', retry: {retry_on_status: [429, 500],"
                + " retry_on_document_status: [429]}}");
    assertThat(s.again()).containsExactlyInAnyOrder(429, 500);
    assertThat(s.againDocuments()).containsExactly(429);
    s = settings("{endpoint: 'http://a:1', retry: {retry_on_status: [503]}}");
    assertThat(s.againDocuments()).containsExactly(503);
  }

  @Test
  void joinsOnlyBatchesWithEqualMetadata() {
    ElasticSettings s =
        settings(
            "{endpoint: 'http://a:1', metadata_keys: [X-Tenant],"
                + " sending_queue: {batch: {partition: {metadata_keys: [zone]}}}}");
    assertThat(java.util.Objects.requireNonNull(s.delivery().batch()).metadataKeys())
        .containsExactlyInAnyOrder("x-tenant", "zone");
    assertThat(settings("{endpoint: 'http://a:1', metadata_keys: [a]}").delivery().batch())
        .as("nothing is joined")
        .isNull();
    assertThatThrownBy(() -> settings("{endpoint: 'http://a:1', metadata_keys: [a, A]}"))
        .hasMessageContaining("twice");
  }
}
