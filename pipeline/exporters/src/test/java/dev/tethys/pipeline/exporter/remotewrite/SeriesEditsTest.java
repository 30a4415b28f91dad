package dev.tethys.pipeline.exporter.remotewrite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.otlp.TranslationStrategy;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.codec.remote.SeriesEvent;
import dev.tethys.codec.remote.WriteRequestReader;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.OutboxOptions;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.InstrumentationScope;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.AggregationTemporality;
import io.opentelemetry.proto.metrics.v1.Gauge;
import io.opentelemetry.proto.metrics.v1.Histogram;
import io.opentelemetry.proto.metrics.v1.HistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import io.opentelemetry.proto.metrics.v1.ScopeMetrics;
import io.opentelemetry.proto.resource.v1.Resource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SeriesEditsTest {
  private static GraphSettings settings(String more) {
    YamlDocument d =
        YamlDocument.parse(
            "test.yaml", null, "{endpoint: 'http://localhost/api/v1/write'" + more + "}");
    GraphSettings s = GraphSettings.TYPE.read(d.root());
    d.refuseNotBuilt();
    return s;
  }

  private static List<String> series(byte[] b, int n) {
    List<String> out = new ArrayList<>();
    WriteRequestReader r = new WriteRequestReader().reset(b, 0, n);
    while (r.nextSeries()) {
      Labels l =
          WriteRequestReader.LABELS.decode(r.labelBuffer(), r.labelOffset(), r.labelLength());
      StringBuilder sb = new StringBuilder(l.toString());
      for (SeriesEvent e = r.next(); e != SeriesEvent.END; e = r.next()) {
        sb.append(' ').append(r.value()).append('@').append(r.timestamp());
      }
      out.add(sb.toString());
    }
    while (r.nextMetadata()) {
      out.add(r.metricFamily() + " is " + r.metadata().type().text());
    }
    return out;
  }

  private static List<String> edited(String more, byte[] request) {
    byte[] b = settings(more).edits().apply(request, request.length, true);
    return series(b, b.length);
  }

  private static byte[] request() {
    return new WriteRequestWriter()
        .beginSeries(Labels.of("__name__", "up", "dc", "own", "job", "a"))
        .sample(1, 2)
        .endSeries()
        .beginSeries(Labels.of("__name__", "target_info"))
        .sample(1, 1)
        .endSeries()
        .metadata("up", new MetricMetadata(MetricType.GAUGE, "help", ""))
        .toByteArray();
  }

  @Test
  void changesNothingByDefault() {
    byte[] b = request();
    assertThat(settings("").edits().apply(b, b.length, true)).isSameAs(b);
  }

  @Test
  void addsMissingExternalLabels() {
    assertThat(edited(", external_labels: {dc: far, zone: z}", request()))
        .containsExactly(
            "{__name__=\"up\", dc=\"own\", job=\"a\", zone=\"z\"} 2.0@1",
            "{__name__=\"target_info\", dc=\"far\", zone=\"z\"} 1.0@1",
            "up is gauge");
    // Labels in another order than they are written here.
    ProtoWriter w = new ProtoWriter();
    int series = w.begin(1);
    for (String[] l : new String[][] {{"z", "1"}, {"__name__", "up"}}) {
      int label = w.begin(1);
      w.stringUnlessEmpty(1, l[0]);
      w.stringUnlessEmpty(2, l[1]);
      w.end(label);
    }
    int sample = w.begin(2);
    w.int64Unless0(2, 9);
    w.end(sample);
    w.end(series);
    byte[] b = w.toByteArray();
    assertThat(edited(", external_labels: {dc: far}", b))
        .containsExactly("{__name__=\"up\", dc=\"far\", z=\"1\"} 0.0@9");
  }

  @Test
  void prependsTheNamespace() {
    assertThat(edited(", namespace: shop", request()))
        .containsExactly(
            "{__name__=\"shop_up\", dc=\"own\", job=\"a\"} 2.0@1",
            "{__name__=\"shop_target_info\"} 1.0@1",
            "shop_up is gauge");
    assertThatThrownBy(() -> settings(", namespace: '1 x'"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("is not a valid prefix of a name");
    assertThatThrownBy(() -> settings(", external_labels: {__name__: x}"))
        .hasMessageContaining("is not a valid label name");
  }

  @Test
  void omitsTargetInfoIfConfigured() {
    byte[] body =
        ExportMetricsServiceRequest.newBuilder()
            .addResourceMetrics(
                ResourceMetrics.newBuilder()
                    .setResource(
                        Resource.newBuilder()
                            .addAttributes(attribute("service.name", "shop"))
                            .addAttributes(attribute("host.name", "h")))
                    .addScopeMetrics(
                        ScopeMetrics.newBuilder()
                            .addMetrics(
                                Metric.newBuilder()
                                    .setName("temperature")
                                    .setGauge(
                                        Gauge.newBuilder()
                                            .addDataPoints(
                                                NumberDataPoint.newBuilder()
                                                    .setTimeUnixNano(1_700_000_000_000_000_000L)
                                                    .setAsDouble(3))))))
            .build()
            .toByteArray();
    Batch batch =
        new Batch(
            Signal.METRICS,
            Encoding.OTLP,
            body,
            1,
            7,
            new Metadata(Map.of("x-tenant", List.of("a"))));
    ClientAuth auth =
        new ClientAuth() {
          @Override
          public Map<String, String> headers() {
            return Map.of();
          }

          @Override
          public Map<String, String> headers(Metadata metadata) {
            return Map.of("X-Scope-OrgID", metadata.get("x-tenant").getFirst());
          }
        };
    for (boolean with : new boolean[] {true, false}) {
      List<EncodedRequest> p =
          RemoteWriteExporterFactory.encode(
                  settings(", target_info: {enabled: " + with + "}"), auth, batch)
              .requests();
      assertThat(p).hasSize(1);
      assertThat(p.getFirst().items()).isEqualTo(with ? 2 : 1);
      assertThat(p.getFirst().headers()).containsEntry("X-Scope-OrgID", "a");
      assertThat(
              ProtocolDowngrade.of(p.getFirst(), RemoteWriteMessage.V2, Long.MIN_VALUE, 10)
                  .getFirst()
                  .headers())
          .as("kept when it is written anew")
          .containsEntry("X-Scope-OrgID", "a");
    }
  }

  private static List<String> ofOtlp(String more) {
    Metric.Builder histogram =
        Metric.newBuilder()
            .setName("http.duration")
            .setUnit("s")
            .setHistogram(
                Histogram.newBuilder()
                    .setAggregationTemporality(
                        AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE)
                    .addDataPoints(
                        HistogramDataPoint.newBuilder()
                            .setTimeUnixNano(1_000_000_000L)
                            .setCount(3)
                            .setSum(4)
                            .addExplicitBounds(1)
                            .addBucketCounts(2)
                            .addBucketCounts(1)));
    byte[] body =
        ExportMetricsServiceRequest.newBuilder()
            .addResourceMetrics(
                ResourceMetrics.newBuilder()
                    .setResource(
                        Resource.newBuilder()
                            .addAttributes(attribute("service.name", "shop"))
                            .addAttributes(attribute("host.name", "h")))
                    .addScopeMetrics(
                        ScopeMetrics.newBuilder()
                            .setScope(
                                InstrumentationScope.newBuilder()
                                    .setName("io.http")
                                    .setVersion("2")
                                    .addAttributes(attribute("short.name", "web")))
                            .addMetrics(histogram)))
            .build()
            .toByteArray();
    Batch batch = new Batch(Signal.METRICS, Encoding.OTLP, body, 1, 7);
    return RemoteWriteExporterFactory.encode(
            settings(", target_info: {enabled: false}" + more), null, batch)
        .requests()
        .stream()
        .flatMap(p -> text(p).stream())
        .filter(s -> !s.contains("_bucket\"") && !s.contains(" is "))
        .toList();
  }

  @Test
  void appliesNameAndScopeSettingsOfOtlp() {
    String scope =
        ", otel_scope_name=\"io.http\", otel_scope_short_name=\"web\", otel_scope_version=\"2\"";
    assertThat(ofOtlp(""))
        .containsExactlyInAnyOrder(
            "{__name__=\"http_duration_seconds_sum\", job=\"shop\"" + scope + "} 4.0@1000",
            "{__name__=\"http_duration_seconds_count\", job=\"shop\"" + scope + "} 3.0@1000");
    String plain = ", disable_scope_info: true";
    assertThat(ofOtlp(plain + ", translation_strategy: UnderscoreEscapingWithoutSuffixes"))
        .contains("{__name__=\"http_duration_sum\", job=\"shop\"} 4.0@1000");
    assertThat(ofOtlp(plain + ", resource_to_telemetry_conversion: {enabled: true}"))
        .contains(
            "{__name__=\"http_duration_seconds_sum\", host_name=\"h\", job=\"shop\","
                + " service_name=\"shop\"} 4.0@1000");
    assertThat(
            ofOtlp(
                plain
                    + ", resource_to_telemetry_conversion: {enabled: true,"
                    + " exclude_service_attributes: true}"))
        .contains(
            "{__name__=\"http_duration_seconds_sum\", host_name=\"h\", job=\"shop\"} 4.0@1000");
    assertThat(ofOtlp(plain + ", convert_explicit_histograms_to_nhcb: true"))
        .hasSize(1)
        .allMatch(s -> s.startsWith("{__name__=\"http_duration_seconds\", job=\"shop\"}"));
    assertThat(
            ofOtlp(
                plain
                    + ", convert_explicit_histograms_to_nhcb: true, keep_classic_histograms: true"))
        .extracting(s -> s.substring(0, s.indexOf(',')))
        .containsExactlyInAnyOrder(
            "{__name__=\"http_duration_seconds\"",
            "{__name__=\"http_duration_seconds_sum\"",
            "{__name__=\"http_duration_seconds_count\"");
    assertThat(ofOtlp(plain + ", keep_classic_histograms: true"))
        .as("without a conversion it changes nothing")
        .hasSize(2);
    assertThatThrownBy(() -> settings(", translation_strategy: NoTranslation"))
        .hasMessageContaining("NoTranslation requires remote write 2.0");
    assertThat(
            settings(
                    ", translation_strategy: NoTranslation,"
                        + " protobuf_message: io.prometheus.write.v2.Request")
                .otlp()
                .translationStrategy())
        .isEqualTo(TranslationStrategy.NO_TRANSLATION);
    assertThatThrownBy(() -> settings(", export_created_metric: {enabled: true}"))
        .hasMessageContaining("export_created_metric");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{included: ['*']}; host_name=h service_name=shop",
        "{included: [host.name]}; host_name=h",
        "{included: ['*.n?me'], excluded: ['serv*']}; host_name=h",
        "{included: ['h*t*e', 'service.name?']}; host_name=h",
        "{included: ['*'], excluded: ['*.name']}; ''",
        "{excluded: ['x']}; ''"
      })
  void promotesSomeResourceAttributes(String names, String labels) {
    String found =
        ofOtlp(", disable_scope_info: true, resource_constant_labels: " + names).getFirst();
    assertThat(
            Stream.of("host_name", "service_name")
                .filter(n -> found.contains(n + "="))
                .map(n -> n + "=" + found.split(n + "=\"")[1].split("\"")[0])
                .collect(Collectors.joining(" ")))
        .isEqualTo(labels);
  }

  @Test
  void rejectsTwoWaysToPromoteAttributes() {
    assertThatThrownBy(
            () ->
                settings(
                    ", resource_to_telemetry_conversion: {enabled: true},"
                        + " resource_constant_labels: {included: [a]}"))
        .hasMessageContaining("set only one");
  }

  @Test
  void sendsMetadataOfBatchesAsHeaders() {
    GraphSettings s = settings(", include_metadata_keys: [X-Tenant, x-none]");
    Batch b =
        new Batch(
            Signal.METRICS,
            Encoding.REMOTE_WRITE,
            many(1),
            1,
            1,
            new Metadata(Map.of("x-tenant", List.of("a", "b"), "x-other", List.of("c"))));
    assertThat(RemoteWriteExporterFactory.encode(s, null, b).requests())
        .isNotEmpty()
        .allSatisfy(
            p ->
                assertThat(RequestContents.more(p))
                    .containsExactlyEntriesOf(Map.of("X-Tenant", "a,b")));
    assertThatThrownBy(() -> settings(", include_metadata_keys: [Content-type]"))
        .hasMessageContaining("header of remote write itself");
  }

  @Test
  void acceptsASeparateClientBlock() {
    YamlDocument d =
        YamlDocument.parse(
            "test.yaml", null, "{http: {endpoint: 'http://there/w', headers: {x-a: b}}}");
    GraphSettings s = GraphSettings.TYPE.read(d.root());
    assertThat(s.config().url()).hasToString("http://there/w");
    assertThat(s.config().headers()).containsEntry("x-a", "b");
    assertThatThrownBy(() -> settings(", http: {endpoint: 'http://there/w'}"))
        .hasMessageContaining("http and endpoint configure two clients: set only one");
  }

  private static List<EncodedRequest> sent(String more, long lane, byte[] request) {
    Batch b = new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, request, 1, lane);
    return RemoteWriteExporterFactory.encode(settings(more), null, b).requests();
  }

  private static byte[] many(int series) {
    WriteRequestWriter w = new WriteRequestWriter();
    for (int i = 0; i < series; i++) {
      w.beginSeries(Labels.of("__name__", "up", "job", "j", "instance", "i" + i))
          .sample(1, i)
          .endSeries();
    }
    return w.metadata("up", new MetricMetadata(MetricType.GAUGE, "help", "")).toByteArray();
  }

  private static List<String> text(EncodedRequest p) {
    byte[] raw = new byte[1 << 16];
    int n = SnappyBlock.decodedLength(p.body(), 0, p.body().length, raw.length);
    SnappyBlock.decode(p.body(), 0, p.body().length, raw);
    return series(raw, n);
  }

  @Test
  void lanesDependOnlyOnTheSeries() {
    Map<String, Long> lanes = new HashMap<>();
    for (long lane : new long[] {0, 7, -3}) {
      List<EncodedRequest> requests = sent("", lane, many(100));
      assertThat(requests).hasSizeBetween(2, SeriesShard.LANES);
      for (EncodedRequest p : requests) {
        for (String s : text(p)) {
          assertThat(lanes.merge(s, p.lane(), (a, b) -> a)).as(s).isEqualTo(p.lane());
        }
      }
    }
    assertThat(lanes).hasSize(100);
  }

  @Test
  void respectsTheRequestSize() {
    int each = 200;
    List<EncodedRequest> requests = sent(", max_batch_size_bytes: " + each, 0, many(200));
    assertThat(requests.stream().mapToInt(EncodedRequest::items).sum()).isEqualTo(200);
    for (EncodedRequest p : requests) {
      assertThat(SnappyBlock.decodedLength(p.body(), 0, p.body().length, 1 << 20))
          .isLessThanOrEqualTo(each);
    }
    assertThat(sent(", max_batch_size_bytes: 1", 0, many(3))).hasSize(3);
    assertThatThrownBy(() -> settings(", max_batch_size_bytes: 0"))
        .hasMessageContaining("max_batch_size_bytes must be 1 to");
  }

  @Test
  void sendsMetadataIfConfigured() {
    assertThat(sent("", 0, many(1)).stream().flatMap(p -> text(p).stream()))
        .noneMatch(s -> s.equals("up is gauge"));
    assertThat(sent(", send_metadata: true", 0, many(1)).stream().flatMap(p -> text(p).stream()))
        .contains("up is gauge");
  }

  @Test
  void acceptsFormerQueueName() {
    OutboxOptions o =
        settings(", remote_write_queue: {queue_size: 7, num_consumers: 3}").delivery().options();
    assertThat(o.capacity().requests()).isEqualTo(7);
    assertThat(o.concurrency()).isEqualTo(3);
    o = settings(", remote_write_queue: {enabled: false}").delivery().options();
    assertThat(o.whenFull()).isEqualTo(OutboxOptions.WhenFull.BLOCK);
    assertThat(o.capacity().requests()).isEqualTo(5);
    assertThat(settings(", max_batch_request_parallelism: 2").delivery().options().concurrency())
        .isEqualTo(2);
    assertThatThrownBy(() -> settings(", remote_write_queue: {}, sending_queue: {}"))
        .hasMessageContaining("set only one");
    assertThatThrownBy(() -> settings(", remote_write_queue: {num_consumers: 0}"))
        .hasMessageContaining("1 to 4096");
  }

  @Test
  void acceptsFormerDiskQueueName() {
    OutboxOptions o =
        settings(", wal: {directory: /var/rw, buffer_size: 100, truncate_frequency: 45s}")
            .delivery()
            .options();
    assertThat(o.disk()).isEqualTo(OutboxOptions.Disk.in(Path.of("/var/rw")));
    assertThat(o.acknowledgeQueued()).isFalse();
    o =
        settings(", wal: {directory: /q}, remote_write_queue: {queue_size: 7}")
            .delivery()
            .options();
    assertThat(o.capacity().requests()).isEqualTo(7);
    for (List<String> wrong :
        List.of(
            List.of("{}", "\"directory\" is required"),
            List.of("{directory: ''}", "set the directory of the queue"),
            List.of("{directory: /q, buffer_size: 0}", "at least 1"),
            List.of("{directory: /q, truncate_frequency: often}", "not a valid duration"),
            List.of("{directory: /q}, sending_queue: {storage: file_storage}", "set only one"),
            List.of(
                "{directory: /q}, sending_queue: {enabled: false}", "requires an enabled queue"),
            List.of(
                "{directory: /q}, remote_write_queue: {enabled: false}",
                "requires an enabled queue"))) {
      assertThatThrownBy(() -> settings(", wal: " + wrong.getFirst()))
          .as(wrong.getFirst())
          .hasMessageContaining(wrong.getLast());
    }
  }

  private static KeyValue attribute(String key, String value) {
    return KeyValue.newBuilder()
        .setKey(key)
        .setValue(AnyValue.newBuilder().setStringValue(value))
        .build();
  }
}
