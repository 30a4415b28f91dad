package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files in a bucket of Adobe's S3 mock, see {@link S3MockServer}. */
@Tag("contrib")
class ParquetBucketTest {
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

  /** Samples that no compression makes small. */
  private static Batch batch(int samples) {
    Random random = new Random(7);
    WriteRequestWriter w = new WriteRequestWriter();
    w.beginSeries(Labels.of(Labels.METRIC_NAME, "noise", "job", "s3"));
    for (int i = 0; i < samples; i++) {
      w.sample(1_700_000_000_000L + random.nextInt(), random.nextDouble());
    }
    w.endSeries();
    return new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, w.toByteArray(), samples, 0);
  }

  private static String url() {
    return "http://127.0.0.1:" + s3.port() + "/telemetry/prod";
  }

  private static final Pattern OBJECT =
      Pattern.compile("<Key>([^<]+)</Key>.*?<Size>(\\d+)</Size>", Pattern.DOTALL);

  @Test
  void sendsLargeFileInParts() throws Exception {
    int samples = 1_000_000;
    try (TestPipeline p =
        new TestPipeline(
            Signal.METRICS,
            "parquet",
            "s3: {bucket: telemetry, prefix: large, region: eu-west-1, endpoint: 'http://127.0.0.1:"
                + s3.port()
                + "', force_path_style: true, access_key: AK, secret_key: SK, part_bytes: 5242880},"
                + " partition: all, max_file_age: 100ms, max_samples_per_send: 1000000,"
                + " max_request_bytes: 100000000")) {
      p.send(batch(samples));
      p.drain(TIME_LIMIT);
      assertThat(p.balance().out()).isEqualTo(samples);
    }
    Matcher m = OBJECT.matcher(s3.ask("GET", "/telemetry?list-type=2&prefix=large"));
    assertThat(m.find()).isTrue();
    int size = Integer.parseInt(m.group(2));
    assertThat(size).isGreaterThan(10 << 20);
    String content = s3.ask("GET", "/telemetry/" + m.group(1));
    assertThat(content).hasSize(size).startsWith("PAR1").endsWith("PAR1");
    // What is assembled of parts has a tag that says of how many.
    assertThat(s3.ask("GET", "/telemetry?list-type=2&prefix=large")).contains("-3\"</ETag>");
    assertThat(s3.ask("GET", "/telemetry?uploads")).doesNotContain("<UploadId>");
  }

  @Test
  void probesBucketByUrl() throws Exception {
    Printed printed =
        Printed.of(
            "exporter",
            "check",
            "parquet+" + url() + "?s3.region=eu-west-1&s3.access_key=AK&s3.secret_key=SK");
    assertThat(printed.err()).isEmpty();
    assertThat(printed.out()).contains("the bucket telemetry is there", "tethys_probe = 42.5");
    assertThat(printed.status()).isZero();
    assertThat(s3.ask("GET", "/telemetry?list-type=2&prefix=prod")).doesNotContain("tethys_probe");
  }

  @Test
  void probesFolderByUrl() {
    Printed printed = Printed.of("exporter", "check", "parquet+file://" + folder);
    assertThat(printed.err()).isEmpty();
    assertThat(printed.out()).contains("files can be made in " + folder);
    printed = Printed.of("exporter", "check", "parquet+gopher://x/");
    assertThat(printed.err()).contains("s3://bucket/prefix");
  }
}
