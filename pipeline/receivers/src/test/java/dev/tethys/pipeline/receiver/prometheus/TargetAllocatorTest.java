package dev.tethys.pipeline.receiver.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.pipeline.receiver.log.LogContext;
import dev.tethys.testkit.Waiting;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Receiver with an allocator double, which is also one of the targets. */
@Timeout(60)
@Tag("slow")
class TargetAllocatorTest {
  private final TestPipeline pipeline = new TestPipeline();
  private final HttpClientFactory clients = new HttpClientFactory("test");
  private final Set<String> asked = ConcurrentHashMap.newKeySet();
  private volatile String jobs = "";

  @SuppressWarnings("NullAway.Init") // before each test
  private HttpListener allocator;

  private @Nullable PrometheusReceiver receiver;

  @BeforeEach
  void listen() throws IOException {
    allocator =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0"),
            new Routes()
                .get(
                    "/scrape_configs",
                    (q, r) -> {
                      if (jobs.isEmpty() || !List.of("yes").equals(q.headers("X-Key"))) {
                        throw new HttpException(503, "not yet");
                      }
                      r.send("application/json", jobs.getBytes(StandardCharsets.UTF_8));
                    })
                .get(
                    "/jobs/{job}/targets",
                    (q, r) -> {
                      asked.add(q.pathParam("job") + " " + q.rawQuery());
                      r.send(
                          "application/json",
                          "[{\"targets\":[\"127.0.0.1:%d\"],\"labels\":{\"pod\":\"p\"}}]"
                              .formatted(allocator.port())
                              .getBytes(StandardCharsets.UTF_8));
                    })
                .get("/metrics/{of}", (q, r) -> r.send("of_" + q.pathParam("of") + " 1\n")),
            null);
  }

  @AfterEach
  void stop() {
    if (receiver != null) {
      receiver.stop(Duration.ZERO);
    }
    allocator.close();
    clients.close();
  }

  private PrometheusSettings settings(String more) {
    return TestPipeline.read(
        PrometheusSettings.TYPE,
        """
        target_allocator:
          endpoint: http://127.0.0.1:%d/
          interval: 50ms
          collector_id: pod/1
          headers: {X-Key: "yes"}
          http_sd_config: {refresh_interval: 1s}
        %s
        """
            .formatted(allocator.port(), more));
  }

  private PrometheusReceiver start(String more) throws IOException {
    PrometheusReceiver r =
        (PrometheusReceiver)
            new PrometheusReceiverFactory(clients, "test")
                .create(
                    settings(more),
                    pipeline.of(Signal.METRICS),
                    new LogContext("prometheus", Path.of("/")));
    receiver = r;
    r.start();
    return r;
  }

  private boolean came(String metric) {
    return pipeline.batches.stream()
        .anyMatch(b -> new String(b.body(), StandardCharsets.ISO_8859_1).contains(metric));
  }

  private void await(String metric) {
    while (!came(metric)) {
      Waiting.pause();
    }
  }

  private static String job(String name, String path) {
    return """
    "%s": {"job_name": "%s", "scrape_interval": "1s", "scrape_timeout": "1s",
      "metrics_path": "/metrics/%s",
      "kubernetes_sd_configs": [{"role": "pod"}],
      "metric_relabel_configs": [{"target_label": "shard", "replacement": "s$(SHARD)"}]}
    """
        .formatted(name, name, path);
  }

  @Test
  void followsJobsOfTheAllocator() throws Exception {
    start("");
    jobs = "{" + job("serviceMonitor/a/b", "first") + "}";
    await("of_first");
    assertThat(asked).contains("serviceMonitor/a/b collector_id=pod%2F1");
    assertThat(came("s0")).as("the shard").isTrue();
    assertThat(came("pod")).as("labels of targets").isTrue();
    jobs = "{" + job("other", "second") + "}";
    await("of_second");
  }

  @Test
  void keepsJobsOnInvalidResponses() throws Exception {
    start("");
    jobs = "{" + job("a", "first") + "}";
    await("of_first");
    jobs = "{\"a\": {\"job_name\": \"a\", \"nonsense\": 1}}";
    pipeline.batches.clear();
    await("of_first");
  }

  @Test
  void requestsTargetsWithItsClientSettings() {
    TargetAllocator.Settings s =
        TestPipeline.read(
                PrometheusSettings.TYPE,
                "target_allocator: {endpoint: 'http://a/', collector_id: x, force_attempt_http2:"
                    + " false, disable_keep_alives: true}")
            .allocator();
    HttpClientConfig c = Objects.requireNonNull(s).discovery().client();
    assertThat(c.enableHttp2()).isFalse();
    assertThat(c.connections().single()).isTrue();
  }

  @Test
  void keepsConfiguredJobs() throws Exception {
    start(
        """
        config:
          scrape_configs:
          - job_name: own
            scrape_interval: 1s
            scrape_timeout: 1s
            metrics_path: /metrics/own
            fallback_scrape_protocol: PrometheusText0.0.4
            static_configs: [{targets: ["127.0.0.1:%d"]}]
        """
            .formatted(allocator.port()));
    await("of_own");
    jobs = "{" + job("a", "first") + "}";
    await("of_first");
    pipeline.batches.clear();
    await("of_own");
  }

  @Test
  void keepsAssignedTargetsOnReload() throws Exception {
    PrometheusReceiver r = start("");
    jobs = "{" + job("a", "first") + "}";
    await("of_first");
    jobs = "";
    r.adjust(settings("config: {scrape_configs: [{job_name: none}]}"));
    pipeline.batches.clear();
    await("of_first");
  }
}
