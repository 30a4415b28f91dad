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
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

@Timeout(60)
@Tag("slow")
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
  void readsObjectsOfTheRangeInOrderAndAllFormats() throws Exception {
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
  void waitsForAcceptanceAndAnUnreachableServer() throws Exception {
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
  void resumesAfterTheLastObject() throws Exception {
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

  @Test
  void readsObjectsOfNotifications() throws Exception {
    s3.store("data", FOLDER + "06/logs_1.json", json("a"));
    s3.store("data", FOLDER + "06/logs_2 b.json", json("b"));
    s3.store("data", FOLDER + "06/logs_3.json", json("c"));
    BlockingQueue<String> bodies = new LinkedBlockingQueue<>();
    bodies.add("no notification");
    bodies.add(
        "{'Records': [{'eventName': 'ObjectCreated:Put', 's3': {'bucket': {'name': 'data'},"
            + " 'object': {'key': '"
            + FOLDER.replace("=", "%3D")
            + "06/logs_1.json'}}}, {'eventName': 'ObjectRemoved:Delete', 's3': {'bucket': {'name':"
            + " 'data'}, 'object': {'key': 'x'}}}, {'eventName': 'ObjectCreated:Put', 's3':"
            + " {'bucket': {'name': 'other'}, 'object': {'key': 'pre/logs_9.json'}}}]}");
    bodies.add(
        "{'Type': 'Notification', 'Message': '{\\'Records\\': [{\\'eventName\\':"
            + " \\'ObjectCreated:Put\\', \\'s3\\': {\\'bucket\\': {\\'name\\': \\'data\\'},"
            + " \\'object\\': {\\'key\\': \\'"
            + FOLDER
            + "06/logs_2+b.json\\'}}}]}'}");
    bodies.add(
        "{'detail-type': 'Object Created', 'detail': {'bucket': {'name': 'data'}, 'object':"
            + " {'key': '"
            + FOLDER
            + "06/logs_3.json'}}}");
    List<String> deleted = new CopyOnWriteArrayList<>();
    AtomicInteger number = new AtomicInteger();
    try (HttpListener sqs =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0"),
            new Routes()
                .post(
                    "/",
                    (q, r) -> {
                      String request = new String(q.bodyBytes(1 << 16), StandardCharsets.UTF_8);
                      assertThat(request).contains("\"QueueUrl\":\"https://sqs/queue\"");
                      assertThat(q.header("Authorization"))
                          .contains(S3Double.ACCESS_KEY, "/eu-central-1/sqs/");
                      String action = q.header("X-Amz-Target");
                      if ("AmazonSQS.DeleteMessage".equals(action)) {
                        deleted.add(request.replaceAll(".*\"(r[0-9]+)\".*", "$1"));
                        r.send("{}");
                        return;
                      }
                      assertThat(action).isEqualTo("AmazonSQS.ReceiveMessage");
                      String body = bodies.poll();
                      r.send(
                          body == null
                              ? "{}"
                              : JsonMapper.shared()
                                  .writeValueAsString(
                                      Map.of(
                                          "Messages",
                                          List.of(
                                              Map.of(
                                                  "MessageId",
                                                  "m",
                                                  "ReceiptHandle",
                                                  "r" + number.getAndIncrement(),
                                                  "Body",
                                                  body.replace("\\'", "\\\"")
                                                      .replace('\'', '"'))))));
                    }),
            null)) {
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
                      + "'}, sqs: {queue_url: 'https://sqs/queue', region: eu-central-1, endpoint:"
                      + " 'http://127.0.0.1:"
                      + sqs.port()
                      + "', wait_time_seconds: 0, max_number_of_messages: 1}}"),
              pipeline.of(Signal.LOGS),
              new LogContext("awss3", folder));
      open.add(r);
      r.start();
      await(() -> deleted.size() == 3);
      assertThat(bodies()).containsExactly("a", "b", "c");
      assertThat(deleted).containsExactly("r1", "r2", "r3"); // r0 stays in the queue
      r.stop(Duration.ofSeconds(5));
    }
  }

  /** An hour that comes twice has one prefix. */
  @Test
  void readsAnHourRepeatedByClocksOnce() throws Exception {
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
            + " {queue_url: x, region: y}}|cannot be used with sqs",
        "{s3downloader: {s3_bucket: data}, sqs: {region: y}}|sqs.queue_url is required",
        "{s3downloader: {s3_bucket: data}, sqs: {queue_url: x}}|sqs.region is required",
        "{s3downloader: {s3_bucket: data}, sqs: {queue_url: x, region: y, wait_time_seconds:"
            + " 21}}|wait_time_seconds is 21",
        "{s3downloader: {s3_bucket: data}, sqs: {queue_url: x, region: y, max_number_of_messages:"
            + " 0}}|max_number_of_messages is 0",
        "{s3downloader: {s3_bucket: data}, starttime: '2026-01-01', endtime: '2026-01-02',"
            + " notifications: {}}|notifications",
        "{s3downloader: {s3_bucket: data}, starttime: '2026-01-01', endtime: '2026-01-02',"
            + " encodings: [{extension: x, suffix: y}]}|encodings",
        "{s3downloader: {s3_bucket: data, tag_object_after_ingestion: true}, starttime:"
            + " '2026-01-01', endtime: '2026-01-02'}|tag_object_after_ingestion",
      })
  void reportsErrors(String yaml, String message) {
    assertThatThrownBy(() -> TestPipeline.read(AwsS3ReceiverSettings.TYPE, yaml))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(message);
  }
}
