package dev.tethys.pipeline.exporter.awss3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.otlp.wire.OtlpJson;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.exporter.client.PlainContext;
import dev.tethys.testkit.S3Double;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.s3.S3Client;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("slow")
class AwsS3ExporterTest {
  /** The time of the Collector's tests of keys. */
  private static final long NOW = Instant.parse("2024-01-24T06:40:20Z").toEpochMilli();

  private final S3Double s3;
  private final HttpClientFactory http = new HttpClientFactory("tethys/test");

  AwsS3ExporterTest() throws IOException {
    s3 = new S3Double("data", "other");
  }

  @AfterEach
  void stop() {
    s3.close();
    http.close();
  }

  private AwsS3Settings settings(String uploader, String more) {
    YamlDocument d =
        YamlDocument.parse(
            "test.yaml",
            null,
            "{s3uploader: {s3_bucket: data, region: "
                + S3Double.REGION
                + ", endpoint: '"
                + s3.url()
                + "', s3_force_path_style: true, access_key: "
                + S3Double.ACCESS_KEY
                + ", secret_key: '"
                + S3Double.SECRET_KEY
                + "', s3_partition_timezone: UTC"
                + uploader
                + "}"
                + more
                + "}");
    AwsS3Settings s = AwsS3Settings.TYPE.read(d.root());
    d.refuseNotBuilt();
    return s;
  }

  private static Encoder.Encoded encoded(AwsS3Settings s, LogsData d) {
    return new ObjectEncoder(
            s, Signal.LOGS, new ObjectKeys(s, Signal.LOGS, () -> NOW, new Random(1)))
        .encode(new Batch(Signal.LOGS, Encoding.OTLP, new OtlpWriter().write(d), d.itemCount(), 0));
  }

  private SendResult send(AwsS3Settings s, EncodedRequest r) throws Exception {
    return new ObjectSender(
            new S3Client(
                s.location(), http, Duration.ofSeconds(10), InstantSource.system(), s.retry()))
        .send(r);
  }

  private static ResourceGroup<LogRecord> resource(
      Map<String, Object> attributes, String... texts) {
    ResourceGroup<LogRecord> r = new ResourceGroup<>();
    attributes.forEach(r.resource().attributes()::put);
    ScopeGroup<LogRecord> s = new ScopeGroup<>();
    for (String t : texts) {
      LogRecord l = new LogRecord();
      l.setBody(t);
      s.items().add(l);
    }
    r.scopes().add(s);
    return r;
  }

  @SafeVarargs
  private static LogsData logs(ResourceGroup<LogRecord>... resources) {
    LogsData d = new LogsData();
    d.resources().addAll(List.of(resources));
    return d;
  }

  /** Keys of the Collector's partition_test.go, with our unique part. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "|year=2024/month=01/day=24/hour=06/minute=40/logs_N.json",
        ", s3_partition_format: '%Y/%m/%d/%H/%M'|2024/01/24/06/40/logs_N.json",
        ", s3_prefix: /telemetry, file_prefix: signal-output-, compression: gzip|"
            + "/telemetry/year=2024/month=01/day=24/hour=06/minute=40/signal-output-logs_N.json.gz",
        ", s3_base_prefix: environment/prod, s3_prefix: metric, s3_partition_format:"
            + " '%Y/%m/%d/%H/%M', compression: zstd|"
            + "environment/prod/metric/2024/01/24/06/40/logs_N.json.zst",
        ", s3_partition_timezone: Asia/Tokyo, s3_partition_format: '%F %H%%'|"
            + "2024-01-24 15%/logs_N.json",
      })
  void buildsKeysFromPrefixPartitionAndName(String uploader, String key) {
    AwsS3Settings s = zoned(uploader == null ? "" : uploader);
    String made = new ObjectKeys(s, Signal.LOGS, () -> NOW, new Random(1)).next(s.prefix());
    assertThat(made.replaceAll("\\d{18}", "N")).isEqualTo(key);
  }

  private AwsS3Settings zoned(String more) {
    YamlDocument d =
        YamlDocument.parse(
            "test.yaml",
            null,
            "{s3uploader: {s3_bucket: data"
                + (more.contains("timezone") ? "" : ", s3_partition_timezone: UTC")
                + more
                + "}}");
    return AwsS3Settings.TYPE.read(d.root());
  }

  @Test
  void usesNumbersOrUuidsOfVersion7AsUniqueParts() {
    AwsS3Settings s = settings(", unique_key_func_name: uuidv7", "");
    String key = new ObjectKeys(s, Signal.TRACES, () -> NOW).next("");
    assertThat(key)
        .matches(".*/traces_018d3a32-bc20-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\\.json");
  }

  @Test
  void storesRetriedObjectsUnderTheirKey() throws Exception {
    AwsS3Settings s =
        settings(
            ", compression: gzip, storage_class: STANDARD_IA, acl: bucket-owner-read,"
                + " retry_mode: nop",
            "");
    LogsData d = logs(resource(Map.of("service.name", "shop"), "one", "two"));
    EncodedRequest r = encoded(s, d).requests().getFirst();
    s3.failing(q -> new S3Double.Failure(503, "SlowDown"));
    assertThat(send(s, r))
        .isInstanceOfSatisfying(SendResult.Retryable.class, x -> assertThat(x.overload()).isTrue());
    s3.failing(q -> null);
    assertThat(send(s, r)).isEqualTo(SendResult.DELIVERED);
    assertThat(send(s, r)).isEqualTo(SendResult.DELIVERED);
    assertThat(s3.objects("data")).hasSize(1);
    S3Double.Stored o = s3.objects("data").firstEntry().getValue();
    assertThat(o.headers())
        .containsEntry("content-encoding", "gzip")
        .containsEntry("content-type", "application/json")
        .containsEntry("x-amz-storage-class", "STANDARD_IA")
        .containsEntry("x-amz-acl", "bucket-owner-read");
    byte[] json = Compression.GZIP.decompress(o.content(), 0, o.content().length, 1 << 20);
    assertThat(OtlpJson.toProtobuf(OtlpSignal.LOGS, json, 0, json.length).toByteArray())
        .isEqualTo(new OtlpWriter().write(d));
  }

  @Test
  void routesResourcesToTheirBucketAndPrefix() throws Exception {
    AwsS3Settings s =
        settings(
            ", s3_base_prefix: base, s3_prefix: usual, s3_partition_format: '%Y'",
            ", marshaler: otlp_proto, resource_attrs_to_s3: {s3_bucket: b, s3_prefix: p}");
    Encoder.Encoded e =
        encoded(
            s,
            logs(
                resource(Map.of("b", "other", "p", "a/b"), "1", "2"),
                resource(Map.of(), "3"),
                resource(Map.of("b", "other", "p", "a/b"), "4"),
                resource(Map.of("b", "No Bucket"), "5")));
    assertThat(e.requests()).extracting(EncodedRequest::items).containsExactly(3, 1, 1);
    assertThat(send(s, e.requests().get(0))).isEqualTo(SendResult.DELIVERED);
    assertThat(send(s, e.requests().get(1))).isEqualTo(SendResult.DELIVERED);
    assertThat(send(s, e.requests().get(2))).isInstanceOf(SendResult.Permanent.class);
    assertThat(s3.objects("other").firstKey()).matches("base/a/b/2024/logs_\\d{18}\\.binpb");
    assertThat(s3.objects("data").firstKey()).matches("base/usual/2024/logs_\\d{18}\\.binpb");
  }

  private static String text(EncodedRequest r) {
    return new String(r.body(), StandardCharsets.UTF_8);
  }

  @Test
  void writesBodiesAsLines() {
    AwsS3Settings s = settings("", ", marshaler: body");
    EncodedRequest r =
        encoded(s, logs(resource(Map.of(), "one", "two"), resource(Map.of(), "three")))
            .requests()
            .getFirst();
    assertThat(text(r)).isEqualTo("one\ntwo\nthree\n");
    assertThat(r.headers().get("key")).endsWith(".txt");
  }

  /** The Collector's sumo_marshaler_test.go. */
  @Test
  void writesSumoLogicLinesLikeTheCollector() {
    AwsS3Settings s = settings("", ", marshaler: sumo_ic");
    ArrayValue slice = new ArrayValue();
    slice.add(13L);
    Attributes m = new Attributes();
    m.put("b", true);
    slice.add(m);
    ResourceGroup<LogRecord> ok =
        resource(
            Map.of(
                "_sourceCategory",
                "\"foo\"bar\"",
                "_sourceHost",
                "testHost",
                "_sourceName",
                "testSourceName",
                "42",
                "the question",
                "slice",
                slice),
            "entry1");
    ok.scopes().getFirst().items().getFirst().attributes().put("key", "value");
    Encoder.Encoded e =
        encoded(s, logs(ok, resource(Map.of("_sourceCategory", "testcategory"), "lost")));
    assertThat(text(e.requests().getFirst()))
        .isEqualTo(
            "{\"date\": \"1970-01-01 00:00:00 +0000"
                + " UTC\",\"sourceName\":\"testSourceName\",\"sourceHost\":\"testHost\","
                + "\"sourceCategory\":\"\\\"foo\\\"bar\\\"\",\"fields\":{\"42\":\"the"
                + " question\",\"slice\":[13,{\"b\":true}]},\"message\":{\"key\":\"value\","
                + "\"log\":\"entry1\"}}\n");
    assertThat(e.drops()).containsExactly(Map.entry("no _sourceHost", 1));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}|s3uploader",
        "{s3uploader: {}}|s3_bucket",
        "{s3uploader: {s3_bucket: X}}|\"X\" is not a valid bucket name",
        "{s3uploader: {s3_bucket: data, storage_class: FAST}}|unknown storage class",
        "{s3uploader: {s3_bucket: data, acl: all}}|unknown canned ACL",
        "{s3uploader: {s3_bucket: data, compression: br}}|compression",
        "{s3uploader: {s3_bucket: data, retry_mode: x}}|unknown retry mode",
        "{s3uploader: {s3_bucket: data, unique_key_func_name: x}}|unknown function",
        "{s3uploader: {s3_bucket: data, s3_partition_format: '%Q'}}|% must be followed by one of",
        "{s3uploader: {s3_bucket: data, s3_partition_timezone: Moon}}|must be a time zone",
        "{s3uploader: {s3_bucket: data, s3_key_template: x}}|s3_key_template",
        "{s3uploader: {s3_bucket: data, notifications: {}}}|notifications",
        "{s3uploader: {s3_bucket: data, access_key: x}}|access_key and secret_key",
        "{s3uploader: {s3_bucket: data}, encoding: x}|encoding",
        "{s3uploader: {s3_bucket: data, compression: gzip}, marshaler: sumo_ic}|sumo_ic does not",
      })
  void reportsErrors(String yaml, String message) {
    assertThatThrownBy(
            () -> {
              YamlDocument d = YamlDocument.parse("test.yaml", null, yaml);
              AwsS3Settings.TYPE.read(d.root());
              d.refuseNotBuilt();
            })
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(message);
  }

  @Test
  void rejectsOtherSignalsForLogMarshalers() {
    AwsS3Settings s = settings("", ", marshaler: body");
    assertThatThrownBy(
            () ->
                new AwsS3ExporterFactory(http).create(s, Signal.TRACES, new PlainContext("awss3")))
        .hasMessageContaining("traces are not supported by the marshaler body");
  }
}
