package dev.tethys.pipeline.receiver.archive;

import static dev.tethys.testkit.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.config.ConfigException;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.archive.ArchiveWriter;
import dev.tethys.pipeline.archive.RequestSummary;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.pipeline.receiver.log.LogContext;
import dev.tethys.testkit.S3Double;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
@Tag("slow")
class ReplayReceiverTest {
  private static final ArchiveWriter.Bounds BOUNDS =
      new ArchiveWriter.Bounds(
          1 << 30,
          Duration.ofDays(36_500),
          1 << 20,
          Duration.ofHours(1),
          false,
          List.of("service.name"));
  private static final long FIRST = Instant.parse("2026-01-01T00:00:00Z").getEpochSecond();

  private final TestPipeline pipeline = new TestPipeline();
  private final HttpClientFactory http = new HttpClientFactory("tethys/test");
  private final List<Receiver> open = new ArrayList<>();
  @TempDir Path folder;

  /** Ten requests, a minute apart, in turn of shop and cart, each with two records. */
  @BeforeEach
  void write() throws IOException {
    try (ArchiveWriter w =
        new ArchiveWriter(new RealFiles(), folder, System::currentTimeMillis, BOUNDS)) {
      w.open(BOUNDS);
      for (int i = 0; i < 10; i++) {
        add(w, i);
      }
    }
  }

  private static void add(ArchiveWriter w, int i) throws IOException {
    LogsData d = new LogsData();
    ResourceGroup<LogRecord> r = new ResourceGroup<>();
    r.resource().attributes().put("service.name", i % 2 == 0 ? "shop" : "cart");
    ScopeGroup<LogRecord> s = new ScopeGroup<>();
    for (int k = 0; k < 2; k++) {
      LogRecord l = new LogRecord();
      l.setTimeUnixNano((FIRST + 60L * i + 30L * k) * 1_000_000_000L);
      l.setBody(i + "." + k);
      s.items().add(l);
    }
    r.scopes().add(s);
    d.resources().add(r);
    byte[] body = new OtlpWriter().write(d);
    w.append(RequestSummary.of(Signal.LOGS, body, 2, 0, List.of("service.name")).summary(), body);
  }

  @AfterEach
  void end() {
    open.forEach(r -> r.stop(Duration.ofSeconds(1)));
    http.close();
  }

  private Receiver start(String yaml) throws IOException {
    ReplayReceiverFactory f = new ReplayReceiverFactory(http);
    Receiver r =
        f.create(
            TestPipeline.read(f.settings(), yaml.replace("DIR", folder.toString())),
            pipeline.of(Signal.LOGS),
            new LogContext("archive", folder));
    open.add(r);
    r.start();
    return r;
  }

  private void awaitDone(String name) {
    Path file = folder.resolve("replays/" + name + ".json");
    await(
        () -> {
          try {
            return Files.exists(file) && Files.readString(file).contains("\"done\":true");
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  private List<Object> bodies() {
    List<Object> out = new ArrayList<>();
    for (Batch b : pipeline.batches) {
      LogsData d = (LogsData) b.takeTree();
      for (ResourceGroup<LogRecord> r : d.resources()) {
        assertThat(r.resource().attributes().get("tethys.replay")).isEqualTo("r1");
        r.scopes().forEach(s -> s.items().forEach(l -> out.add(String.valueOf(l.body()))));
      }
      b.keepTree(d);
    }
    return out;
  }

  @Test
  void replaysSelectedItemsOnceAndMarksThem() throws Exception {
    start(
        "{directory: DIR, replay: r1, start_time: '2026-01-01T00:02:30Z', end_time:"
            + " '2026-01-01T00:06:00Z', attributes: {service.name: shop}}");
    awaitDone("r1");
    assertThat(bodies()).containsExactly("2.1", "4.0", "4.1");
    open.removeFirst().stop(Duration.ofSeconds(5));
    start(
        "{directory: DIR, replay: r1, start_time: '2026-01-01T00:02:30Z', end_time:"
            + " '2026-01-01T00:06:00Z', attributes: {service.name: shop}}");
    assertThat(bodies()).hasSize(3); // it has ended, so it does not begin
  }

  @Test
  void resumesAfterTheLastAcceptedBatch() throws Exception {
    Receiver first = start("{directory: DIR, replay: r1, rate: 1}");
    await(() -> !pipeline.batches.isEmpty());
    first.stop(Duration.ofSeconds(5));
    int before = pipeline.batches.size();
    assertThat(before).isLessThan(10);
    try (ArchiveWriter w =
        new ArchiveWriter(new RealFiles(), folder, System::currentTimeMillis, BOUNDS)) {
      w.open(BOUNDS);
      add(w, 99); // after the begin of the replay
    }
    start("{directory: DIR, replay: r1}");
    awaitDone("r1");
    assertThat(bodies())
        .containsExactly(
            "0.0", "0.1", "1.0", "1.1", "2.0", "2.1", "3.0", "3.1", "4.0", "4.1", "5.0", "5.1",
            "6.0", "6.1", "7.0", "7.1", "8.0", "8.1", "9.0", "9.1");
  }

  private static String s3(S3Double s3) {
    return "s3: {bucket: data, prefix: a, region: "
        + S3Double.REGION
        + ", endpoint: '"
        + s3.url()
        + "', force_path_style: true, access_key: "
        + S3Double.ACCESS_KEY
        + ", secret_key: '"
        + S3Double.SECRET_KEY
        + "'}";
  }

  /** The archive of the disk test in S3; the server is unreachable when the replay starts. */
  @Test
  void replaysAnArchiveInS3ByTimeAndAttributes() throws Exception {
    try (S3Double s3 = new S3Double("data")) {
      try (var all = Files.list(folder)) {
        for (Path p : all.filter(Files::isRegularFile).toList()) {
          s3.store("data", "a/" + p.getFileName(), Files.readAllBytes(p));
          Files.delete(p);
        }
      }
      s3.store("data", "a/00000000000000ff.seg", new byte[100]); // its index is not stored yet
      s3.failing(r -> new S3Double.Failure(403, "AccessDenied"));
      String yaml =
          "{directory: DIR, replay: r1, start_time: '2026-01-01T00:02:30Z', end_time:"
              + " '2026-01-01T00:06:00Z', attributes: {service.name: shop}, "
              + s3(s3)
              + "}";
      start(yaml);
      await(() -> !s3.requests().isEmpty());
      s3.failing(r -> null);
      awaitDone("r1");
      assertThat(bodies()).containsExactly("2.1", "4.0", "4.1");
      assertThat(s3.requests().stream().filter(r -> r.contains(".seg"))).hasSize(1); // read ahead
      open.removeFirst().stop(Duration.ofSeconds(5));
      start(yaml);
      assertThat(bodies()).hasSize(3);
    }
  }

  @Test
  void retriesRejectedBatches() throws Exception {
    pipeline.outcome = new Outcome.Unavailable("full", Duration.ZERO);
    start("{directory: DIR, replay: r1}");
    await(() -> pipeline.batches.size() == 2);
    pipeline.outcome = Outcome.ACCEPTED;
    awaitDone("r1");
    List<Object> bodies = bodies();
    assertThat(bodies.subList(0, 2)).isEqualTo(bodies.subList(2, 4));
    assertThat(bodies).endsWith("9.0", "9.1");
  }

  @Test
  void allowsOneSelectionAndProcessPerName() throws Exception {
    Receiver first = start("{directory: DIR, replay: r1, rate: 1}");
    assertThatThrownBy(() -> start("{directory: DIR, replay: r1, rate: 1}"))
        .isInstanceOf(IOException.class);
    first.stop(Duration.ofSeconds(5));
    assertThatThrownBy(() -> start("{directory: DIR, replay: r1, attributes: {service.name: x}}"))
        .hasMessageContaining("other times, attributes or location");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{directory: DIR, start_time: yesterday}|start_time is yesterday; it must be a time",
        "{directory: DIR, rate: -1}|rate must be 0 to",
        "{directory: DIR, replay: ../x}|replay must have",
        "{directory: DIR, start_time: '2026-01-02T00:00:00Z', end_time: '2026-01-01T00:00:00Z'}|"
            + "end_time must be after start_time",
        "{replay: x}|directory",
      })
  void reportsErrors(String yaml, String message) {
    assertThatThrownBy(() -> start(yaml))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(message);
  }
}
