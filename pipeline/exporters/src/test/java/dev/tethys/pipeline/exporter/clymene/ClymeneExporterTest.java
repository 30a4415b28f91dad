package dev.tethys.pipeline.exporter.clymene;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.exporter.client.PlainContext;
import dev.tethys.web.client.HttpClientFactory;
import io.grpc.Status;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs against a gateway built with grpc-java, and one over HTTP. */
@Tag("slow")
class ClymeneExporterTest {
  private static final InstantSource CLOCK = InstantSource.fixed(Instant.ofEpochSecond(1700000001));
  private static final Status LARGE =
      Status.RESOURCE_EXHAUSTED.withDescription("grpc: received message larger than max (5 vs. 4)");

  private final Gateways gateways = new Gateways();
  private final HttpClientFactory clients = new HttpClientFactory("test");

  @AfterEach
  void close() throws Exception {
    gateways.close();
    clients.close();
  }

  @Test
  void probesGateways() throws Exception {
    int port = gateways.port();
    ClymeneExporterFactory factory = new ClymeneExporterFactory(clients);
    String keys = "{grpc: {endpoint: '127.0.0.1:" + port + "', tls: {insecure: true}}}";
    for (Signal signal : List.of(Signal.METRICS, Signal.LOGS)) {
      try (ExporterProbe p = factory.probe(settings(keys), signal, new PlainContext("clymene"))) {
        assertThat(p.connect()).isEqualTo("127.0.0.1:" + port + " speaks gRPC");
        assertThat(p.plan()).isEmpty();
        assertThat(p.write(1_700_000_000, 42.5)).contains("42.5", "cannot be queried");
      }
    }
    assertThat(gateways.metrics).hasSize(1);
    assertThat(new String(gateways.logs.getFirst(), StandardCharsets.UTF_8))
        .contains("tethys_probe 42.5");
    String nobody = "{grpc: {endpoint: '127.0.0.1:1', tls: {insecure: true}}}";
    try (ExporterProbe p =
        factory.probe(settings(nobody), Signal.LOGS, new PlainContext("clymene"))) {
      assertThatThrownBy(p::connect).hasMessageStartingWith("127.0.0.1:1: ");
    }
  }

  private static ClymeneSettings settings(String yaml) {
    YamlDocument d = YamlDocument.parse("test.yaml", null, yaml);
    ClymeneSettings s = ClymeneSettings.TYPE.read(d.root());
    d.refuseNotBuilt();
    return s;
  }

  private List<SendResult> send(ClymeneSettings s, Batch b) throws Exception {
    List<SendResult> out = new ArrayList<>();
    ClymeneRequestEncoder encoder = ClymeneExporterFactory.encoder(s, null, CLOCK);
    try (Sender sender = ClymeneExporterFactory.sender(s, b.signal(), null, clients, encoder)) {
      for (EncodedRequest p : encoder.encode(b).requests()) {
        out.add(sender.send(p));
      }
    }
    return out;
  }

  private static byte[] request(int series) {
    WriteRequestWriter w = new WriteRequestWriter();
    for (int i = 0; i < series; i++) {
      w.beginSeries(Labels.of("__name__", "m" + i, "job", "a")).sample(1, i + 1).endSeries();
    }
    return w.toByteArray();
  }

  private static Batch samples(int series, long lane) {
    return new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, request(series), series, lane);
  }

  private static Batch lines(int n) {
    ScopeGroup<LogRecord> scope = new ScopeGroup<>();
    for (int i = 0; i < n; i++) {
      LogRecord r = new LogRecord();
      r.setTimeUnixNano(1700000000000000000L + i);
      r.setBody("line " + i);
      scope.items().add(r);
    }
    ResourceGroup<LogRecord> group = new ResourceGroup<>();
    group.resource().attributes().put("app", "shop");
    group.scopes().add(scope);
    LogsData data = new LogsData();
    data.resources().add(group);
    return new Batch(
        Signal.LOGS,
        Encoding.OTLP,
        new OtlpWriter().write(data),
        n,
        0,
        new Metadata(Map.of("X-Scope-OrgID", List.of("team-a"))));
  }

  @Test
  void callsGatewaysInTurn() throws Exception {
    int a = gateways.port();
    int b = gateways.port();
    ClymeneSettings s =
        settings(
            "{grpc: {endpoints: ['127.0.0.1:%d', '127.0.0.1:%d'], tls: {insecure: true}}}"
                .formatted(a, b));
    assertThat(send(s, samples(3, 7))).containsExactly(SendResult.DELIVERED);
    assertThat(gateways.metrics.getFirst()).isEqualTo(request(3));
    assertThat(send(s, samples(64, 0)))
        .as("series without a lane are dealt out")
        .hasSizeGreaterThan(2)
        .containsOnly(SendResult.DELIVERED);
    assertThat(gateways.samples()).isEqualTo(67);
    assertThat(send(s, lines(2))).containsExactly(SendResult.DELIVERED);
    assertThat(gateways.lines("team-a")).containsExactly("line 0", "line 1");
  }

  @Test
  void respectsTheMessageLimitOfGateways() throws Exception {
    ClymeneSettings s = settings("{grpc: {" + gateways.grpc() + "}, max_message_bytes: 2000}");
    assertThat(send(s, samples(200, 7))).hasSizeGreaterThan(3).containsOnly(SendResult.DELIVERED);
    assertThat(gateways.metrics).allMatch(m -> m.length <= 2000);
    assertThat(gateways.samples()).isEqualTo(200);
    assertThat(send(s, lines(100))).hasSizeGreaterThan(3).containsOnly(SendResult.DELIVERED);
    Encoder.Encoded e =
        ClymeneExporterFactory.encoder(s, null, CLOCK)
            .encode(
                new Batch(
                    Signal.METRICS,
                    Encoding.REMOTE_WRITE,
                    new WriteRequestWriter()
                        .beginSeries(Labels.of("__name__", "x".repeat(3000)))
                        .sample(1, 1)
                        .endSeries()
                        .toByteArray(),
                    1,
                    7));
    assertThat(e.requests()).isEmpty();
    assertThat(e.dropped()).isEqualTo(1);
    assertThat(e.reason()).isEqualTo("larger than a message may be");
  }

  @Test
  void handlesGatewayStatuses() throws Exception {
    ClymeneSettings s = settings("{grpc: {" + gateways.grpc() + "}}");
    gateways.status = Status.UNAVAILABLE.withDescription("queue is full");
    assertThat(send(s, samples(1, 7)).getFirst())
        .isInstanceOfSatisfying(
            SendResult.Retryable.class, v -> assertThat(v.reason()).contains("queue is full"));
    gateways.status = Status.UNKNOWN.withDescription("database is down");
    assertThat(send(s, samples(1, 7)).getFirst()).isInstanceOf(SendResult.Retryable.class);
    gateways.status = Status.INVALID_ARGUMENT.withDescription("nameless");
    assertThat(send(s, samples(1, 7)).getFirst())
        .isInstanceOfSatisfying(
            SendResult.Permanent.class, v -> assertThat(v.reason()).contains("nameless"));
  }

  @Test
  void usesAPathPerSignalOverHttp() throws Exception {
    gateways.answered.put("Retry-After", "7");
    ClymeneSettings s = settings("{http: {" + gateways.http() + ", headers: {User-Agent: mine}}}");
    assertThat(send(s, samples(2, 7))).containsExactly(SendResult.DELIVERED);
    assertThat(gateways.metrics.getFirst()).isEqualTo(request(2));
    assertThat(gateways.seen).containsExactly("snappy mine");
    assertThat(send(s, lines(1))).containsExactly(SendResult.DELIVERED);
    assertThat(gateways.lines("team-a")).containsExactly("line 0");
    gateways.answer = 503;
    assertThat(send(s, lines(1)).getFirst())
        .isInstanceOfSatisfying(
            SendResult.Retryable.class, v -> assertThat(v.after().toSeconds()).isEqualTo(7));
    gateways.answer = 400;
    assertThat(send(s, samples(1, 7)).getFirst()).isInstanceOf(SendResult.Permanent.class);
  }

  /** Halves a batch until accepted; everything must arrive exactly once. */
  private void cut(ClymeneSettings s, Batch b, int parts, Runnable taken) throws Exception {
    ClymeneRequestEncoder encoder = ClymeneExporterFactory.encoder(s, null, CLOCK);
    Deque<EncodedRequest> left = new ArrayDeque<>(encoder.encode(b).requests());
    assertThat(left).hasSize(1);
    int delivered = 0;
    try (Sender sender = ClymeneExporterFactory.sender(s, b.signal(), null, clients, encoder)) {
      while (left.size() < parts) {
        EncodedRequest p = left.removeFirst();
        assertThat(sender.send(p))
            .isInstanceOfSatisfying(SendResult.Split.class, v -> left.addAll(v.requests()));
      }
      taken.run();
      for (EncodedRequest p : left) {
        assertThat(sender.send(p)).isEqualTo(SendResult.DELIVERED);
        delivered += p.items();
      }
    }
    assertThat(delivered).isEqualTo(b.items());
  }

  @Test
  void halvesRequestsTooLargeForAGateway() throws Exception {
    gateways.answer = 413;
    ClymeneSettings http = settings("{http: {" + gateways.http() + "}}");
    cut(http, samples(7, 7), 4, () -> gateways.answer = 204);
    assertThat(gateways.samples()).isEqualTo(7);
    gateways.answer = 413;
    cut(http, lines(5), 3, () -> gateways.answer = 204);
    assertThat(gateways.lines("team-a"))
        .containsExactlyInAnyOrder("line 0", "line 1", "line 2", "line 3", "line 4");
    gateways.answer = 413;
    assertThat(send(http, samples(1, 7)).getFirst()).isInstanceOf(SendResult.Permanent.class);
    gateways.forget();
    ClymeneSettings grpc = settings("{grpc: {" + gateways.grpc() + ", compression: gzip}}");
    gateways.status = LARGE;
    cut(grpc, samples(7, 7), 2, () -> gateways.status = null);
    assertThat(gateways.samples()).isEqualTo(7);
    gateways.status = LARGE;
    cut(grpc, lines(4), 4, () -> gateways.status = null);
    assertThat(gateways.lines("team-a"))
        .containsExactlyInAnyOrder("line 0", "line 1", "line 2", "line 3");
  }

  private static Batch oneSeries(int samples, long lane) {
    return oneSeries("m", samples, lane);
  }

  private static Batch oneSeries(String name, int samples, long lane) {
    WriteRequestWriter w = new WriteRequestWriter().beginSeries(Labels.of("__name__", name));
    for (int i = 0; i < samples; i++) {
      w.sample(1_700_000_000_000L + i, i);
    }
    return new Batch(
        Signal.METRICS, Encoding.REMOTE_WRITE, w.endSeries().toByteArray(), samples, lane);
  }

  @Test
  void splitsATooLargeSeriesBetweenSamples() throws Exception {
    gateways.answer = 413;
    ClymeneSettings http = settings("{http: {" + gateways.http() + "}}");
    cut(http, oneSeries(5, 7), 3, () -> gateways.answer = 204);
    assertThat(gateways.samples()).isEqualTo(5);
    gateways.forget();
    ClymeneSettings s = settings("{grpc: {" + gateways.grpc() + "}, max_message_bytes: 2000}");
    assertThat(send(s, oneSeries(500, 7))).hasSizeGreaterThan(3).containsOnly(SendResult.DELIVERED);
    assertThat(gateways.metrics).allMatch(m -> m.length <= 2000);
    assertThat(gateways.samples()).isEqualTo(500);
  }

  /** Each message would have them, and a few samples. */
  @Test
  void boundsRepetitionOfLargeLabels() throws Exception {
    ClymeneSettings s = settings("{grpc: {" + gateways.grpc() + "}, max_message_bytes: 2000}");
    Encoder encoder = ClymeneExporterFactory.encoder(s, null, CLOCK);
    Encoder.Encoded e = encoder.encode(oneSeries("x".repeat(1500), 500, 7));
    assertThat(e.requests()).isEmpty();
    assertThat(e.dropped()).isEqualTo(500);
    assertThat(e.reason()).contains("labels that take more than half of one");
    assertThat(encoder.encode(oneSeries("x".repeat(900), 500, 7)).dropped()).isZero();
  }

  /** Each with its own reason, and with how many. */
  @Test
  void countsDropsByReason() {
    MetricsData metrics = new MetricsData();
    ResourceGroup<Metric> group = new ResourceGroup<>();
    ScopeGroup<Metric> scope = new ScopeGroup<>();
    for (String name : List.of("delta", "delta", "x".repeat(3000), "fits")) {
      Metric m = new Metric();
      m.setName(name);
      MetricData.Sum sum = new MetricData.Sum();
      sum.setTemporality(
          name.equals("delta") ? MetricData.TEMPORALITY_DELTA : MetricData.TEMPORALITY_CUMULATIVE);
      NumberDataPoint p = new NumberDataPoint();
      p.setDouble(1);
      p.setTimeUnixNano(1_000_000_000);
      sum.points().add(p);
      m.setData(sum);
      scope.items().add(m);
    }
    group.scopes().add(scope);
    metrics.resources().add(group);
    Encoder.Encoded e =
        ClymeneExporterFactory.encoder(
                settings("{grpc: {endpoint: 'a:1'}, max_message_bytes: 2000}"), null, CLOCK)
            .encode(
                new Batch(Signal.METRICS, Encoding.OTLP, new OtlpWriter().write(metrics), 4, 7));
    assertThat(e.drops())
        .isEqualTo(
            Map.of("no place in the Prometheus model", 2, "larger than a message may be", 1));
    assertThat(e.requests().stream().mapToInt(EncodedRequest::items).sum()).isEqualTo(1);
  }

  /**
   * A waiting request keeps the form that it was made with, regardless of the settings when it is
   * sent.
   */
  @ParameterizedTest
  @CsvSource({
    "'compression: gzip', 'compression: zstd'",
    "'compression: gzip', ''",
    "'compression: gzip', 'compression: snappy'",
    "'', 'compression: zstd'",
    "'compression: gzip', http",
    "'', http",
    "http, 'compression: gzip'",
    "http, ''"
  })
  void sendsQueuedRequestsInTheirRecordedFormat(String before, String after) throws Exception {
    String grpc = gateways.grpc();
    String http = gateways.http();
    ClymeneSettings made = transport(before, grpc, http);
    ClymeneSettings holds = transport(after, grpc, http);
    for (boolean large : new boolean[] {false, true}) {
      gateways.forget();
      for (Batch b : List.of(samples(7, 7), lines(4))) {
        Deque<EncodedRequest> waiting =
            new ArrayDeque<>(
                ClymeneExporterFactory.encoder(made, null, CLOCK).encode(b).requests());
        assertThat(waiting).hasSize(1);
        ClymeneRequestEncoder encoder = ClymeneExporterFactory.encoder(holds, null, CLOCK);
        try (Sender sender =
            ClymeneExporterFactory.sender(holds, b.signal(), null, clients, encoder)) {
          gateways.status = large ? LARGE : null;
          gateways.answer = large ? 413 : 204;
          while (large && waiting.size() < 3) {
            assertThat(sender.send(waiting.removeFirst()))
                .isInstanceOfSatisfying(SendResult.Split.class, v -> waiting.addAll(v.requests()));
          }
          gateways.status = null;
          gateways.answer = 204;
          for (EncodedRequest p : waiting) {
            assertThat(sender.send(p)).isEqualTo(SendResult.DELIVERED);
          }
        }
      }
      assertThat(gateways.samples()).isEqualTo(7);
      assertThat(gateways.lines("team-a"))
          .containsExactlyInAnyOrder("line 0", "line 1", "line 2", "line 3");
    }
  }

  private static ClymeneSettings transport(String keys, String grpc, String http) {
    return settings(
        keys.equals("http")
            ? "{http: {" + http + "}}"
            : "{grpc: {" + grpc + (keys.isEmpty() ? "" : ", " + keys) + "}}");
  }

  @Test
  void rejectsInvalidSettings() {
    for (String[] w :
        new String[][] {
          {"{}", "exactly one of grpc and http"},
          {"{grpc: {endpoint: 'a:1'}, http: {endpoint: 'http://a'}}", "exactly one"},
          {"{grpc: {endpoints: []}}", "endpoint is missing"},
          {"{grpc: {endpoints: ['a']}}", "endpoints must be host:port, not \"a\""},
          {"{http: {}}", "endpoint is missing"},
          {"{http: {endpoint: 'http://a', compression: zstd}}", "compression cannot be chosen"},
          {"{grpc: {endpoint: 'a:1'}, max_message_bytes: 1}", "must be 1024 to"}
        }) {
      assertThatThrownBy(() -> settings(w[0]))
          .as(w[0])
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining(w[1]);
    }
    assertThat(ClymeneSettings.url(java.net.URI.create("http://a:1/x/y"), Signal.LOGS))
        .hasToString("http://a:1/x/y");
  }
}
