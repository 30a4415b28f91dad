package dev.tethys.pipeline.receiver.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.otlp.OtlpOptions;
import dev.tethys.codec.otlp.OtlpToSeries;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.codec.remote.SeriesEvent;
import dev.tethys.codec.remote.WriteRequestReader;
import dev.tethys.model.Histogram;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.pipeline.receiver.log.LogContext;
import dev.tethys.testkit.Shared;
import dev.tethys.testkit.Waiting;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Types of scraped metrics, and the series converted back from OTLP. */
@Timeout(120)
@Tag("slow")
class ScrapedTypesTest {
  private static final String OPEN_METRICS =
      "application/openmetrics-text; version=1.0.0; charset=utf-8";
  private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";

  private static final String PAGE =
      """
      # HELP requests_total Requests.
      # TYPE requests_total counter
      requests_total{code="200"} 5
      # TYPE jobs counter
      jobs 7
      # TYPE latency_seconds histogram
      # UNIT latency_seconds seconds
      latency_seconds_bucket{le="1"} 1
      latency_seconds_bucket{le="2.5"} 2
      latency_seconds_bucket{le="+Inf"} 3
      latency_seconds_sum 4
      latency_seconds_count 3
      # TYPE size summary
      size{quantile="0.5"} 9
      size_sum 20
      size_count 3
      # TYPE x counter
      x 1
      plain 2
      """;

  private record Page(String type, String text) {}

  private final TestPipeline pipeline = new TestPipeline();
  private final HttpClientFactory clients = new HttpClientFactory("test");
  private final Map<String, Page> pages = new ConcurrentHashMap<>();

  @SuppressWarnings("NullAway.Init") // before each test
  private HttpListener targets;

  private @Nullable PrometheusReceiver receiver;

  @BeforeEach
  void listen() throws IOException {
    targets =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0"),
            new Routes()
                .get(
                    "/pages/{page}",
                    (q, r) -> {
                      Page p = Objects.requireNonNull(pages.get(q.pathParam("page")));
                      r.send(p.type, p.text.getBytes(StandardCharsets.UTF_8));
                    }),
            null);
  }

  @AfterEach
  void stop() {
    if (receiver != null) {
      receiver.stop(Duration.ZERO);
    }
    targets.close();
    clients.close();
  }

  private String job(String page, String more) {
    return """
      - job_name: "%s"
        metrics_path: /pages/%s
        static_configs: [{targets: ["127.0.0.1:%d"]}]
    """
            .formatted(page, page, targets.port())
        + more;
  }

  private static PrometheusSettings settings(String global, String jobs) {
    return TestPipeline.read(
        PrometheusSettings.TYPE,
        "config:\n  global: " + global + "\n  scrape_configs:\n" + jobs.indent(2));
  }

  private PrometheusReceiver start(PrometheusSettings settings) throws IOException {
    PrometheusReceiver r =
        (PrometheusReceiver)
            new PrometheusReceiverFactory(clients, "test")
                .create(
                    settings,
                    pipeline.of(Signal.METRICS),
                    new LogContext("prometheus", Path.of("/")));
    receiver = r;
    r.start();
    return r;
  }

  private static Map<String, String> types(MetricsData data) {
    Map<String, String> out = new TreeMap<>();
    data.resources()
        .forEach(
            r ->
                r.scopes()
                    .forEach(
                        s -> {
                          for (Metric m : s.items()) {
                            out.put(
                                m.name(),
                                Objects.requireNonNull(m.data()).getClass().getSimpleName());
                          }
                        }));
    return out;
  }

  private static String job(Batch b) {
    WriteRequestReader in = new WriteRequestReader().reset(b.series(), 0, b.series().length);
    return in.nextSeries() ? in.labels().get("job") : "";
  }

  private List<Batch> of(String job) {
    return pipeline.batches.stream().filter(b -> job(b).equals(job)).toList();
  }

  /** Waits for batches of a job beyond those that exist. */
  private List<Batch> further(String job, int n) {
    int before = of(job).size();
    while (of(job).size() < before + n) {
      Waiting.pause();
    }
    List<Batch> all = of(job);
    return all.subList(before, all.size());
  }

  /** Waits for two more batches of each job. */
  private void furtherOfAll(List<String> jobs) {
    Map<String, Integer> missing = new HashMap<>();
    jobs.forEach(j -> missing.put(j, 2));
    for (int next = pipeline.batches.size(); !missing.isEmpty(); next++) {
      while (pipeline.batches.size() <= next) {
        Waiting.pause();
      }
      missing.computeIfPresent(job(pipeline.batches.get(next)), (j, n) -> n == 1 ? null : n - 1);
    }
  }

  @Test
  void keepsTypesOfTargetsInEveryScrape() throws Exception {
    pages.put("one", new Page(TEXT, PAGE));
    pages.put("two", new Page(TEXT, PAGE.replace("# TYPE x counter", "# TYPE x gauge")));
    String jobs = job("one", "") + job("two", "");
    PrometheusReceiver r = start(settings("{scrape_interval: 100ms}", jobs));
    further("two", 5);
    for (Batch b : of("one")) {
      assertThat(types(b.seriesAsOtlp().metrics()))
          .containsEntry("requests_total", "Sum")
          .containsEntry("jobs", "Sum")
          .containsEntry("latency_seconds", "Histogram")
          .containsEntry("size", "Summary")
          .containsEntry("x", "Sum")
          .containsEntry("plain", "Gauge")
          .containsEntry("up", "Gauge")
          .doesNotContainKeys("latency_seconds_bucket", "latency_seconds_sum", "size_count");
    }
    for (Batch b : of("two")) {
      assertThat(types(b.seriesAsOtlp().metrics())).containsEntry("x", "Gauge");
    }
    // joined as by a batch processor, and split again
    Batch joined =
        Batch.join(
            List.of(of("one").getLast(), of("two").getLast(), of("one").getLast()),
            0,
            Metadata.NONE);
    List<String> x = new ArrayList<>();
    joined
        .seriesAsOtlp()
        .metrics()
        .resources()
        .forEach(
            g ->
                g.scopes().getFirst().items().stream()
                    .filter(m -> m.name().equals("x"))
                    .forEach(
                        m -> x.add(Objects.requireNonNull(m.data()).getClass().getSimpleName())));
    assertThat(x).containsExactly("Sum", "Gauge");

    // Over a reload and with other labels.
    r.adjust(settings("{scrape_interval: 100ms, external_labels: {zone: a}}", jobs));
    assertThat(types(further("one", 3).getLast().seriesAsOtlp().metrics()))
        .containsEntry("x", "Sum")
        .containsEntry("latency_seconds", "Histogram");

    // The target changes a type and drops a family, whose staleness markers keep its type.
    pages.put(
        "one",
        new Page(
            TEXT,
            PAGE.replace("# TYPE x counter", "# TYPE x gauge")
                .replaceAll("(?m)^.*requests_total.*\n", "")));
    while (!"Gauge".equals(types(of("one").getLast().seriesAsOtlp().metrics()).get("x"))) {
      Waiting.pause();
    }
    for (Batch b : of("one")) {
      Map<String, String> t = types(b.seriesAsOtlp().metrics());
      if (t.containsKey("requests_total")) {
        assertThat(t).containsEntry("requests_total", "Sum");
      }
    }
    // staleness markers of a failing target have types too
    pages.put("one", new Page(TEXT, "{"));
    while (types(of("one").getLast().seriesAsOtlp().metrics()).containsKey("size")) {
      Waiting.pause();
    }
    assertThat(of("one"))
        .allSatisfy(
            b ->
                assertThat(types(b.seriesAsOtlp().metrics()))
                    .doesNotContainKeys("latency_seconds_bucket", "size_count"));
  }

  /** A page of {@code /federate}: parts of families together, each sample with its time. */
  @Test
  void keepsTypesOfFederatedSeries() throws Exception {
    long at = System.currentTimeMillis();
    pages.put(
        "federate",
        new Page(
            TEXT,
            """
            # HELP jobs_total Jobs.
            # TYPE jobs_total counter
            jobs_total{instance="i",job="a"} 1 AT
            # HELP lat Latency.
            # TYPE lat histogram
            lat_bucket{instance="i",job="a",le="+Inf"} 3 AT
            lat_bucket{instance="i",job="a",le="1.0"} 2 AT
            lat_bucket{instance="j",job="a",le="+Inf"} 3 AT
            lat_bucket{instance="j",job="a",le="1.0"} 2 AT
            lat_sum{instance="i",job="a"} 2 AT
            lat_sum{instance="j",job="a"} 2 AT
            lat_count{instance="i",job="a"} 3 AT
            lat_count{instance="j",job="a"} 3 AT
            # TYPE part_bucket untyped
            part_bucket{instance="i",job="a"} 2 AT
            # TYPE size summary
            size{instance="i",job="a",quantile="0.5"} 3 AT
            size_sum{instance="i",job="a"} 2 AT
            size_count{instance="i",job="a"} 3 AT
            """
                .replace("AT", Long.toString(at))));
    start(
        settings(
            "{scrape_interval: 100ms}",
            job("federate", "    honor_labels: true\n    params: {'match[]': ['{job=\"a\"}']}\n")));
    while (pipeline.batches.size() < 3) {
      Waiting.pause();
    }
    Batch b = pipeline.batches.get(2);
    assertThat(types(b.seriesAsOtlp().metrics()))
        .containsEntry("jobs_total", "Sum")
        .containsEntry("lat", "Histogram")
        .containsEntry("part_bucket", "Gauge")
        .containsEntry("size", "Summary")
        .doesNotContainKeys("lat_bucket", "lat_sum", "lat_count", "size_sum");
    assertThat(
            b.seriesAsOtlp().metrics().resources().stream()
                .flatMap(r -> r.scopes().stream())
                .flatMap(scope -> scope.items().stream())
                .filter(m -> m.name().equals("lat")))
        .isNotEmpty()
        .allSatisfy(m -> assertThat(m.description()).isEqualTo("Latency."));
    assertThat(behindOtlp(b)).containsExactlyElementsOf(series(b.series(), b.series().length));
  }

  @Test
  void keepsTypesOfRenamedSeries() throws Exception {
    pages.put("one", new Page(TEXT, PAGE));
    start(
        settings(
            "{scrape_interval: 100ms}",
            job(
                "one",
                """
                    metric_relabel_configs:
                      - {source_labels: [__name__], regex: "(.*)", target_label: __name__, replacement: "shop_$1"}
                """)));
    assertThat(types(further("one", 4).getLast().seriesAsOtlp().metrics()))
        .containsEntry("shop_requests_total", "Sum")
        .containsEntry("shop_jobs", "Sum")
        .containsEntry("shop_latency_seconds", "Histogram")
        .containsEntry("shop_size", "Summary")
        .containsEntry("shop_plain", "Gauge");
  }

  /** Full content of a histogram; empty buckets are omitted. */
  private static String shown(Histogram h) {
    return h.isStale()
        ? "stale"
        : h.schema()
            + " "
            + h.zeroThreshold()
            + " "
            + h.zeroCount()
            + " "
            + h.count()
            + " "
            + h.sum()
            + " "
            + shown(h.positiveSpans(), h.positive())
            + shown(h.negativeSpans(), h.negative())
            + Arrays.toString(h.customBounds());
  }

  private static Map<Integer, Double> shown(int[] spans, double[] buckets) {
    Map<Integer, Double> out = new TreeMap<>();
    int index = 0;
    int next = 0;
    for (int s = 0; s < spans.length; s += 2) {
      index += spans[s];
      for (int k = 0; k < spans[s + 1]; k++, index++) {
        if (buckets[next++] != 0) {
          out.put(index, buckets[next - 1]);
        }
      }
    }
    return out;
  }

  private static TreeSet<String> series(byte[] request, int length) {
    TreeSet<String> out = new TreeSet<>();
    WriteRequestReader in = new WriteRequestReader().reset(request, 0, length);
    while (in.nextSeries()) {
      for (SeriesEvent e = in.next(); e != SeriesEvent.END; e = in.next()) {
        switch (e) {
          case SAMPLE ->
              out.add(
                  in.labels()
                      + " "
                      + Double.toHexString(in.value())
                      + " "
                      + dev.tethys.model.Samples.isStale(in.value())
                      + " @"
                      + in.timestamp());
          case HISTOGRAM ->
              out.add(in.labels() + " " + shown(in.histogram()) + " @" + in.timestamp());
          default -> {}
        }
      }
    }
    return out;
  }

  private static TreeSet<String> behindOtlp(Batch b) {
    byte[] otlp = new OtlpWriter().write(b.seriesAsOtlp().metrics());
    OtlpToSeries to = new OtlpToSeries(OtlpOptions.DEFAULT);
    assertThat(to.convert(otlp, 0, otlp.length).rejected()).isZero();
    return series(to.body().buffer(), to.body().size());
  }

  @Test
  void seriesFromOtlpEqualThoseOfADirectScrape() throws Exception {
    pages.put("text", new Page(TEXT, PAGE));
    StringBuilder jobs = new StringBuilder(job("text", ""));
    List<String> names = new ArrayList<>(List.of("text"));
    for (Path p : Shared.conformanceFiles("openmetrics/testdata/parsers", "metrics")) {
      String name = Objects.requireNonNull(p.getParent()).getFileName().toString();
      String text = Files.readString(p, StandardCharsets.UTF_8);
      if (!name.startsWith("bad_") && !text.isEmpty()) {
        pages.put(name, new Page(OPEN_METRICS, text));
        names.add(name);
        jobs.append(job(name, "    honor_timestamps: false\n"));
      }
    }
    for (Path p : Shared.conformanceFiles("prometheus/textparse", ".txt")) {
      String name = p.getFileName().toString();
      pages.put(
          name,
          new Page(
              name.contains(".om.") ? OPEN_METRICS : TEXT,
              Files.readString(p, StandardCharsets.UTF_8)));
      names.add(name);
      jobs.append(job(name, "    honor_timestamps: false\n"));
      jobs.append(
          job(name, "    honor_timestamps: false\n    convert_classic_histograms_to_nhcb: true\n")
              .replaceFirst("job_name: \"", "job_name: \"nhcb "));
    }
    start(settings("{scrape_interval: 1s}", jobs.toString()));
    furtherOfAll(names);
    // The end of a target ends each of its series.
    pages.replaceAll((n, p) -> new Page(p.type, "{"));
    furtherOfAll(names);
    assertThat(pipeline.batches)
        .allSatisfy(
            b ->
                assertThat(behindOtlp(b))
                    .as(job(b))
                    .containsExactlyElementsOf(series(b.series(), b.series().length)));
  }

  @Test
  void logsAFailedScrapeAndItsRecoveryOnce() throws Exception {
    List<String> lines = new CopyOnWriteArrayList<>();
    Handler h =
        new Handler() {
          @Override
          public void publish(LogRecord r) {
            lines.add(
                r.getLevel()
                    + " "
                    + java.text.MessageFormat.format(r.getMessage(), r.getParameters()));
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger log = Logger.getLogger("log test");
    log.addHandler(h);
    try {
      pages.put("one", new Page(TEXT, "{"));
      start(settings("{scrape_interval: 100ms}", job("one", "")));
      further("one", 4);
      assertThat(lines)
          .singleElement()
          .asString()
          .startsWith("WARNING receiver prometheus: Scrape failed job=one target=http://127.0.0.1:")
          .contains("error=");
      pages.put("one", new Page(TEXT, PAGE));
      while (lines.size() < 2) {
        Waiting.pause();
      }
      assertThat(lines.get(1)).contains("Scrape recovered job=one");
    } finally {
      log.removeHandler(h);
    }
  }
}
