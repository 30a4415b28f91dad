package dev.tethys.collect.receive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.remote.ChunkedReadReader;
import dev.tethys.codec.remote.ReadRequest;
import dev.tethys.codec.remote.WriteMessage;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.testkit.MemoryMetricStore;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Shared;
import dev.tethys.testkit.Waiting;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Against a real Prometheus: it writes to us, it reads from us, and we read what it stored. */
@Tag("slow")
class PrometheusPeerTest {
  @TempDir private Path dir;
  private final MemoryMetricStore store = new MemoryMetricStore();
  private final HttpClient http = HttpClient.newHttpClient();
  private HttpListener listener;
  private @Nullable Process prometheus;
  private int port;

  @BeforeEach
  void listen() throws IOException {
    Registry registry = new Registry();
    Routes routes = new Routes();
    WebReceivers.add(
        routes,
        WebReceivers.WRITE,
        new RemoteWriteReceiver(
            store,
            RemoteWriteOptions.DEFAULT,
            ReceiveLimits.DEFAULT,
            registry,
            InstantSource.system()));
    WebReceivers.add(
        routes,
        WebReceivers.READ,
        new RemoteReadReceiver(
            store, () -> Labels.EMPTY, RemoteReadOptions.DEFAULT, ReceiveLimits.DEFAULT, registry));
    port = Ports.free();
    listener = HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), routes, null);
  }

  @AfterEach
  void stop() throws InterruptedException {
    Process p = prometheus;
    if (p != null) {
      p.destroy();
      if (!p.waitFor(10, TimeUnit.SECONDS)) {
        p.destroyForcibly();
      }
    }
    listener.close();
  }

  private void start(String config, String... flags) throws Exception {
    Path file = Files.writeString(dir.resolve("prometheus.yml"), config);
    List<String> command =
        new ArrayList<>(
            List.of(
                Shared.peer("prometheus").toString(),
                "--config.file=" + file,
                "--storage.tsdb.path=" + dir.resolve("data"),
                "--web.listen-address=127.0.0.1:" + port,
                "--log.level=warn"));
    command.addAll(List.of(flags));
    prometheus =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(dir.resolve("log").toFile())
            .start();
    until(
        () -> {
          try {
            return get("/-/ready").statusCode() == 200;
          } catch (IOException e) {
            return false;
          }
        });
  }

  private HttpResponse<String> get(String path) throws IOException {
    try {
      return http.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
          HttpResponse.BodyHandlers.ofString());
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  /** A peer's progress can only be watched; the deadline is for a machine that is busy. */
  private void until(BooleanSupplier done) throws Exception {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!done.getAsBoolean()) {
      assertThat(System.nanoTime()).as(Files.readString(dir.resolve("log"))).isLessThan(deadline);
      Waiting.pause();
    }
  }

  @ParameterizedTest
  @EnumSource(WriteMessage.class)
  void acceptsScrapesFromPrometheus(WriteMessage message) throws Exception {
    start(
        """
        global:
          scrape_interval: 1s
          external_labels: {dc: here}
        scrape_configs:
          - job_name: self
            static_configs: [{targets: ["127.0.0.1:PORT"]}]
        remote_write:
          - url: http://127.0.0.1:OURS/api/v1/write
            protobuf_message: MESSAGE
            send_native_histograms: true
            queue_config: {batch_send_deadline: 1s}
            metadata_config: {send_interval: 1s}
        """
            .replace("PORT", Integer.toString(port))
            .replace("OURS", Integer.toString(listener.port()))
            .replace("MESSAGE", message.message()),
        "--enable-feature=metadata-wal-records");
    until(
        () ->
            store.dump().stream().filter(l -> l.startsWith("up{dc=\"here\"")).count() >= 2
                && store.metadata().containsKey("prometheus_build_info"));
    assertThat(store.dump()).anyMatch(l -> l.contains("up{dc=\"here\"") && l.endsWith(" 1.0"));
  }

  private static Histogram histogram(int i, boolean integer, boolean custom) {
    double step = integer ? 1 : 1.5;
    int[] spans = i < 130 ? new int[] {1, 2} : new int[] {1, 2, 3, 1};
    double[] buckets =
        i < 130
            ? new double[] {i * step, 2 * i * step}
            : new double[] {i * step, 2 * i * step, i * step};
    double sum = 0;
    for (double b : buckets) {
      sum += b;
    }
    return new Histogram(
        integer,
        Histogram.ResetHint.UNKNOWN,
        custom ? Histogram.CUSTOM_BUCKETS : 3,
        custom ? 0 : 0.001,
        custom ? 0 : i,
        sum + (custom ? 0 : i),
        i * 0.25,
        spans,
        buckets,
        custom ? new int[0] : new int[] {-4, 1},
        custom ? new double[0] : new double[] {0},
        custom ? new double[] {0.5, 1, 2.25, 1e9, 1e10, 1e11, 1e12} : null);
  }

  private static final Labels[] SERIES = {
    Labels.of("__name__", "f"),
    Labels.of("__name__", "hi"),
    Labels.of("__name__", "hf"),
    Labels.of("__name__", "hc")
  };

  private static Histogram ofSeries(int s, int i) {
    return histogram(i, s != 2, s == 3);
  }

  @Test
  void prometheusReadsOurChunks() throws Exception {
    long end = System.currentTimeMillis() / 15_000 * 15_000;
    try (Appender a = store.appender()) {
      for (int s = 0; s < SERIES.length; s++) {
        long ref = a.series(SERIES[s]);
        for (int i = 0; i < 250; i++) {
          long t = end - (250 - i) * 15_000L;
          if (s == 0) {
            a.append(ref, 0, t, i % 7 == 0 ? 1e300 / (i + 1) : i * 0.5);
          } else {
            a.append(ref, 0, t, ofSeries(s, i));
          }
        }
      }
      a.commit();
    }
    start(
        """
        remote_read:
          - url: http://127.0.0.1:OURS/api/v1/read
            read_recent: true
        """
            .replace("OURS", Integer.toString(listener.port())));
    assertThat(value("count_over_time(f[2h])", end)).isEqualTo("250");
    double sum = 0;
    for (int i = 0; i < 250; i++) {
      sum += i % 7 == 0 ? 0 : i * 0.5;
    }
    assertThat(Double.parseDouble(value("sum_over_time((f < 1e6)[2h:15s])", end - 15_000)))
        .isEqualTo(sum);
    for (String h : new String[] {"hi", "hf", "hc"}) {
      assertThat(value("count_over_time(" + h + "[2h])", end)).as(h).isEqualTo("250");
      Histogram last = ofSeries(h.equals("hi") ? 1 : h.equals("hf") ? 2 : 3, 249);
      assertThat(Double.parseDouble(value("histogram_count(" + h + ")", end)))
          .isEqualTo(last.count());
      assertThat(Double.parseDouble(value("histogram_sum(" + h + ")", end))).isEqualTo(last.sum());
      assertThat(
              Double.parseDouble(
                  value("sum_over_time(histogram_count(" + h + ")[2h:15s])", end - 15_000)))
          .as(h)
          .isEqualTo(
              java.util.stream.IntStream.range(0, 250)
                  .mapToDouble(
                      i -> ofSeries(h.equals("hi") ? 1 : h.equals("hf") ? 2 : 3, i).count())
                  .sum());
    }
    String json = query("hi", end);
    assertThat(json).contains("\"buckets\":");
  }

  private String query(String expr, long time) throws IOException {
    return get("/api/v1/query?time="
            + time / 1000.0
            + "&query="
            + URLEncoder.encode(expr, StandardCharsets.UTF_8))
        .body();
  }

  private String value(String expr, long time) throws IOException {
    String json = query(expr, time);
    int at = json.indexOf("\"value\":[");
    assertThat(at).as(expr + " " + json).isPositive();
    int from = json.indexOf('"', at + 9) + 1;
    return json.substring(from, json.indexOf('"', from));
  }

  @Test
  void readsChunksThatItStored() throws Exception {
    long end = System.currentTimeMillis() / 15_000 * 15_000;
    start("{}\n", "--web.enable-remote-write-receiver", "--enable-feature=native-histograms");
    WriteRequestWriter w = new WriteRequestWriter();
    for (int s = 0; s < SERIES.length; s++) {
      w.beginSeries(SERIES[s]);
      for (int i = 0; i < 200; i++) {
        long t = end - (200 - i) * 15_000L;
        if (s == 0) {
          w.sample(t, i * 0.5);
        } else {
          w.histogram(t, ofSeries(s, i));
        }
      }
      w.endSeries();
    }
    HttpResponse<byte[]> written = post("/api/v1/write", w.toByteArray());
    assertThat(written.statusCode())
        .as(new String(written.body(), StandardCharsets.UTF_8))
        .isEqualTo(204);
    ReadRequest request =
        new ReadRequest(
            List.of(
                new ReadRequest.Query(
                    0, end, List.of(Matcher.of(Matcher.Type.REGEX, "__name__", "f|h.")), null)),
            List.of(ReadRequest.STREAMED_XOR_CHUNKS));
    HttpResponse<byte[]> answer = post("/api/v1/read", request.encode());
    assertThat(answer.headers().firstValue("Content-Type").orElse(""))
        .startsWith("application/x-streamed-protobuf");
    ChunkedReadReader in =
        new ChunkedReadReader(new java.io.ByteArrayInputStream(answer.body()), 1 << 22);
    int[] seen = new int[SERIES.length];
    while (in.next(
        (q, labels, samples) -> {
          int s = List.of(SERIES).indexOf(labels);
          for (int i = 0; i < samples.size; i++) {
            check(s, seen[s]++, end, samples, i);
          }
        })) {}
    assertThat(seen).containsOnly(200);
  }

  private static void check(int s, int n, long end, SampleBuffer b, int i) {
    assertThat(b.timestamps[i]).isEqualTo(end - (200 - n) * 15_000L);
    Histogram h = b.histograms == null ? null : b.histograms[i];
    if (s == 0) {
      assertThat(h).isNull();
      assertThat(b.values[i]).isEqualTo(n * 0.5);
      return;
    }
    Histogram want = ofSeries(s, n);
    if (h == null) {
      throw new AssertionError("sample " + n + " of " + SERIES[s] + " is not a histogram");
    }
    assertThat(h.integer()).isEqualTo(want.integer());
    assertThat(h.schema()).isEqualTo(want.schema());
    assertThat(h.count()).isEqualTo(want.count());
    assertThat(h.sum()).isEqualTo(want.sum());
    assertThat(h.zeroCount()).isEqualTo(want.zeroCount());
    assertThat(h.zeroThreshold()).isEqualTo(want.zeroThreshold());
    assertThat(java.util.Arrays.stream(h.positive()).filter(x -> x != 0).toArray())
        .isEqualTo(java.util.Arrays.stream(want.positive()).filter(x -> x != 0).toArray());
    assertThat(h.customBounds()).isEqualTo(want.customBounds());
  }

  private HttpResponse<byte[]> post(String path, byte[] message) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .header("Content-Encoding", "snappy")
            .header("Content-Type", "application/x-protobuf")
            .POST(
                HttpRequest.BodyPublishers.ofByteArray(
                    SnappyBlock.encode(message, 0, message.length)))
            .build(),
        HttpResponse.BodyHandlers.ofByteArray());
  }
}
