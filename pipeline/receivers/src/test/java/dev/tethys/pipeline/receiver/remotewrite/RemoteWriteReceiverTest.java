package dev.tethys.pipeline.receiver.remotewrite;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.remote.SeriesEvent;
import dev.tethys.codec.remote.WriteRequestReader;
import dev.tethys.codec.remote.WriteRequestV2Writer;
import dev.tethys.config.ConfigException;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ServerAuth;
import dev.tethys.pipeline.receiver.Protos;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.pipeline.server.HttpServerSettings;
import dev.tethys.pipeline.server.PushReceiver;
import dev.tethys.testkit.Shared;
import dev.tethys.testkit.Waiting;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("slow")
class RemoteWriteReceiverTest {
  private static final String V2 = "application/x-protobuf;proto=io.prometheus.write.v2.Request";
  private static final String SMALL =
      "{endpoint: '127.0.0.1:0', max_request_body_size: 100000, include_metadata: true}";

  @TempDir private Path dir;
  private final TestPipeline pipeline = new TestPipeline();
  private final HttpClient http = HttpClient.newHttpClient();
  private @Nullable PushReceiver receiver;
  private @Nullable Process prometheus;

  @AfterEach
  void stop() throws InterruptedException {
    Process p = prometheus;
    if (p != null) {
      p.destroy();
      if (!p.waitFor(30, TimeUnit.SECONDS)) {
        p.destroyForcibly();
      }
    }
    http.close();
    if (receiver != null) {
      receiver.stop(Duration.ZERO);
    }
  }

  private static HttpServerSettings settings(String yaml) {
    return TestPipeline.read(new RemoteWriteReceiverFactory().settings(), yaml);
  }

  private int start(String yaml, @Nullable ServerAuth auth) throws IOException {
    PushReceiver r =
        RemoteWriteReceiverFactory.receiver(
            settings(yaml), pipeline.of(Signal.METRICS), auth, System::nanoTime);
    r.start();
    receiver = r;
    return r.httpPort();
  }

  private HttpResponse<String> post(int port, byte[] body, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder b =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/v1/write"))
            .POST(BodyPublishers.ofByteArray(body));
    for (int i = 0; i < headers.length; i += 2) {
      b.setHeader(headers[i], headers[i + 1]);
    }
    return http.send(b.build(), BodyHandlers.ofString());
  }

  private static byte[] snappy(byte[] b) {
    return Compression.SNAPPY.compress(b, 0, b.length, -1);
  }

  private static String written(HttpResponse<?> r, String what) {
    return r.headers()
        .firstValue("X-Prometheus-Remote-Write-" + what + "-Written")
        .orElse("nothing said");
  }

  private static List<String> samples(Batch b) {
    List<String> out = new ArrayList<>();
    WriteRequestReader r = new WriteRequestReader().reset(b.body(), 0, b.body().length);
    while (r.nextSeries()) {
      Labels l =
          WriteRequestReader.LABELS.decode(r.labelBuffer(), r.labelOffset(), r.labelLength());
      for (SeriesEvent e = r.next(); e != SeriesEvent.END; e = r.next()) {
        if (e == SeriesEvent.SAMPLE) {
          out.add(l + " " + r.value() + " @" + r.timestamp());
        } else {
          out.add(l + " " + e);
        }
      }
    }
    return out;
  }

  private static byte[] request(Object... series) {
    Object[] fields = new Object[series.length * 2];
    for (int i = 0; i < series.length; i++) {
      fields[2 * i] = "timeseries";
      fields[2 * i + 1] = series[i];
    }
    return Protos.of("WriteRequest", fields).toByteArray();
  }

  @Test
  void passesValidRequestsUnchanged() throws Exception {
    int port = start(SMALL, null);
    byte[] b =
        request(
            Protos.series(1, 1000, "__name__", "up", "job", "a"),
            Protos.series(2, 1000, "__name__", "up", "job", "b"));
    HttpResponse<String> r = post(port, snappy(b), "X-Scope-OrgID", "tenant-a");
    assertThat(r.statusCode()).isEqualTo(204);
    assertThat(written(r, "Samples")).isEqualTo("2");
    assertThat(written(r, "Histograms")).isEqualTo("0");
    Batch batch = pipeline.batches.getFirst();
    assertThat(batch.encoding()).isEqualTo(Encoding.REMOTE_WRITE);
    assertThat(batch.items()).isEqualTo(2);
    assertThat(batch.lane()).as("samples keep their order").isNotZero();
    assertThat(batch.body()).isEqualTo(b);
    assertThat(batch.metadata().get("x-scope-orgid")).containsExactly("tenant-a");
  }

  @Test
  void oneInvalidSeriesAffectsNoOther() throws Exception {
    int port = start(SMALL, null);
    byte[] b =
        request(
            Protos.series(1, 1, "__name__", "good"),
            Protos.series(2, 1, "job", "nameless"),
            Protos.series(3, 1, "job", "x", "__name__", "unsorted"),
            Protos.series(4, 1, "__name__", "twice", "a", "1", "a", "2"),
            Protos.series(5, 1, "__name__", "last"));
    HttpResponse<String> r = post(port, snappy(b), "Content-Encoding", "snappy");
    assertThat(r.statusCode()).isEqualTo(400);
    assertThat(r.body())
        .contains("invalid metric name or labels, got {job=\"nameless\"}", "duplicated label a");
    assertThat(written(r, "Samples")).isEqualTo("3");
    assertThat(samples(pipeline.batches.getFirst()))
        .containsExactly(
            "{__name__=\"good\"} 1.0 @1",
            "{__name__=\"unsorted\", job=\"x\"} 3.0 @1",
            "{__name__=\"last\"} 5.0 @1");
  }

  @Test
  void translatesVersion2() throws Exception {
    int port = start(SMALL, null);
    WriteRequestV2Writer w = new WriteRequestV2Writer();
    w.beginSeries(Labels.of("__name__", "up", "job", "a")).sample(7, 9, 1.5).endSeries();
    w.beginSeries(Labels.of("job", "nameless")).sample(0, 9, 1).endSeries();
    HttpResponse<String> r =
        post(port, snappy(w.toByteArray()), "Content-Type", V2, "Content-Encoding", "snappy");
    assertThat(r.statusCode()).isEqualTo(400);
    assertThat(r.body()).contains("nameless");
    assertThat(written(r, "Samples")).isEqualTo("1");
    assertThat(samples(pipeline.batches.getFirst()))
        .containsExactly("{__name__=\"up\", job=\"a\"} 1.5 @9");
  }

  @Test
  void reportsOutcomesOfDestinations() throws Exception {
    int port = start(SMALL, null);
    byte[] b =
        snappy(
            request(
                Protos.series(1, 1, "__name__", "a"),
                Protos.series(1, 1, "__name__", "b"),
                Protos.series(1, 1, "__name__", "c")));
    pipeline.outcome = new Outcome.Rejected("out of order sample", 2);
    HttpResponse<String> partial = post(port, b);
    assertThat(partial.statusCode()).isEqualTo(400);
    assertThat(partial.body()).isEqualTo("out of order sample\n");
    assertThat(written(partial, "Samples")).isEqualTo("1");
    pipeline.outcome = new Outcome.Unavailable("queue is full", Duration.ofMillis(2500));
    HttpResponse<String> busy = post(port, b);
    assertThat(busy.statusCode()).isEqualTo(503);
    assertThat(busy.headers().firstValue("Retry-After")).hasValue("3");
    assertThat(written(busy, "Samples")).isEqualTo("0");
  }

  @Test
  void rejectsInvalidRequests() throws Exception {
    int port = start(SMALL, null);
    assertThat(post(port, "no snappy".getBytes(UTF_8)).statusCode()).isEqualTo(400);
    assertThat(post(port, snappy(new byte[] {10, 5, 1})).statusCode()).isEqualTo(400);
    assertThat(post(port, new byte[100_001]).statusCode()).isEqualTo(413);
    assertThat(post(port, snappy(new byte[100_001])).statusCode()).isEqualTo(413);
    assertThat(post(port, snappy(request()), "Content-Type", "text/plain").statusCode())
        .isEqualTo(415);
    assertThat(
            post(port, snappy(request()), "Content-Type", "application/x-protobuf;proto=a.B")
                .statusCode())
        .isEqualTo(415);
    assertThat(post(port, snappy(request()), "Content-Encoding", "br").statusCode()).isEqualTo(400);
    assertThat(pipeline.batches).isEmpty();
    assertThat(post(port, snappy(request())).statusCode()).isEqualTo(204);
    byte[] b = request(Protos.series(1, 1, "__name__", "a"));
    assertThat(
            post(port, Compression.ZSTD.compress(b, 0, b.length, -1), "Content-Encoding", "zstd")
                .statusCode())
        .as("as VictoriaMetrics sends")
        .isEqualTo(204);
  }

  @Test
  void authenticatesWithAnExtension() throws Exception {
    int port = start(SMALL, headers -> headers.apply("x-key").contains("secret"));
    byte[] b = snappy(request(Protos.series(1, 1, "__name__", "a")));
    assertThat(post(port, b).statusCode()).isEqualTo(401);
    assertThat(post(port, b, "X-Key", "secret").statusCode()).isEqualTo(204);
    assertThat(pipeline.batches).hasSize(1);
  }

  @Test
  void rejectsInvalidSettings() {
    assertThat(settings("{}").endpoint()).isEqualTo("localhost:9090");
    assertThat(new RemoteWriteReceiverFactory().aliases()).contains("prometheusremotewrite");
    assertThatThrownBy(() -> settings("{endpont: a}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("did you mean \"endpoint\"");
    assertThatThrownBy(() -> settings("{time_threshold: 24}"))
        .hasMessageContaining("time_threshold");
  }

  /** A peer's progress can only be watched; the deadline is for a machine that is busy. */
  @ParameterizedTest
  @ValueSource(strings = {"prometheus.WriteRequest", "io.prometheus.write.v2.Request"})
  void receivesFromARealPrometheus(String message) throws Exception {
    int ours = start("{endpoint: '127.0.0.1:0'}", null);
    int port;
    try (ServerSocket s = new ServerSocket(0)) {
      port = s.getLocalPort();
    }
    Path program = Shared.peer("prometheus");
    Path file =
        Files.writeString(
            dir.resolve("prometheus.yml"),
            """
            global: {scrape_interval: 1s, external_labels: {dc: here}}
            scrape_configs:
              - job_name: self
                static_configs: [{targets: ["127.0.0.1:%d"]}]
            remote_write:
              - url: http://127.0.0.1:%d/api/v1/write
                protobuf_message: %s
                queue_config: {batch_send_deadline: 1s}
            """
                .formatted(port, ours, message));
    prometheus =
        new ProcessBuilder(
                program.toString(),
                "--config.file=" + file,
                "--storage.tsdb.path=" + dir.resolve("data"),
                "--web.listen-address=127.0.0.1:" + port,
                "--log.level=warn")
            .redirectErrorStream(true)
            .redirectOutput(dir.resolve("log").toFile())
            .start();
    long deadline = System.nanoTime() + Duration.ofSeconds(90).toNanos();
    while (pipeline.batches.stream()
            .flatMap(b -> samples(b).stream())
            .filter(s -> s.startsWith("{__name__=\"up\", dc=\"here\"") && s.contains(" 1.0 @"))
            .count()
        < 2) {
      assertThat(System.nanoTime()).as(Files.readString(dir.resolve("log"))).isLessThan(deadline);
      Waiting.pause();
    }
    assertThat(pipeline.batches).allMatch(b -> b.items() == samples(b).size());
  }
}
