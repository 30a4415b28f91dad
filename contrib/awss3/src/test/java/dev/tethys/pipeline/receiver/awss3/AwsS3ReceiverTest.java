package dev.tethys.pipeline.receiver.awss3;

import static dev.tethys.testkit.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.otlp.wire.OtlpJsonWriter;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.config.ConfigException;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.pipeline.receiver.log.LogContext;
import dev.tethys.testkit.S3Double;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class AwsS3ReceiverTest {
  private final S3Double s3;
  private final HttpClientFactory http = new HttpClientFactory("tethys/test");
  private final TestPipeline pipeline = new TestPipeline();
  private final List<Receiver> open = new ArrayList<>();
  @TempDir Path folder;

  AwsS3ReceiverTest() throws IOException {
    s3 = new S3Double("data");
  }

  @AfterEach
  void end() {
    open.forEach(r -> r.stop(Duration.ofSeconds(5)));
    s3.close();
    http.close();
  }

  private static byte[] protobuf(String text) {
    LogsData d = new LogsData();
    ResourceGroup<LogRecord> r = new ResourceGroup<>();
    ScopeGroup<LogRecord> s = new ScopeGroup<>();
    LogRecord l = new LogRecord();
    l.setBody(text);
    s.items().add(l);
    r.scopes().add(s);
    d.resources().add(r);
    return new OtlpWriter().write(d);
  }

  private static byte[] json(String text) {
    byte[] b = protobuf(text);
    return OtlpJsonWriter.toJson(OtlpSignal.LOGS, b, 0, b.length);
  }

  private static byte[] compressed(Compression c, byte[] b) {
    return c.compress(b, 0, b.length, Compression.DEFAULT_LEVEL);
  }

  private static final String FOLDER = "pre/year=2026/month=03/day=04/hour=05/minute=";

  private Receiver start(String downloader, String more, Signal... signals) throws IOException {
    AwsS3ReceiverFactory f = new AwsS3ReceiverFactory(http);
    Receiver r =
        f.create(
            TestPipeline.read(
                f.settings(),
                "{s3downloader: {s3_bucket: data, s3_prefix: pre, region: "
                    + S3Double.REGION
                    + ", endpoint: '"
                    + s3.url()
                    + "', s3_force_path_style: true, access_key: "
                    + S3Double.ACCESS_KEY
                    + ", secret_key: '"
                    + S3Double.SECRET_KEY
                    + "', s3_partition_timezone: UTC"
                    + downloader
                    + "}, starttime: '2026-03-04 05:06', endtime: '2026-03-04T05:09:00Z'"
                    + more
                    + "}"),
            pipeline.of(signals),
            new LogContext("awss3", folder));
    open.add(r);
    r.start();
    return r;
  }

  private List<Object> bodies() {
    List<Object> out = new ArrayList<>();
    for (Batch b : pipeline.batches) {
      LogsData d = (LogsData) b.takeTree();
      d.resources()
          .forEach(
              r ->
                  r.scopes()
                      .forEach(s -> s.items().forEach(l -> out.add(String.valueOf(l.body())))));
      b.keepTree(d);
    }
    return out;
  }

  @Test
  void objectsOfTheRangeAreReadInOrderAndInAllForms() throws Exception {
    s3.store("data", FOLDER + "05/logs_1.json", json("before"));
    s3.store("data", FOLDER + "06/logs_1.json", json("a"));
    s3.store("data", FOLDER + "06/logs_2.json.gz", compressed(Compression.GZIP, json("b")));
    s3.store("data", FOLDER + "06/logs_3.binpb.zst", compressed(Compression.ZSTD, protobuf("c")));
    s3.store("data", FOLDER + "06/logs_4.json.gz", json("decompressed by a service"));
    s3.store("data", FOLDER + "06/traces_1.json", json("of another signal"));
    s3.store("data", FOLDER + "07/logs_1.txt", new byte[] {1});
    s3.store("data", FOLDER + "07/logs_2.json", "{".getBytes(StandardCharsets.UTF_8));
    s3.store("data", FOLDER + "08/logs_1.binpb", protobuf("d"));
    s3.store("data", FOLDER + "09/logs_1.json", json("after"));
    s3.pageSize(2);
    start("", "", Signal.LOGS);
    await(() -> pipeline.batches.size() >= 5);
    assertThat(bodies()).containsExactly("a", "b", "c", "decompressed by a service", "d");
  }

  @Test
  void whatIsNotTakenAndAnUnreachableServerAreWaitedFor() throws Exception {
    s3.store("data", FOLDER + "06/logs_1.json", json("a"));
    s3.failing(r -> r.contains("logs_1") ? new S3Double.Failure(403, "AccessDenied") : null);
    pipeline.outcome = new Outcome.Unavailable("full", Duration.ZERO);
    start("", "", Signal.LOGS);
    await(() -> s3.requests().stream().anyMatch(r -> r.contains("logs_1")));
    s3.failing(r -> null);
    await(() -> pipeline.batches.size() == 2);
    pipeline.outcome = Outcome.ACCEPTED;
    await(() -> s3.requests().stream().anyMatch(r -> r.contains("minute%3D08")));
    assertThat(bodies()).containsOnly("a");
  }

  @Test
  void aRestartContinuesAfterTheLastObject() throws Exception {
    s3.store("data", FOLDER + "06/logs_1.json", json("a"));
    s3.store("data", FOLDER + "07/logs_1.json", json("b"));
    s3.store("data", FOLDER + "07/logs_2.json", json("c"));
    s3.failing(r -> r.contains("logs_2") ? new S3Double.Failure(403, "AccessDenied") : null);
    Receiver first = start("", ", storage: file_storage", Signal.LOGS);
    await(() -> s3.requests().stream().anyMatch(r -> r.contains("logs_2")));
    first.stop(Duration.ofSeconds(5));
    assertThat(bodies()).containsExactly("a", "b");
    s3.failing(r -> null);
    start("", ", storage: file_storage", Signal.LOGS);
    await(() -> pipeline.batches.size() >= 3);
    assertThat(bodies()).containsExactly("a", "b", "c");
  }

  /** An hour that comes twice has one prefix. */
  @Test
  void anHourThatClocksRepeatIsReadOnce() throws Exception {
    s3.store("data", "pre/2026-10-25/02/logs_1.json", json("a"));
    AwsS3ReceiverFactory f = new AwsS3ReceiverFactory(http);
    Receiver r =
        f.create(
            TestPipeline.read(
                f.settings(),
                "{s3downloader: {s3_bucket: data, s3_prefix: pre, region: "
                    + S3Double.REGION
                    + ", endpoint: '"
                    + s3.url()
                    + "', s3_force_path_style: true, access_key: "
                    + S3Double.ACCESS_KEY
                    + ", secret_key: '"
                    + S3Double.SECRET_KEY
                    + "', s3_partition_timezone: Europe/Berlin, s3_partition_format: '%F/%H'},"
                    + " starttime: '2026-10-24', endtime: '2026-10-26'}"),
            pipeline.of(Signal.LOGS),
            new LogContext("awss3", folder));
    open.add(r);
    r.start();
    await(() -> s3.requests().stream().anyMatch(q -> q.contains("2026-10-26%2F00")));
    assertThat(bodies()).containsExactly("a");
    assertThat(s3.requests().stream().filter(q -> q.contains("2026-10-25%2F02%2F"))).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{s3downloader: {s3_bucket: data}}|starttime",
        "{s3downloader: {s3_bucket: data}, starttime: '2026-01-01'}|endtime",
        "{starttime: '2026-01-01', endtime: '2026-01-02'}|s3downloader",
        "{s3downloader: {s3_bucket: data}, starttime: x, endtime: '2026-01-02'}|starttime is x",
        "{s3downloader: {s3_bucket: data}, starttime: '2026-01-02', endtime: '2026-01-02'}|"
            + "endtime must be after starttime",
        "{s3downloader: {s3_bucket: data, s3_partition_format: x}, starttime: '2026-01-01',"
            + " endtime: '2026-01-02'}|has no time",
        "{s3downloader: {s3_bucket: data}, starttime: '2026-01-01', endtime: '2026-01-02', sqs:"
            + " {}}|sqs",
        "{s3downloader: {s3_bucket: data}, starttime: '2026-01-01', endtime: '2026-01-02',"
            + " notifications: {}}|notifications",
        "{s3downloader: {s3_bucket: data}, starttime: '2026-01-01', endtime: '2026-01-02',"
            + " encodings: [{extension: x, suffix: y}]}|encodings",
        "{s3downloader: {s3_bucket: data, tag_object_after_ingestion: true}, starttime:"
            + " '2026-01-01', endtime: '2026-01-02'}|tag_object_after_ingestion",
      })
  void errorsName(String yaml, String message) {
    assertThatThrownBy(() -> TestPipeline.read(AwsS3ReceiverSettings.TYPE, yaml))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(message);
  }
}
