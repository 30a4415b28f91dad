package dev.tethys.pipeline.exporter.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.archive.ArchivePosition;
import dev.tethys.pipeline.archive.ArchiveReader;
import dev.tethys.pipeline.archive.ArchiveSelection;
import dev.tethys.pipeline.archive.ArchiveUpload;
import dev.tethys.pipeline.archive.ArchiveWriter;
import dev.tethys.pipeline.archive.S3Archive;
import dev.tethys.pipeline.client.S3Settings;
import dev.tethys.pipeline.exporter.client.PlainContext;
import dev.tethys.pipeline.ledger.ItemAccounting;
import dev.tethys.testkit.S3Double;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.s3.S3Client;
import dev.tethys.web.s3.S3Retry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ArchiveExporterTest {
  @TempDir Path folder;
  private final HttpClientFactory http = new HttpClientFactory("tethys/test");
  private final ItemAccounting account = new ItemAccounting("exporter", "archive", Signal.LOGS);
  private final List<Outcome> outcomes = new ArrayList<>();
  private Registry registry = new Registry(); // of the last exporter

  @AfterEach
  void stop() {
    http.close();
  }

  private ArchiveExporter start(String yaml) throws IOException {
    ArchiveSettings s = settings(yaml);
    registry = new Registry();
    ArchiveExporter e =
        new ArchiveExporter(
            s, shared(s), Signal.LOGS, new PlainContext("archive", registry), account);
    e.start();
    return e;
  }

  private ArchiveExporter.Shared shared(ArchiveSettings s) {
    ArchiveExporter.Shared shared =
        new ArchiveExporter.Shared(
            new ArchiveWriter(
                new RealFiles(), s.directory(), System::currentTimeMillis, s.bounds()));
    S3Settings s3 = s.s3();
    shared.use(
        s3, s3 == null ? null : new ArchiveUpload(new RealFiles(), s.directory(), client(s3), s3));
    return shared;
  }

  private S3Client client(S3Settings s3) {
    return new S3Client(
        s3.location(),
        http,
        Duration.ofSeconds(10),
        InstantSource.system(),
        new S3Retry(1, Duration.ofMillis(1), Duration.ofMillis(1)));
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

  private List<Integer> itemsIn(S3Settings s3) throws IOException {
    ArchiveReader r = new ArchiveReader(new S3Archive(client(s3), s3));
    ArchivePosition end = r.end();
    List<Integer> out = new ArrayList<>();
    ArchivePosition at = ArchivePosition.START;
    while (true) {
      ArchiveReader.Found f = r.next(at, end, ArchiveSelection.all(Set.of(Signal.LOGS)));
      if (f == null) {
        return out;
      }
      out.add(f.summary().items());
      at = f.next();
    }
  }

  /** Segments that S3 rejects stay on disk, across restarts; segment numbers are not reused. */
  @Test
  void keepsSegmentsOnDiskUntilTheyAreInS3() throws IOException {
    try (S3Double s3 = new S3Double("data")) {
      String yaml = "{directory: a, " + s3(s3) + "}";
      S3Settings place = Objects.requireNonNull(settings(yaml).s3());
      s3.failing(r -> new S3Double.Failure(503, "SlowDown"));
      ArchiveExporter e = start(yaml);
      write(e, resource("", "one"), resource("", "two"));
      e.stop(Duration.ofSeconds(10));
      assertThat(outcomes).containsExactly(Outcome.ACCEPTED);
      assertThat(s3.objects("data")).isEmpty();
      assertThat(folder.resolve("a/0000000000000001.seg")).exists();
      s3.failing(r -> null);
      e = start(yaml);
      write(e, resource("", "three"));
      e.stop(Duration.ofSeconds(10));
      assertThat(s3.objects("data"))
          .containsOnlyKeys(
              "a/OWNER",
              "a/0000000000000001.idx",
              "a/0000000000000001.seg",
              "a/0000000000000002.idx",
              "a/0000000000000002.seg");
      assertThat(folder.resolve("a/0000000000000001.seg")).doesNotExist();
      e = start(yaml);
      write(e, resource("", "four"));
      e.stop(Duration.ofSeconds(10));
      assertThat(itemsIn(place)).containsExactly(2, 1, 1);
      assertThat(s3.objects("data")).containsKey("a/0000000000000003.seg");
    }
  }

  @Test
  void rejectsAnArchiveBelowThePrefixOfAnother() throws IOException {
    try (S3Double s3 = new S3Double("data")) {
      ArchiveExporter e = start("{directory: a, " + s3(s3) + "}");
      write(e, resource("", "one"));
      e.stop(Duration.ofSeconds(10));
      e = start("{directory: b, " + s3(s3) + "}");
      write(e, resource("", "other"));
      e.stop(Duration.ofSeconds(10));
      assertThat(folder.resolve("b/0000000000000001.seg")).exists();
      assertThat(itemsIn(Objects.requireNonNull(settings("{directory: b, " + s3(s3) + "}").s3())))
          .containsExactly(1);
      assertThat(registry.gather())
          .extracting(m -> m.name())
          .contains("tethys_archive_upload_failures_total");
    }
  }

  @Test
  void blocksSendersWhenSegmentsForS3FillTheDirectory() throws IOException {
    try (S3Double s3 = new S3Double("data")) {
      s3.failing(r -> new S3Double.Failure(503, "SlowDown"));
      ArchiveExporter e =
          start("{directory: a, segment_size: 64KiB, max_size: 128KiB, " + s3(s3) + "}");
      byte[] noise = new byte[20_000];
      Random random = new Random(1);
      int sent = 0;
      while (outcomes.isEmpty() || outcomes.getLast() == Outcome.ACCEPTED) {
        random.nextBytes(noise);
        write(e, resource("", HexFormat.of().formatHex(noise)));
        assertThat(++sent).isLessThan(100);
      }
      assertThat(outcomes.getLast()).isInstanceOf(Outcome.Unavailable.class);
      assertThat(account.balance().dropped()).isEmpty();
      s3.failing(r -> null);
      e.stop(Duration.ofSeconds(10));
      S3Settings place = Objects.requireNonNull(settings("{directory: a, " + s3(s3) + "}").s3());
      assertThat(itemsIn(place)).hasSize(sent - 1);
    }
  }

  private ArchiveSettings settings(String yaml) {
    YamlDocument d = YamlDocument.parse("test.yaml", folder, yaml);
    ArchiveSettings s = ArchiveSettings.TYPE.read(d.root());
    d.refuseNotBuilt();
    return s;
  }

  private static ResourceGroup<LogRecord> resource(String replay, String text) {
    ResourceGroup<LogRecord> r = new ResourceGroup<>();
    if (!replay.isEmpty()) {
      r.resource().attributes().put("tethys.replay", replay);
    }
    ScopeGroup<LogRecord> s = new ScopeGroup<>();
    LogRecord l = new LogRecord();
    l.setBody(text);
    s.items().add(l);
    r.scopes().add(s);
    return r;
  }

  @SafeVarargs
  private final void write(ArchiveExporter e, ResourceGroup<LogRecord>... resources) {
    LogsData d = new LogsData();
    d.resources().addAll(List.of(resources));
    int n = d.itemCount();
    e.consume(
        new Batch(Signal.LOGS, Encoding.OTLP, new OtlpWriter().write(d), n, 0), outcomes::add);
  }

  @Test
  void doesNotArchiveReplayedData() throws IOException {
    ArchiveExporter e = start("{directory: a}");
    write(e, resource("", "one"), resource("r1", "two"));
    write(e, resource("r1", "three"));
    assertThat(outcomes).containsOnly(Outcome.ACCEPTED).hasSize(2);
    assertThat(account.balance().dropped()).isEmpty();
    assertThat(account.balance().out()).isEqualTo(3);
    assertThat(account.balance().held()).isZero();
    ArchiveReader r = new ArchiveReader(new RealFiles(), folder.resolve("a"));
    ArchiveSelection all = ArchiveSelection.all(Set.of(Signal.LOGS));
    ArchiveReader.Found f = Objects.requireNonNull(r.next(ArchivePosition.START, r.end(), all));
    assertThat(f.summary().items()).isEqualTo(1);
    assertThat(r.next(f.next(), r.end(), all)).isNull();
    assertThat(registry.gather())
        .extracting(m -> m.name())
        .contains(
            "tethys_archive_bytes",
            "tethys_archive_deleted_items_total",
            "tethys_archive_replayed_items_total");
    e.stop(Duration.ZERO);
  }

  @Test
  void countsDropsOfAFullArchiveByReason() throws IOException {
    ArchiveExporter e =
        start("{directory: a, when_full: refuse, segment_size: 64KiB, max_size: 128KiB}");
    byte[] noise = new byte[20_000];
    Random random = new Random(1);
    int sent = 0;
    while (account.balance().dropped().isEmpty()) {
      random.nextBytes(noise);
      write(e, resource("", HexFormat.of().formatHex(noise)));
      assertThat(++sent).isLessThan(100);
    }
    assertThat(account.balance().dropped()).containsEntry("archive_full", 1L);
    assertThat(account.balance().out()).isEqualTo(sent - 1);
    assertThat(outcomes.getLast()).isInstanceOf(Outcome.Rejected.class);
    e.stop(Duration.ZERO);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{directory: a, max_size: 64MiB}|max_size must be at least twice segment_size",
        "{directory: a, segment_size: 1KiB}|segment_size must be 64KiB to 1GiB",
        "{directory: a, max_age: 0s}|max_age must be greater than 0",
        "{directory: a, when_full: drop}|delete_oldest",
        "{directory: a, s3: {bucket: B}}|not a valid bucket name",
        "{directory: a, max_age: 1h, s3: {bucket: bucket}}|max_age is of archives on disk",
        "{directory: a, when_full: refuse, s3: {bucket: bucket}}|when_full is of archives",
        "{}|directory",
      })
  void reportsErrors(String yaml, String message) {
    assertThatThrownBy(() -> settings(yaml))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(message);
  }
}
