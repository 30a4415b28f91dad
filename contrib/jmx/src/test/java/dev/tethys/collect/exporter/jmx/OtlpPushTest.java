package dev.tethys.collect.exporter.jmx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.collect.exporter.MetricsSource;
import dev.tethys.collect.exporter.ProbeException;
import dev.tethys.config.ConfigException;
import dev.tethys.config.Secret;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.web.Grpc;
import dev.tethys.web.GrpcException;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import dev.tethys.web.client.HttpClientFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pushes that are not taken, and settings outside the file. */
@Timeout(120)
@Tag("slow")
class OtlpPushTest {
  private final BlockingQueue<byte[]> requests = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> log = new LinkedBlockingQueue<>();
  private final AtomicInteger refusals = new AtomicInteger();
  private final AtomicInteger looks = new AtomicInteger();
  private volatile int status = 503;
  private volatile String location = "";
  private final Logger logger = Logger.getLogger(OtlpPush.class.getName());
  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord r) {
          log.add(new java.util.logging.SimpleFormatter().formatMessage(r));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };
  private HttpListener listener;
  private HttpClientFactory clients;

  @BeforeEach
  void serve() throws Exception {
    logger.addHandler(handler);
    clients = new HttpClientFactory("test");
    listener =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0"),
            new Routes()
                .get("/elsewhere", (q, r) -> r.send("a page to log in"))
                .post(
                    "/v1/metrics",
                    (q, r) -> {
                      requests.add(q.bodyBytes(1 << 20));
                      boolean refused = refusals.getAndDecrement() > 0;
                      if (refused && !location.isEmpty()) {
                        r.header("Location", location);
                      }
                      r.status(refused ? status : 200).send();
                    })
                .post(
                    "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
                    Grpc.unary(
                        1 << 20,
                        (message, q) -> {
                          requests.add(message);
                          if (refusals.getAndDecrement() > 0) {
                            throw new GrpcException(GrpcException.Status.UNAVAILABLE, "busy");
                          }
                          return new byte[0];
                        })),
            null);
  }

  @AfterEach
  void end() {
    listener.close();
    clients.close();
    logger.removeHandler(handler);
  }

  /** Another page each time. */
  private MetricsSource page() {
    return p ->
        List.of(
            new MetricFamily(
                "looks",
                MetricType.GAUGE,
                "",
                "",
                List.of(new MetricFamily.Metric(Labels.EMPTY, looks.incrementAndGet()))));
  }

  private OtlpPush push(String section, Map<String, String> properties, MetricsSource page) {
    return new OtlpPush(
        read("{endpoint: 'http://127.0.0.1:" + listener.port() + "', " + section + "}", properties),
        page,
        "i",
        Set.of(),
        clients,
        InstantSource.system());
  }

  private static OtlpPushConfig read(String section, Map<String, String> beside) {
    return OtlpPushConfig.read(
        OtlpPushConfig.TYPE.read(YamlDocument.parse("f.yml", Path.of(""), section).root()),
        new OtelSettings(beside::get, beside::get));
  }

  private byte[] next() throws InterruptedException {
    return Objects.requireNonNull(requests.poll(60, TimeUnit.SECONDS), "no data received");
  }

  @ParameterizedTest
  @ValueSource(strings = {"grpc", "http/protobuf"})
  void retriesRequestsAfterATemporaryFailure(String protocol) throws Exception {
    refusals.set(2);
    try (OtlpPush p = push("interval: 6, protocol: " + protocol, Map.of(), page())) {
      byte[] first = next();
      assertThat(next()).isEqualTo(first);
      assertThat(next()).isEqualTo(first);
      assertThat(looks).hasValue(1);
      assertThat(p.config().retries()).isTrue();
    }
    assertThat(log).isEmpty();
  }

  @Test
  void doesNotRetryRejectedRequests() throws Exception {
    refusals.set(1);
    status = 400;
    try (OtlpPush p = push("interval: 1, protocol: http/protobuf", Map.of(), page())) {
      byte[] first = next();
      assertThat(next()).isNotEqualTo(first);
      assertThat(p.config().grpc()).isFalse();
    }
    assertThat(log.poll()).contains("HTTP status 400");
  }

  @Test
  void doesNotRetryIfDisabled() throws Exception {
    refusals.set(1);
    Map<String, String> told = Map.of("otel.java.exporter.otlp.retry.disabled", "true");
    try (OtlpPush p = push("interval: 3, protocol: http/protobuf", told, page())) {
      byte[] first = next();
      assertThat(next()).isNotEqualTo(first);
      assertThat(p.config().retries()).isFalse();
    }
    assertThat(log.poll()).contains("HTTP status 503");
  }

  /** It would be answered by a page, with status 200. */
  @Test
  void doesNotFollowRedirects() throws Exception {
    refusals.set(1);
    status = 302;
    location = "/elsewhere?token=x";
    try (OtlpPush p = push("interval: 1, protocol: http/protobuf", Map.of(), page())) {
      next();
      assertThat(log.poll(60, TimeUnit.SECONDS))
          .contains("HTTP status 302", "name the URL /elsewhere")
          .doesNotContain("token");
      assertThat(p.config().interval()).isEqualTo(Duration.ofSeconds(1));
    }
  }

  @Test
  void logsAPageThatCannotBeCollected() throws Exception {
    MetricsSource none =
        p -> {
          throw new ProbeException(503, "16 looks have not ended yet");
        };
    try (OtlpPush p = push("interval: 1", Map.of(), none)) {
      assertThat(log.poll(60, TimeUnit.SECONDS)).contains("16 looks have not ended yet");
      assertThat(p.config().grpc()).isTrue();
    }
  }

  @Test
  void errorEndsNothing() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    MetricsSource page = page();
    MetricsSource failing =
        p -> {
          if (asked.getAndIncrement() == 0) {
            throw new StackOverflowError("deep");
          }
          return page.collect(p);
        };
    try (OtlpPush p = push("interval: 1", Map.of(), failing)) {
      assertThat(log.poll(60, TimeUnit.SECONDS)).contains("deep");
      assertThat(next()).isNotEmpty();
      assertThat(p.config().grpc()).isTrue();
    }
  }

  /** A stop does not wait for a server that does not exist. */
  @Test
  void sendsTheLastPageOnce() throws Exception {
    refusals.set(Integer.MAX_VALUE);
    OtlpPush p = push("interval: 3, protocol: http/protobuf", Map.of(), page());
    next();
    p.close();
    List<byte[]> later = List.copyOf(requests);
    assertThat(looks).hasValueGreaterThan(1);
    assertThat(later.stream().filter(r -> Arrays.equals(r, later.getLast()))).hasSize(1);
  }

  @Test
  void javaPropertiesTakePrecedenceOverVariablesAndTheFile() {
    Map<String, String> beside = new HashMap<>();
    String section =
        "{endpoint: 'http://file:1', protocol: grpc, interval: 7, timeoutSeconds: 8,"
            + " serviceName: file, headers: {a: file}, resourceAttributes: {r: file}}";
    beside.put("OTEL_EXPORTER_OTLP_ENDPOINT", "http://variable:2");
    beside.put("OTEL_SERVICE_NAME", "variable");
    beside.put("OTEL_RESOURCE_ATTRIBUTES", "r=variable");
    OtlpPushConfig c = read(section, beside);
    assertThat(c.url()).hasToString("http://variable:2");
    assertThat(c.resource())
        .containsEntry("service.name", "variable")
        .containsEntry("r", "variable");
    beside.put("otel.exporter.otlp.endpoint", "http://property:3");
    beside.put("otel.exporter.otlp.protocol", "http/protobuf");
    beside.put("otel.exporter.otlp.headers", "a=property%20x");
    beside.put("otel.exporter.otlp.timeout", "2500");
    beside.put("otel.exporter.otlp.compression", "gzip");
    beside.put("otel.metric.export.interval", "3s");
    beside.put("otel.service.name", "property");
    beside.put("otel.resource.attributes", "r=property");
    c = read(section, beside);
    assertThat(c.url()).hasToString("http://property:3/v1/metrics");
    assertThat(c.grpc()).isFalse();
    assertThat(c.gzip()).isTrue();
    assertThat(c.headers()).isEqualTo(Map.of("a", new Secret("property x")));
    assertThat(c.timeout()).isEqualTo(Duration.ofMillis(2500));
    assertThat(c.interval()).isEqualTo(Duration.ofSeconds(3));
    assertThat(c.resource())
        .containsEntry("service.name", "property")
        .containsEntry("r", "property");
    // What is said of metrics goes before what is said of all signals, wherever it stands.
    beside.put("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://metrics:4");
    assertThat(read(section, beside).url()).hasToString("http://metrics:4/v1/metrics");
    beside.put("io.prometheus.exporter.opentelemetry.endpoint", "http://library:5");
    beside.put("io.prometheus.exporter.opentelemetry.intervalSeconds", "9");
    beside.put("io.prometheus.exporter.opentelemetry.service_name", "library");
    beside.put("IO_PROMETHEUS_EXPORTER_OPENTELEMETRY_PRESERVE_NAMES", "true");
    beside.put("IO_PROMETHEUS_EXPORTER_OPENTELEMETRY_HEADERS", "a=library");
    c = read(section, beside);
    assertThat(c.url()).hasToString("http://library:5/v1/metrics");
    assertThat(c.interval()).isEqualTo(Duration.ofSeconds(9));
    assertThat(c.resource()).containsEntry("service.name", "library");
    assertThat(c.headers()).isEqualTo(Map.of("a", new Secret("library")));
    assertThat(c.preserveNames()).isTrue();
    assertThat(read("{preserveNames: false}", beside).preserveNames()).isFalse();
  }

  @Test
  void namesInvalidFile() {
    assertThatThrownBy(() -> read("{}", Map.of("otel.metric.export.interval", "1w")))
        .isInstanceOf(ConfigException.class)
        .hasMessageContainingAll("the property otel.metric.export.interval", "1w");
    assertThatThrownBy(
            () -> read("{}", Map.of("OTEL_JAVA_EXPORTER_OTLP_RETRY_DISABLED", "perhaps")))
        .hasMessageContainingAll("the variable OTEL_JAVA_EXPORTER_OTLP_RETRY_DISABLED", "perhaps");
  }

  /** As in published files, which leave all to variables. */
  @Test
  void sectionMayBeEmpty() {
    JmxConfig c =
        JmxConfig.read(
            YamlDocument.parse("f.yml", Path.of(""), "hostPort: a:1\nopenTelemetry:\n  # variables")
                .root(),
            "",
            n -> n.equals("OTEL_EXPORTER_OTLP_ENDPOINT") ? "http://variable:2" : null);
    assertThat(Objects.requireNonNull(c.push()).url()).hasToString("http://variable:2");
  }
}
