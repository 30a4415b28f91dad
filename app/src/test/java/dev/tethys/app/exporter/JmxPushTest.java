package dev.tethys.app.exporter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.app.TethysProcess;
import dev.tethys.collect.exporter.ExporterKind;
import dev.tethys.collect.scrape.ScrapeDefaults;
import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.prometheus.collect.CollectConfig;
import dev.tethys.prometheus.collect.CollectedExporters;
import dev.tethys.prometheus.collect.ExporterKinds;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.ServerProcess;
import dev.tethys.testkit.Waiting;
import dev.tethys.web.Grpc;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.Routes;
import dev.tethys.web.client.HttpClientFactory;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.AggregationTemporality;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the JMX exporter pushes, read with OpenTelemetry's own messages. */
@Timeout(240)
@Tag("contrib")
@Tag("slow")
class JmxPushTest {
  private static final String RULES =
      """
      rules:
      - {pattern: 'own<type=Shard, shard=(.+), topic=(.+)><>Value', name: shard_value_total, type: COUNTER, labels: {shard: $1}, help: how much}
      - {pattern: 'own<type=Odd><>Good', name: good_bytes_total, type: GAUGE}
      - {pattern: 'java.lang<type=Runtime><>StartTime', name: started, type: UNTYPED}
      """;

  @TempDir Path dir;

  /** A request, and the header {@code x-token} that came with it. */
  private record Pushed(ExportMetricsServiceRequest request, String token, String path) {
    Metric metric(String name) {
      return metrics().stream()
          .filter(m -> m.getName().equals(name))
          .findFirst()
          .orElseThrow(() -> new AssertionError("no " + name + " in " + request));
    }

    List<Metric> metrics() {
      return request.getResourceMetrics(0).getScopeMetrics(0).getMetricsList();
    }

    Map<String, String> resource() {
      return attributes(request.getResourceMetrics(0).getResource().getAttributesList());
    }
  }

  private static Map<String, String> attributes(List<KeyValue> all) {
    Map<String, String> out = new TreeMap<>();
    all.forEach(a -> out.put(a.getKey(), a.getValue().getStringValue()));
    return out;
  }

  /** A server of OTLP that is not ours to encode for. */
  private static final class Taker implements AutoCloseable {
    final BlockingQueue<Pushed> got = new LinkedBlockingQueue<>();
    final HttpListener listener;
    volatile int status = 200;

    Taker() throws Exception {
      Routes routes =
          new Routes()
              .post(
                  "/some/v1/metrics",
                  (q, r) -> {
                    if (status == 200) {
                      byte[] body = q.bodyBytes(1 << 24);
                      take(body, q, "gzip".equals(q.header("Content-Encoding")));
                    }
                    r.status(status).send();
                  })
              .post(
                  "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
                  Grpc.unary(
                      1 << 24,
                      (message, q) -> {
                        take(message, q, false);
                        return new byte[0];
                      }));
      listener = HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), routes, null);
    }

    private void take(byte[] body, HttpRequest q, boolean gzip) {
      try {
        if (gzip) {
          try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(body))) {
            body = in.readAllBytes();
          }
        }
        got.add(
            new Pushed(
                ExportMetricsServiceRequest.parseFrom(body),
                q.header("x-token") + (gzip ? " gzip" : ""),
                q.rawPath()));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    Pushed next() throws InterruptedException {
      return Objects.requireNonNull(got.poll(60, TimeUnit.SECONDS), "no data received");
    }

    /** The next one with a token. */
    Pushed next(String token) throws InterruptedException {
      while (true) {
        Pushed p = next();
        if (p.token.equals(token)) {
          return p;
        }
      }
    }

    String url() {
      return "http://127.0.0.1:" + listener.port() + "/some";
    }

    @Override
    public void close() {
      listener.close();
    }
  }

  private ServerProcess program(Path file, Map<String, String> environment) throws Exception {
    int port = Ports.free();
    return new ServerProcess(
        port,
        Files.createTempFile(dir, "jmx", ".log"),
        environment,
        TethysProcess.small("exporter", "jmx", "127.0.0.1:" + port, file.toString()));
  }

  private JvmProcess beans() throws Exception {
    return new JvmProcess(dir, JvmProcess.open(), List.of(BeansProgram.class.getName()));
  }

  private Path file(String yaml) throws Exception {
    return Files.writeString(Files.createTempFile(dir, "jmx", ".yml"), yaml);
  }

  /**
   * The names of the metrics as client_java's exporter of OTLP makes them from the real collector's
   * metrics: OTLP has a separate unit, so no name includes it unless names are to be preserved.
   */
  private static TreeSet<String> names(Path real, boolean preserve) throws Exception {
    TreeSet<String> out = new TreeSet<>();
    for (String line : RealJmxCollector.metadata(real).lines().toList()) {
      String[] w = line.split(" ");
      String name = preserve ? w[2] : w[1];
      if (!preserve && !w[3].equals("null") && name.endsWith("_" + w[3])) {
        name = name.substring(0, name.length() - w[3].length() - 1);
      }
      out.add(name);
    }
    assertThat(out).hasSizeGreaterThan(5);
    return out;
  }

  /** Metrics of the program, and one that the real collector has where there is a limit alone. */
  private static void removeOwn(TreeSet<String> names) {
    assertThat(names.remove("jmx_exporter_build_info")).isTrue();
    names.removeIf(n -> n.startsWith("jmx_scrape_timeout"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"grpc", "http/protobuf"})
  void pushesMetricsOfThePage(String protocol) throws Exception {
    try (Taker taker = new Taker();
        JvmProcess jvm = beans()) {
      String host = "hostPort: " + jvm.address() + "\n";
      Path file =
          file(
              host
                  + RULES
                  + """
                  openTelemetry:
                    endpoint: %s
                    protocol: %s
                    interval: 1
                    timeoutSeconds: 20
                    headers: {x-token: secret}
                    resourceAttributes: {deployment.environment: test, service.name: first}
                    serviceName: beans
                    serviceNamespace: ours
                    serviceInstanceId: i-1
                    serviceVersion: 1
                  """
                      .formatted(taker.url(), protocol));
      try (ServerProcess p = program(file, Map.of())) {
        Pushed pushed = taker.next();
        assertThat(pushed.token).isEqualTo("secret");
        assertThat(pushed.path)
            .isEqualTo(
                protocol.equals("grpc")
                    ? "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
                    : "/some/v1/metrics");
        assertThat(pushed.resource())
            .isEqualTo(
                Map.of(
                    "deployment.environment",
                    "test",
                    "service.name",
                    "beans",
                    "service.namespace",
                    "ours",
                    "service.instance.id",
                    "i-1",
                    "service.version",
                    "1"));
        TreeSet<String> ours = new TreeSet<>();
        pushed.metrics().forEach(m -> ours.add(m.getName()));
        removeOwn(ours);
        assertThat(ours).isEqualTo(names(file(host + RULES), false));

        Metric counter = pushed.metric("shard_value");
        assertThat(counter.getDescription()).isEqualTo("how much");
        assertThat(counter.getUnit()).isEmpty();
        assertThat(counter.getSum().getIsMonotonic()).isTrue();
        assertThat(counter.getSum().getAggregationTemporality())
            .isEqualTo(AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE);
        String page = p.get("/metrics");
        for (NumberDataPoint d : counter.getSum().getDataPointsList()) {
          assertThat(d.getStartTimeUnixNano()).isZero(); // since when a bean counts is not known
          assertThat(d.getTimeUnixNano()).isPositive();
          String shard = attributes(d.getAttributesList()).get("shard");
          assertThat(page)
              .containsPattern("shard_value_total\\{[^}]*shard=\"" + shard + "\"[^}]*} ");
        }
        assertThat(counter.getSum().getDataPointsCount()).isGreaterThan(1);
        assertThat(pushed.metric("good_bytes").getGauge().getDataPoints(0).getAsDouble())
            .isEqualTo(1);
        assertThat(pushed.metric("started").hasGauge()).isTrue();
        Metric duration = pushed.metric("jmx_scrape_duration");
        assertThat(duration.getUnit()).isEqualTo("s");
        assertThat(duration.hasGauge()).isTrue();
        assertThat(pushed.metric("jmx_scrape_error").getGauge().getDataPoints(0).getAsDouble())
            .isZero();
        assertThat(taker.next().metric("shard_value").getSum().getDataPointsCount())
            .isEqualTo(counter.getSum().getDataPointsCount());
      }
    }
  }

  @Test
  void keepsUnchangedNamesIfConfigured() throws Exception {
    try (Taker taker = new Taker();
        JvmProcess jvm = beans()) {
      String host = "hostPort: " + jvm.address() + "\n" + RULES;
      Path file =
          file(
              host
                  + "openTelemetry: {endpoint: '"
                  + taker.url()
                  + "/v1/metrics', interval: 1, preserveNames: true}\n");
      try (ServerProcess p = program(file, Map.of())) {
        Pushed pushed = taker.next();
        TreeSet<String> ours = new TreeSet<>();
        pushed.metrics().forEach(m -> ours.add(m.getName()));
        removeOwn(ours);
        assertThat(ours).isEqualTo(names(file(host), true));
        assertThat(pushed.metric("jmx_scrape_duration_seconds").getUnit()).isEqualTo("s");
        assertThat(pushed.resource())
            .containsEntry("service.name", "jmx_exporter")
            .hasEntrySatisfying("service.instance.id", id -> assertThat(id).hasSize(36));
      }
    }
  }

  /** As files of jmx_exporter's own tests leave it to them. */
  @Test
  void openTelemetryVariablesTakePrecedenceOverTheFile() throws Exception {
    try (Taker taker = new Taker()) {
      Map<String, String> variables = new TreeMap<>();
      variables.put("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1");
      variables.put("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", taker.url());
      variables.put("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
      variables.put("OTEL_EXPORTER_OTLP_HEADERS", "x-token=a%20b+c, other=d");
      variables.put("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip");
      variables.put("OTEL_EXPORTER_OTLP_TIMEOUT", "20s");
      variables.put("OTEL_METRIC_EXPORT_INTERVAL", "100");
      variables.put("OTEL_SERVICE_NAME", "by variable");
      variables.put("OTEL_RESOURCE_ATTRIBUTES", "a=1,service.version=2%2C3");
      String push =
          "openTelemetry: {protocol: grpc, interval: 3600, serviceName: x, serviceVersion: y}\n";
      Path file = file("hostPort: 127.0.0.1:1\n" + push);
      try (ServerProcess p = program(file, variables)) {
        Pushed pushed = taker.next();
        assertThat(pushed.token).isEqualTo("a b+c gzip");
        assertThat(pushed.path).isEqualTo("/some/v1/metrics");
        assertThat(pushed.resource())
            .containsEntry("service.name", "by variable")
            .containsEntry("service.version", "2,3")
            .containsEntry("a", "1");
        assertThat(pushed.metric("jmx_scrape_error").getGauge().getDataPoints(0).getAsDouble())
            .isEqualTo(1);
        taker.status = 503; // said once, and what comes later comes
        while (!p.log().contains("cannot be pushed")) {
          Waiting.pause();
        }
        taker.got.clear();
        taker.status = 200;
        taker.next();
        assertThat(p.log()).contains("127.0.0.1:" + taker.listener.port()).contains("503");
      }
    }
  }

  @Test
  void changedFileStartsChangesAndStopsPushes() throws Exception {
    try (Taker taker = new Taker();
        HttpClient client = HttpClient.newHttpClient()) {
      String host = "hostPort: 127.0.0.1:1\n";
      String push = "openTelemetry: {endpoint: '" + taker.url() + "', protocol: http/protobuf, ";
      Path file = file(host);
      try (ServerProcess e = program(file, Map.of())) {
        Files.writeString(file, host + push + "interval: 1, headers: {x-token: one}}\n");
        reload(client, e);
        taker.next("one");
        Files.writeString(file, host + push + "interval: 1, headers: {x-token: two}}\n");
        reload(client, e);
        taker.next("two");
        Files.writeString(file, host + push + "interval: x}\n"); // leaves what was
        reload(client, e);
        taker.next("two");
        Files.writeString(file, host + push + "interval: 3600, headers: {x-token: three}}\n");
        reload(client, e);
      }
      taker.next("three"); // at the end, once more
      assertThat(taker.got).noneMatch(p -> p.token.equals("three"));
    }
  }

  private static void reload(HttpClient client, ServerProcess e) throws Exception {
    client.send(
        java.net.http.HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + e.port() + "/-/reload"))
            .POST(java.net.http.HttpRequest.BodyPublishers.noBody())
            .build(),
        HttpResponse.BodyHandlers.discarding());
  }

  /** An entry as a program of its own runs it: checked, run until a line is read, and ended. */
  static final class Entry {
    private Entry() {}

    /** With the text of the entry. */
    public static void main(String[] args) throws Exception {
      List<CollectConfig> configs =
          List.of(
              CollectConfig.read(
                  YamlDocument.parse("p.yml", Path.of(""), args[0]).root(),
                  ScrapeDefaults.DEFAULT,
                  ExporterKinds.ALL));
      CollectedExporters.check(configs); // which sends nothing
      System.out.println("checked");
      System.in.read();
      try (HttpClientFactory clients = new HttpClientFactory("test");
          CollectedExporters running =
              new CollectedExporters(
                  (c, s) -> {
                    throw new IllegalStateException("no others");
                  },
                  clients)) {
        running.apply(configs);
        System.in.read();
        running.apply(List.of());
        System.out.println("ended");
        System.in.read();
      }
    }
  }

  @Test
  void collectEntryAlsoPushes() throws Exception {
    try (Taker taker = new Taker()) {
      Process p =
          new ProcessBuilder(
                  TethysProcess.small(
                      Entry.class.getName(),
                      new String[] {
                        """
                        exporter: jmx
                        config:
                          hostPort: 127.0.0.1:1
                          openTelemetry: {endpoint: '%s', protocol: http/protobuf, interval: 1, headers: {x-token: c}}
                        """
                            .formatted(taker.url())
                      }))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      try (BufferedReader said = p.inputReader();
          OutputStream tell = p.getOutputStream()) {
        assertThat(said.readLine()).isEqualTo("checked");
        assertThat(taker.got).isEmpty(); // what ends pushes once more
        tell.write('\n');
        tell.flush();
        assertThat(taker.next("c").metric("jmx_scrape_error").hasGauge()).isTrue();
        tell.write('\n');
        tell.flush();
        assertThat(said.readLine()).isEqualTo("ended");
        int sent = taker.got.size();
        Thread.sleep(1500); // in which it would push again
        assertThat(taker.got).hasSize(sent);
      } finally {
        p.destroyForcibly().waitFor();
      }
    }
  }

  @Test
  void reportsErrorsWithPosition() {
    refused("{endpoint: x}", Map.of(), ":2:27: ", "must be a URL");
    refused("{endpoint: 'ftp://a'}", Map.of(), "must be a URL");
    refused("{endpoint: ' '}", Map.of(), "endpoint must not be blank");
    refused("{protocol: http/json}", Map.of(), ":2:27: ", "http/json", "grpc, http/protobuf");
    refused("{interval: 0}", Map.of(), "interval must be greater than 0");
    refused("{timeoutSeconds: -1}", Map.of(), "timeoutSeconds must be greater than 0");
    refused("{headers: {a: ''}}", Map.of(), "headers must hold");
    refused("{resourceAttributes: {'': b}}", Map.of(), "resourceAttributes must hold");
    refused("{serviceName: ''}", Map.of(), "serviceName must not be blank");
    refused("{servicename: a}", Map.of(), "servicename");
    refused("{}", Map.of("OTEL_EXPORTER_OTLP_PROTOCOL", "x"), "OTEL_EXPORTER_OTLP_PROTOCOL");
    refused("{}", Map.of("OTEL_METRIC_EXPORT_INTERVAL", "1w"), "INTERVAL", "1w");
    refused("{}", Map.of("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "a"), "METRICS_HEADERS");
    refused("{}", Map.of("OTEL_RESOURCE_ATTRIBUTES", "a=%"), "OTEL_RESOURCE_ATTRIBUTES", "escape");
    refused("{}", Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", "a:1"), "OTEL_EXPORTER_OTLP_ENDPOINT");
    refused("{}", Map.of("OTEL_EXPORTER_OTLP_COMPRESSION", "lz"), "COMPRESSION", "lz");
  }

  @Test
  void acceptsAddressesWithoutAPort() {
    ExporterKind kind = Kinds.of("jmx");
    assertThat(kind.arguments(List.of("f.yml", "--log.level=warn"), n -> null))
        .containsExactly("--config.file=f.yml", "--log.level=warn");
    assertThat(kind.arguments(List.of("9404", "f.yml"), n -> null))
        .containsExactly("--web.listen-address=:9404", "--config.file=f.yml");
  }

  private void refused(String push, Map<String, String> variables, String... says) {
    assertThatThrownBy(
            () -> {
              List<String> args =
                  new ArrayList<>(
                      List.of(
                          "127.0.0.1:0",
                          file("hostPort: a:1\nopenTelemetry: " + push + "\n").toString()));
              new BuiltInExporter(Kinds.of("jmx"), args, variables::get).close();
            })
        .as(push + variables)
        .isInstanceOf(ConfigException.class)
        .hasMessageContainingAll(says);
  }
}
