package dev.tethys.pipeline.exporter.parquet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.S3Settings;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.UnsupportedItemCounter;
import dev.tethys.pipeline.exporter.client.HttpDouble;
import dev.tethys.pipeline.exporter.tables.TableRequestEncoder;
import dev.tethys.pipeline.naming.NameTemplate;
import dev.tethys.testkit.LogMessages;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class ParquetSenderTest {
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.ofEpochSecond(1_800_000_000));

  @TempDir Path folder;

  /** Timers fire when the test triggers them; tasks have their own threads. */
  private static final class Timers implements Scheduler {
    private final List<Runnable> waiting = new ArrayList<>();
    private final CountDownLatch scheduled = new CountDownLatch(1);

    @Override
    public long millis() {
      return 1_700_000_000_000L;
    }

    @Override
    public long nanos() {
      return 0;
    }

    @Override
    public void execute(String name, Runnable task) {
      Thread.ofVirtual().start(task);
    }

    @Override
    public Timer schedule(Duration after, Runnable task) {
      synchronized (waiting) {
        waiting.add(task);
      }
      scheduled.countDown();
      return () -> {
        synchronized (waiting) {
          waiting.remove(task);
        }
      };
    }

    void ring() throws InterruptedException {
      assertThat(scheduled.await(1, TimeUnit.MINUTES)).isTrue();
      List<Runnable> now;
      synchronized (waiting) {
        now = List.copyOf(waiting);
        waiting.clear();
      }
      now.forEach(Runnable::run);
    }
  }

  private final Timers timers = new Timers();

  private ParquetSettings settings(String more) {
    YamlDocument d =
        YamlDocument.parse("c.yaml", null, "{directory: '" + folder + "'" + more + "}");
    ParquetSettings s = ParquetSettings.TYPE.read(d.root());
    d.refuseNotBuilt();
    return s;
  }

  private ParquetSender sender(ParquetSettings s, FileTarget target) {
    return new ParquetSender(
        s, Signal.METRICS, target, timers, new UnsupportedItemCounter(new Registry(), "parquet"));
  }

  private static EncodedRequest request(ParquetSettings s, String name, long millis) {
    WriteRequestWriter w = new WriteRequestWriter();
    w.beginSeries(Labels.of("__name__", name, "job", "a/b ä")).sample(millis, 1).endSeries();
    return new TableRequestEncoder(s.rows(), false)
        .encode(new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, w.toByteArray(), 1, 0))
        .requests()
        .getFirst();
  }

  private static CompletableFuture<SendResult> sent(ParquetSender to, EncodedRequest p) {
    CompletableFuture<SendResult> f = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                f.complete(to.send(p));
              } catch (IOException | InterruptedException | RuntimeException e) {
                f.completeExceptionally(e);
              }
            });
    return f;
  }

  private List<String> files() throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile)
          .map(p -> String.valueOf(folder.relativize(p).getParent()))
          .sorted()
          .toList();
    }
  }

  @Test
  void deliversRequestsWhenTheirFileIsReadable() throws Exception {
    ParquetSettings s =
        settings(", partition: '{signal}/date={date}/hour={hour}/job={job}', max_file_age: 1h");
    ParquetSender sender = sender(s, new DirectoryTarget(folder, CLOCK));
    CompletableFuture<SendResult> one = sent(sender, request(s, "a", 1_700_000_000_000L));
    timers.ring();
    assertThat(one.get(1, TimeUnit.MINUTES)).isEqualTo(SendResult.DELIVERED);
    assertThat(files()).containsExactly("metrics/date=2023-11-14/hour=22/job=a_x2Fb_x20_xC3_xA4");
  }

  @Test
  void closesAFileBySizeOrNumberOfWaitingRequests() throws Exception {
    ParquetSettings s = settings(", sending_queue: {num_consumers: 2}");
    ParquetSender sender = sender(s, new DirectoryTarget(folder, CLOCK));
    CompletableFuture<SendResult> one = sent(sender, request(s, "a", 0));
    CompletableFuture<SendResult> two = sent(sender, request(s, "b", 3_600_000));
    assertThat(one.get(1, TimeUnit.MINUTES)).isEqualTo(SendResult.DELIVERED);
    assertThat(two.get(1, TimeUnit.MINUTES)).isEqualTo(SendResult.DELIVERED);
    assertThat(files())
        .containsExactly("metrics/date=1970-01-01/hour=00", "metrics/date=1970-01-01/hour=01");
    ParquetSettings small = settings(", max_file_bytes: 1");
    assertThat(sender(small, new DirectoryTarget(folder, CLOCK)).send(request(s, "c", 0)))
        .isEqualTo(SendResult.DELIVERED);
    assertThat(files()).hasSize(3);
  }

  @Test
  void writesWaitingRequestsAtStop() throws Exception {
    ParquetSettings s = settings("");
    ParquetSender sender = sender(s, new DirectoryTarget(folder, CLOCK));
    CompletableFuture<SendResult> one = sent(sender, request(s, "a", 0));
    assertThat(timers.scheduled.await(1, TimeUnit.MINUTES)).isTrue();
    sender.flushBeforeStop();
    assertThat(one.get(1, TimeUnit.MINUTES)).isEqualTo(SendResult.DELIVERED);
    assertThat(sender.send(request(s, "b", 0))).isEqualTo(SendResult.DELIVERED);
    assertThat(files()).hasSize(2);
  }

  /** A target that fails as a full disk does. */
  private static final class FullDisk implements FileTarget {
    @Override
    public void publish(List<NewFile> files) throws IOException {
      throw new IOException("No space left on device");
    }

    @Override
    public String check() {
      return "";
    }

    @Override
    public byte[] read(String path) {
      return new byte[0];
    }

    @Override
    public void remove(String path) {
      // nothing was written
    }
  }

  @Test
  void retriesOnAFullDiskButNotForACorruptRequest() throws Exception {
    ParquetSettings s = settings(", sending_queue: {num_consumers: 1}");
    EncodedRequest p = request(s, "a", 0);
    assertThatThrownBy(() -> sender(s, new FullDisk()).send(p))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("No space left");
    byte[] half = java.util.Arrays.copyOf(p.body(), p.body().length / 2);
    EncodedRequest damaged = new EncodedRequest(p.signal(), half, 1, 0, Map.of());
    assertThat(sender(s, new FullDisk()).send(damaged)).isInstanceOf(SendResult.Permanent.class);
  }

  @Test
  void interruptedCallsWithdrawTheirRequest() throws Exception {
    ParquetSettings s = settings("");
    ParquetSender sender = sender(s, new DirectoryTarget(folder, CLOCK));
    CompletableFuture<@Nullable Throwable> ended = new CompletableFuture<>();
    Thread t =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    sender.send(request(s, "a", 0));
                    ended.complete(null);
                  } catch (IOException | InterruptedException | RuntimeException e) {
                    ended.complete(e);
                  }
                });
    assertThat(timers.scheduled.await(1, TimeUnit.MINUTES)).isTrue();
    t.interrupt();
    assertThat(ended.get(1, TimeUnit.MINUTES)).isInstanceOf(InterruptedException.class);
    timers.ring();
    assertThat(files()).isEmpty();
  }

  @Test
  void deletesAProbeFileThatCannotBeRead() {
    DirectoryTarget directory = new DirectoryTarget(folder, CLOCK);
    FileTarget unreadable =
        new FileTarget() {
          @Override
          public void publish(List<NewFile> files) throws IOException {
            directory.publish(files);
          }

          @Override
          public String check() {
            return "";
          }

          @Override
          public byte[] read(String path) throws IOException {
            throw new IOException("access denied");
          }

          @Override
          public void remove(String path) throws IOException {
            directory.remove(path);
          }
        };
    assertThatThrownBy(
            () ->
                new ParquetProbe(settings(""), Signal.METRICS, unreadable, () -> 0).write(0, 42.5))
        .hasMessage("access denied");
    assertThat(folder.resolve("tethys_probe")).isEmptyDirectory();
  }

  @Test
  void deletesFilesOfAKilledProcessAfterADay() throws Exception {
    Path beside = Files.createDirectories(folder.resolve(".tethys-unfinished"));
    Path old = Files.writeString(beside.resolve("old"), "half");
    Files.setLastModifiedTime(old, FileTime.from(CLOCK.instant().minus(Duration.ofHours(25))));
    Path young = Files.writeString(beside.resolve("young"), "half");
    Files.setLastModifiedTime(young, FileTime.from(CLOCK.instant().minus(Duration.ofHours(1))));
    DirectoryTarget target = new DirectoryTarget(folder, CLOCK);
    for (Signal signal : List.of(Signal.METRICS, Signal.LOGS)) {
      assertThat(new ParquetProbe(settings(""), signal, target, () -> 0).write(0, 42.5))
          .contains("42.5", "read it back");
    }
    assertThat(old).doesNotExist();
    assertThat(young).exists();
    assertThat(files()).containsExactly(".tethys-unfinished");
  }

  @Test
  void signsChecksAndReplacesObjectsOfABucket() throws Exception {
    try (HttpDouble s3 = new HttpDouble();
        HttpClientFactory http = new HttpClientFactory("tethys/test")) {
      s3.otherwise(200, "");
      YamlDocument d =
          YamlDocument.parse(
              "c.yaml",
              null,
              "{s3: {bucket: data, region: eu-west-1, prefix: /tel/, endpoint: '"
                  + s3.url()
                  + "', force_path_style: true, access_key: AK, secret_key: SK, session_token: ST},"
                  + " max_file_bytes: 1}");
      ParquetSettings s = ParquetSettings.TYPE.read(d.root());
      S3Target target =
          new S3Target(Objects.requireNonNull(s.s3()), http, Duration.ofSeconds(20), CLOCK);
      assertThat(target.check()).contains("data");
      s3.answer(503, "<Error><Code>SlowDown</Code></Error>");
      assertThat(sender(s, target).send(request(s, "a", 0))).isEqualTo(SendResult.DELIVERED);
      List<HttpDouble.Got> got = s3.requests();
      assertThat(got.get(0).method()).isEqualTo("HEAD");
      assertThat(got.get(0).path()).isEqualTo("/data");
      HttpDouble.Got put = got.get(2);
      assertThat(put.method()).isEqualTo("PUT");
      assertThat(put.path())
          .startsWith("/data/tel/metrics/date=1970-01-01/hour=00/20231114T221320000Z-")
          .endsWith(".parquet")
          .isEqualTo(got.get(1).path());
      assertThat(put.header("Authorization"))
          .contains(
              "Credential=AK/20270115/eu-west-1/s3/aws4_request",
              "x-amz-checksum-sha256",
              "x-amz-security-token");
      assertThat(put.header("X-Amz-Security-Token")).isEqualTo("ST");
      assertThat(put.header("x-amz-content-sha256"))
          .isEqualTo(
              HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(put.body())));
      assertThat(new String(put.body(), 0, 4, StandardCharsets.US_ASCII)).isEqualTo("PAR1");

      s3.answer(403, "<Error><Code>AccessDenied</Code></Error>");
      assertThatThrownBy(() -> sender(s, target).send(request(s, "a", 0)))
          .hasMessageContaining("AccessDenied");
      s3.answer(404, "");
      assertThatThrownBy(target::check).hasMessageContaining("404");
    }
  }

  private static S3Target target(HttpDouble s3, HttpClientFactory http) {
    return target(s3, http, "");
  }

  private static S3Target target(HttpDouble s3, HttpClientFactory http, String more) {
    YamlDocument d =
        YamlDocument.parse(
            "c.yaml",
            null,
            "{s3: {bucket: data, region: eu-west-1, endpoint: '"
                + s3.url()
                + "', force_path_style: true, access_key: AK, secret_key: SK, part_bytes:"
                + " 5242880"
                + more
                + "}}");
    ParquetSettings s = ParquetSettings.TYPE.read(d.root());
    return new S3Target(Objects.requireNonNull(s.s3()), http, Duration.ofSeconds(20), CLOCK);
  }

  /** They come again under other names: leftovers would be there at every attempt. */
  @Test
  void removesPublishedFilesOfAFailedGroup() throws Exception {
    Files.createDirectories(folder.resolve("b/two.parquet/in the way"));
    DirectoryTarget directory = new DirectoryTarget(folder, CLOCK);
    List<FileTarget.NewFile> files =
        List.of(
            new FileTarget.NewFile("a/one.parquet", new byte[10]),
            new FileTarget.NewFile("b/two.parquet", new byte[10]),
            new FileTarget.NewFile("c/three.parquet", new byte[10]));
    assertThatThrownBy(() -> directory.publish(files)).isInstanceOf(IOException.class);
    try (Stream<Path> all = Files.walk(folder)) {
      assertThat(all.filter(Files::isRegularFile)).isEmpty();
    }
    try (HttpDouble s3 = new HttpDouble();
        HttpClientFactory http = new HttpClientFactory("tethys/test")) {
      s3.when(
          g -> g.method().equals("PUT") && g.path().contains("two"),
          403,
          "<Error><Code>AccessDenied</Code></Error>");
      assertThatThrownBy(() -> target(s3, http).publish(files)).hasMessageContaining("403");
      assertThat(s3.requests().stream().map(g -> g.method() + " " + g.path()))
          .containsExactly(
              "PUT /data/a/one.parquet",
              "PUT /data/b/two.parquet",
              "DELETE /data/a/one.parquet"); // nothing is stored of the other one
    }
  }

  private static FileTarget.NewFile small(String path) {
    return new FileTarget.NewFile(path, new byte[10]);
  }

  private static List<String> asked(HttpDouble s3) {
    return s3.requests().stream().map(g -> g.method() + " " + g.path()).toList();
  }

  /** Removal of a leftover is attempted, and the file is logged. */
  @Test
  void logsAFileThatCannotBeRemovedAndRemovesTheOthers() throws Exception {
    LogMessages log = LogMessages.of(S3Target.class);
    try (log;
        HttpDouble s3 = new HttpDouble();
        HttpClientFactory http = new HttpClientFactory("tethys/test")) {
      s3.when(g -> g.method().equals("DELETE") && g.path().contains("one"), 503, "SlowDown");
      s3.when(g -> g.method().equals("DELETE") && g.path().contains("two"), 403, "AccessDenied");
      s3.when(g -> g.method().equals("DELETE") && g.path().contains("three"), 404, "NoSuchKey");
      s3.when(g -> g.method().equals("PUT") && g.path().contains("five"), 403, "QuotaExceeded");
      assertThatThrownBy(
              () ->
                  target(s3, http)
                      .publish(
                          List.of(
                              small("one"),
                              small("two"),
                              small("three"),
                              small("four"),
                              small("five"),
                              small("six"))))
          .hasMessageContaining("QuotaExceeded");
      assertThat(asked(s3))
          .containsExactly(
              "PUT /data/one",
              "PUT /data/two",
              "PUT /data/three",
              "PUT /data/four",
              "PUT /data/five",
              "DELETE /data/one",
              "DELETE /data/one",
              "DELETE /data/one",
              "DELETE /data/one",
              "DELETE /data/two",
              "DELETE /data/three",
              "DELETE /data/four");
    }
    assertThat(log.messages()).hasSize(2);
    assertThat(log.messages().getFirst())
        .contains("Partial group dropped", "object=s3: data/one", "503: SlowDown");
    assertThat(log.messages().getLast())
        .contains("Partial group dropped", "object=s3: data/two", "403: AccessDenied");
  }

  /** A server error does not reveal what was done before; later responses do not either. */
  @Test
  void removesAFileWithAnUnknownOutcome() throws Exception {
    try (HttpDouble s3 = new HttpDouble();
        HttpClientFactory http = new HttpClientFactory("tethys/test")) {
      s3.answer(200, "");
      s3.answer(500, "InternalError");
      s3.answer(403, "AccessDenied");
      assertThatThrownBy(() -> target(s3, http).publish(List.of(small("one"), small("two"))))
          .hasMessageContaining("AccessDenied");
      assertThat(asked(s3))
          .containsExactly(
              "PUT /data/one",
              "PUT /data/two",
              "PUT /data/two",
              "DELETE /data/one",
              "DELETE /data/two");
    }
  }

  /**
   * The last file replaces a link to the folder that files are written in, which then can be
   * cleaned no more; all of the group is there.
   */
  @Test
  void deliversAPublishedGroupDespiteCleanupErrors() throws Exception {
    Path beside = folder.resolve(".tethys-unfinished");
    Files.createSymbolicLink(beside, Files.createDirectories(folder.resolve("elsewhere")));
    new DirectoryTarget(folder, CLOCK)
        .publish(
            List.of(
                new FileTarget.NewFile("a/one.parquet", new byte[10]),
                new FileTarget.NewFile(".tethys-unfinished", new byte[10])));
    assertThat(folder.resolve("a/one.parquet")).isRegularFile();
    assertThat(beside).isRegularFile();
  }

  /** Fails at the second part, permanently or temporarily; otherwise returns tags of parts. */
  @Test
  void abortsAMultipartUploadWhenAPartIsRejected() throws Exception {
    try (HttpDouble s3 = new HttpDouble();
        HttpClientFactory http = new HttpClientFactory("tethys/test")) {
      s3.when(
          g -> g.path().endsWith("?uploads="),
          200,
          "<InitiateMultipartUploadResult><UploadId>u/1+</UploadId></InitiateMultipartUploadResult>");
      s3.when(
          g -> g.path().contains("partNumber=2"), 403, "<Error><Code>QuotaExceeded</Code></Error>");
      s3.otherwise(200, "");
      s3.header("ETag", "\"tag\"");
      byte[] content = new byte[11 << 20];
      assertThatThrownBy(
              () -> target(s3, http).publish(List.of(new FileTarget.NewFile("a", content))))
          .hasMessageContaining("QuotaExceeded");
      assertThat(s3.requests())
          .extracting(g -> g.method() + " " + g.path())
          .containsExactly(
              "POST /data/a?uploads=",
              "PUT /data/a?partNumber=1&uploadId=u%2F1%2B",
              "PUT /data/a?partNumber=2&uploadId=u%2F1%2B",
              "DELETE /data/a?uploadId=u%2F1%2B"); // it does not exist without the completing
      // request
    }
  }

  /**
   * Storage class and encryption are set when an object starts, and signed like all of Amazon's
   * headers.
   */
  @Test
  void storesObjectsWithConfiguredSettings() throws Exception {
    try (HttpDouble s3 = new HttpDouble();
        HttpClientFactory http = new HttpClientFactory("tethys/test")) {
      s3.when(g -> g.path().endsWith("?uploads="), 200, "<UploadId>u</UploadId>");
      s3.otherwise(200, "");
      s3.header("ETag", "\"tag\"");
      S3Target target =
          target(
              s3,
              http,
              ", storage_class: STANDARD_IA, acl: bucket-owner-full-control,"
                  + " server_side_encryption: 'aws:kms', kms_key_id: 'alias/telemetry', checksums:"
                  + " false");
      target.publish(List.of(new FileTarget.NewFile("small", new byte[10])));
      target.publish(List.of(new FileTarget.NewFile("large", new byte[6 << 20])));
      List<HttpDouble.Got> got = s3.requests();
      for (int i : new int[] {0, 1}) {
        HttpDouble.Got g = got.get(i);
        assertThat(g.header("x-amz-storage-class")).isEqualTo("STANDARD_IA");
        assertThat(g.header("x-amz-acl")).isEqualTo("bucket-owner-full-control");
        assertThat(g.header("x-amz-server-side-encryption")).isEqualTo("aws:kms");
        assertThat(g.header("x-amz-server-side-encryption-aws-kms-key-id"))
            .isEqualTo("alias/telemetry");
        assertThat(g.header("Authorization"))
            .contains("x-amz-server-side-encryption-aws-kms-key-id;x-amz-storage-class");
      }
      assertThat(got.get(2).header("x-amz-storage-class")).isNull();
      assertThat(got)
          .hasSize(5)
          .allSatisfy(
              g -> {
                assertThat(g.header("x-amz-checksum-sha256")).isNull();
                assertThat(g.header("x-amz-checksum-algorithm")).isNull();
              });
      assertThat(got.getLast().text()).contains("<ETag>").doesNotContain("Checksum");
    }
    for (String wrong :
        List.of(
            "server_side_encryption: rot13",
            "kms_key_id: k",
            "server_side_encryption: AES256, kms_key_id: k",
            "storage_class: \"A\\nB\"",
            "acl: Public")) {
      YamlDocument d = YamlDocument.parse("c.yaml", null, "{s3: {bucket: data, " + wrong + "}}");
      assertThatThrownBy(() -> ParquetSettings.TYPE.read(d.root()))
          .as(wrong)
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining(wrong.substring(0, wrong.indexOf(':')));
    }
  }

  /** Completing a multipart upload may return an error with status 200. */
  @Test
  void retriesAnObjectThatIsNotCompleted() throws Exception {
    try (HttpDouble s3 = new HttpDouble();
        HttpClientFactory http = new HttpClientFactory("tethys/test")) {
      s3.when(g -> g.path().endsWith("?uploads="), 200, "<UploadId>u</UploadId>");
      s3.when(
          g -> g.method().equals("POST") && g.path().endsWith("uploadId=u"),
          200,
          "<Error><Code>InternalError</Code></Error>");
      s3.otherwise(200, "");
      s3.header("ETag", "\"tag\"");
      assertThatThrownBy(
              () ->
                  target(s3, http).publish(List.of(new FileTarget.NewFile("a", new byte[6 << 20]))))
          .hasMessageContaining("InternalError");
      assertThat(s3.requests().stream().map(g -> g.method() + " " + g.path()))
          .endsWith("DELETE /data/a?uploadId=u", "DELETE /data/a");
    }
  }

  @Test
  void resolvesBucketUrls() {
    YamlDocument d = YamlDocument.parse("c.yaml", null, "{s3: {bucket: data, region: cn-north-1}}");
    S3Settings s = Objects.requireNonNull(ParquetSettings.TYPE.read(d.root()).s3());
    assertThat(s.location().url("a/b=c", "cn-north-1"))
        .hasToString("https://data.s3.cn-north-1.amazonaws.com.cn/a/b=c");
    assertThat(s.location().url("", "us-east-1"))
        .hasToString("https://data.s3.us-east-1.amazonaws.com/");
  }

  @Test
  void rejectsInvalidSettings() throws ExecutionException {
    assertThatThrownBy(() -> settings(", s3: {bucket: data}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("directory");
    assertThatThrownBy(() -> settings(", partition: '../{job}'")).hasMessageContaining("{names}");
    assertThatThrownBy(() -> settings(", partition: 'a/{job'")).hasMessageContaining("{ without");
    assertThatThrownBy(() -> settings(", compression: lz4")).hasMessageContaining("compression");
    assertThatThrownBy(() -> settings(", max_file_age: 0s")).hasMessageContaining("max_file_age");
    assertThat(
            FolderTemplate.of(
                NameTemplate.parse("x/{l}", FolderTemplate.RULE), "metrics", 0, l -> ".."))
        .isEqualTo("x/_x2E.");
    assertThat(
            FolderTemplate.of(
                NameTemplate.parse("x/{l}", FolderTemplate.RULE), "metrics", 0, l -> "_x2E"))
        .isEqualTo("x/_x5Fx2E");
  }
}
