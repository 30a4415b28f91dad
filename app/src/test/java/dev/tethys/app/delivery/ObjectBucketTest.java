package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.config.GraphConfig;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.graph.Graph;
import dev.tethys.pipeline.graph.GraphServices;
import dev.tethys.pipeline.ledger.AccountingRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Objects in a bucket of Adobe's S3 mock, see {@link S3MockServer}. */
@Tag("contrib")
class ObjectBucketTest {
  private static final Duration TIME_LIMIT = Duration.ofSeconds(60);

  @TempDir static Path folder;
  private static S3MockServer s3;

  @BeforeAll
  static void start() throws Exception {
    s3 = new S3MockServer(folder.resolve("log"));
  }

  @AfterAll
  static void stop() {
    if (s3 != null) {
      s3.close();
    }
  }

  private static Batch batch(int i) {
    LogsData d = new LogsData();
    ResourceGroup<LogRecord> r = new ResourceGroup<>();
    ScopeGroup<LogRecord> s = new ScopeGroup<>();
    LogRecord l = new LogRecord();
    l.setBody("text " + i);
    s.items().add(l);
    r.scopes().add(s);
    d.resources().add(r);
    return new Batch(Signal.LOGS, Encoding.OTLP, new OtlpWriter().write(d), 1, 0);
  }

  private static String access() {
    return "s3_bucket: telemetry, endpoint: 'http://127.0.0.1:"
        + s3.port()
        + "', s3_force_path_style: true, access_key: AK, secret_key: SK";
  }

  /** A graph that reads into a file until it has as many lines. */
  private static String read(String receiver, String keys, int lines) throws IOException {
    Path file = folder.resolve(receiver + System.nanoTime());
    Components components = new Components(BuiltIn.components().all());
    Graph graph =
        new Graph(
            new GraphServices(
                components,
                Scheduler.system(),
                new Outboxes(new RealFiles(), Scheduler.system(), new Random(1)),
                new AccountingRegistry(),
                new Registry()));
    try {
      graph.apply(
          GraphConfig.read(
              YamlDocument.parse(
                  "test.yaml",
                  null,
                  "{receivers: {"
                      + receiver
                      + ": "
                      + keys
                      + "}, exporters: {file: {path: '"
                      + file
                      + "'}}, service: {pipelines: {logs: {receivers: ["
                      + receiver
                      + "], exporters: [file]}}}}"),
              components,
              false));
      TestPipeline.await(
          "all was read",
          TIME_LIMIT,
          () -> {
            try (var all = Files.lines(file)) {
              return all.count() == lines;
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
      return Files.readString(file);
    } finally {
      graph.stop(Duration.ofSeconds(5));
    }
  }

  private static void assertEach(String read, int items) {
    for (int i = 0; i < items; i++) {
      Matcher m = Pattern.compile("\"text " + i + "\"").matcher(read);
      assertThat(m.results()).as("text " + i).hasSize(1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"otlp_json none", "otlp_json gzip", "otlp_proto zstd"})
  void objectsAreStoredAndReadBack(String form) throws Exception {
    String[] f = form.split(" ");
    String prefix = "a b+/" + f[0] + f[1];
    String begun = Instant.now().toString();
    try (TestPipeline p =
        new TestPipeline(
            Signal.LOGS,
            "awss3",
            "marshaler: "
                + f[0]
                + ", s3uploader: {"
                + access()
                + ", s3_prefix: '"
                + prefix
                + "', compression: "
                + f[1]
                + "}")) {
      for (int i = 0; i < 20; i++) {
        p.send(batch(i));
      }
      p.drain(TIME_LIMIT);
      assertThat(p.balance().out()).isEqualTo(20);
    }
    String read =
        read(
            "awss3",
            "{s3downloader: {"
                + access()
                + ", s3_prefix: '"
                + prefix
                + "'}, starttime: '"
                + begun
                + "', endtime: '"
                + Instant.now().plusSeconds(60)
                + "'}",
            20);
    assertEach(read, 20);
  }

  @Test
  void replaysAnArchiveInTheBucket() throws Exception {
    String place =
        "s3: {bucket: telemetry, prefix: archive/one, region: us-east-1, endpoint:"
            + " 'http://127.0.0.1:"
            + s3.port()
            + "', force_path_style: true, access_key: AK, secret_key: SK}";
    String directory = "directory: '" + folder.resolve("archive") + "', ";
    TestPipeline p = new TestPipeline(Signal.LOGS, "archive", directory + place);
    for (int i = 0; i < 20; i++) {
      p.send(batch(i));
    }
    p.drain(TIME_LIMIT);
    p.close(Duration.ofSeconds(20));
    assertThat(folder.resolve("archive/0000000000000001.seg")).doesNotExist();
    Printed printed =
        Printed.of(
            "archive",
            "s3://telemetry/archive/one?region=us-east-1&endpoint=http://127.0.0.1:"
                + s3.port()
                + "&force_path_style=true&access_key=AK&secret_key=SK");
    assertThat(printed.err()).isEmpty();
    assertThat(printed.out().lines().skip(1).findFirst().orElse("").split(" +"))
        .startsWith("1")
        .contains("logs", "20");
    assertEach(read("archive", "{" + directory + "replay: r1, " + place + "}", 20), 20);
  }

  @Test
  void waitsForAndNamesMissingBucket() throws Exception {
    try (TestPipeline p =
        new TestPipeline(
            Signal.LOGS,
            "awss3",
            "s3uploader: {" + access().replace("telemetry", "missing") + "}")) {
      p.send(batch(0));
      TestPipeline.await("the refusal", TIME_LIMIT, () -> !p.refusal().isEmpty());
      assertThat(p.refusal()).contains("NoSuchBucket", "create the bucket");
      assertThat(p.balance().held()).isEqualTo(1);
    }
  }
}
