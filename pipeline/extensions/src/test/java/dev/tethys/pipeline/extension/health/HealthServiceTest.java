package dev.tethys.pipeline.extension.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.json.JsonValues;
import dev.tethys.config.ConfigException;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.ExporterHealth;
import dev.tethys.pipeline.component.PipelineId;
import dev.tethys.pipeline.component.RunningGraph;
import dev.tethys.pipeline.receiver.GrpcJava;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.pipeline.receiver.log.LogContext;
import dev.tethys.testkit.Waiting;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The second version of health checks, over HTTP and gRPC. */
@Timeout(60)
@Tag("slow")
class HealthServiceTest {
  private static final String CHECK = "grpc.health.v1.Health/Check";
  private static final ComponentId OTLP = new ComponentId("otlp", "");
  private static final ComponentId FAR = new ComponentId("otlp_grpc", "far");

  private final HttpClient http = HttpClient.newHttpClient();
  private volatile List<ExporterHealth> exporters = List.of();
  private @Nullable HealthService service;

  private HealthService start(String yaml) throws Exception {
    HealthCheckFactory f = HealthCheckFactory.second();
    HealthService s =
        (HealthService)
            f.create(
                TestPipeline.read(f.settings(), yaml),
                new LogContext("healthcheckv2", Path.of("/nonexistent")));
    service = s;
    s.start();
    s.watchExporters(() -> exporters);
    s.runs(
        new RunningGraph(
            List.of(new ComponentId("healthcheckv2", "")),
            List.of(
                new RunningGraph.Pipeline(
                    PipelineId.parse("traces"), List.of(OTLP), List.of(), List.of(FAR)),
                new RunningGraph.Pipeline(
                    PipelineId.parse("logs/x"),
                    List.of(OTLP),
                    List.of(new ComponentId("batch", "")),
                    List.of(FAR)))));
    return s;
  }

  @AfterEach
  void end() {
    if (service != null) {
      service.stop(Duration.ZERO);
    }
    http.close();
  }

  private HttpResponse<String> ask(String path) throws Exception {
    return http.send(
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + Objects.requireNonNull(service).httpPort() + path))
            .build(),
        BodyHandlers.ofString());
  }

  private static @Nullable Object at(HttpResponse<String> r, String... path) {
    Object v = JsonValues.read(r.body());
    for (String p : path) {
      v = ((Attributes) Objects.requireNonNull(v, r.body())).get(p);
    }
    return v;
  }

  private static void fails(HealthServiceTest t, long waits) {
    t.exporters =
        List.of(
            new ExporterHealth(FAR, Signal.TRACES, "connection refused", 1, waits),
            new ExporterHealth(FAR, Signal.LOGS, "", 0, 0));
  }

  private void awaitStatus(String path, String word) throws Exception {
    while (!word.equals(at(ask(path), "status"))) {
      Waiting.pause();
    }
  }

  @Test
  void reportsTheWorstComponentOfPipelines() throws Exception {
    HealthService s =
        start("{use_v2: true, http: {endpoint: '127.0.0.1:0', status: {path: /health/status}}}");
    HttpResponse<String> before = ask("/health/status");
    assertThat(before.statusCode()).isEqualTo(503);
    assertThat(at(before, "status")).isEqualTo("StatusStarting");
    assertThat(at(before, "healthy")).isEqualTo(false);
    s.ready();
    HttpResponse<String> up = ask("/health/status");
    assertThat(up.statusCode()).isEqualTo(200);
    assertThat(at(up, "status")).isEqualTo("StatusOK");
    assertThat(at(up, "components")).isNull();
    assertThat(String.valueOf(at(up, "start_time"))).startsWith("20").endsWith("Z");

    fails(this, 600_000);
    awaitStatus("/health/status", "StatusRecoverableError");
    HttpResponse<String> all = ask("/health/status?verbose");
    assertThat(all.statusCode()).isEqualTo(200); // errors do not count unless told
    assertThat(at(all, "healthy")).isEqualTo(true);
    assertThat(at(all, "error")).isEqualTo("connection refused");
    assertThat(
            at(all, "components", "extensions", "components", "extension:healthcheckv2", "status"))
        .isEqualTo("StatusOK");
    String[] exporter = {"components", "pipeline:traces", "components", "exporter:otlp_grpc/far"};
    assertThat(at(all, exporter[0], exporter[1], exporter[2], exporter[3], "error"))
        .isEqualTo("connection refused");
    assertThat(at(all, "components", "pipeline:logs/x", "status")).isEqualTo("StatusOK");
    assertThat(at(all, "components", "pipeline:logs/x", "components", "processor:batch", "healthy"))
        .isEqualTo(true);
    assertThat(at(ask("/health/status?pipeline=traces"), "status"))
        .isEqualTo("StatusRecoverableError");
    assertThat(
            at(
                ask("/health/status?pipeline=logs/x&verbose"),
                "components",
                "receiver:otlp",
                "status"))
        .isEqualTo("StatusOK");
    assertThat(ask("/health/status?pipeline=nope").statusCode()).isEqualTo(404);
    assertThat(ask("/status").statusCode()).isEqualTo(404);

    exporters = List.of();
    awaitStatus("/health/status", "StatusOK");
    s.notReady();
    assertThat(ask("/health/status").statusCode()).isEqualTo(503);
  }

  @Test
  void lastingErrorsCauseUnhealthyStatusIfConfigured() throws Exception {
    HealthService s =
        start(
            """
            use_v2: true
            component_health: {include_recoverable_errors: true, recovery_duration: 5m}
            http: {endpoint: '127.0.0.1:0'}
            grpc: {endpoint: '127.0.0.1:0'}
            """);
    s.ready();
    fails(this, 1000);
    awaitStatus("/status", "StatusRecoverableError");
    assertThat(ask("/status").statusCode()).isEqualTo(200);
    exporters = List.of();
    awaitStatus("/status", "StatusOK");
    fails(this, 301_000);
    awaitStatus("/status", "StatusRecoverableError");
    assertThat(ask("/status").statusCode()).isEqualTo(500);
    assertThat(at(ask("/status"), "healthy")).isEqualTo(false);
    try (GrpcJava grpc = new GrpcJava(s.grpcPort())) {
      assertThat(grpc.call(CHECK, new byte[0])).containsExactly(8, 2);
      assertThat(grpc.call(CHECK, service("logs/x"))).containsExactly(8, 1);
      assertThat(grpc.call(CHECK, service("traces"))).containsExactly(8, 2);
      assertThatThrownBy(() -> grpc.call(CHECK, service("nope")))
          .isInstanceOf(StatusRuntimeException.class)
          .extracting(e -> ((StatusRuntimeException) e).getStatus().getCode())
          .isEqualTo(Status.Code.NOT_FOUND);
    }
  }

  /** Responses of a stream, and finally its end. */
  private static final class Said implements AutoCloseable {
    final BlockingQueue<Object> all = new LinkedBlockingQueue<>();
    private final ClientCall<byte[], byte[]> call;

    Said(GrpcJava grpc, byte[] message) {
      call =
          grpc.stream(
              "grpc.health.v1.Health/Watch",
              message,
              new ClientCall.Listener<>() {
                @Override
                public void onMessage(byte[] m) {
                  all.add((int) m[1]);
                  request();
                }

                @Override
                public void onClose(Status status, Metadata trailers) {
                  all.add(status.getCode());
                }
              });
    }

    private void request() {
      call.request(1);
    }

    @Override
    public void close() {
      call.cancel("enough", null);
    }
  }

  @Test
  void notifiesWatchersOfEachChange() throws Exception {
    HealthService s = start("{use_v2: true, grpc: {endpoint: '127.0.0.1:0'}}");
    try (GrpcJava grpc = new GrpcJava(s.grpcPort());
        Said whole = new Said(grpc, new byte[0]);
        Said pipeline = new Said(grpc, service("traces"));
        Said later = new Said(grpc, service("metrics"))) {
      assertThat(whole.all.take()).isEqualTo(2);
      assertThat(pipeline.all.take()).isEqualTo(2);
      assertThat(later.all.take()).isEqualTo(3);
      s.ready();
      assertThat(whole.all.take()).isEqualTo(1);
      assertThat(pipeline.all.take()).isEqualTo(1);
      s.runs(
          new RunningGraph(
              List.of(),
              List.of(
                  new RunningGraph.Pipeline(
                      PipelineId.parse("metrics"), List.of(OTLP), List.of(), List.of(FAR)))));
      assertThat(later.all.take()).isEqualTo(1);
      assertThat(pipeline.all.take()).isEqualTo(3);
      s.notReady();
      assertThat(whole.all.take()).isEqualTo(2);
      service = null;
      s.stop(Duration.ofSeconds(5));
      assertThat(whole.all.take()).isEqualTo(Status.Code.UNAVAILABLE);
    }
  }

  @Test
  void removesDisconnectedWatchers() throws Exception {
    HealthService s = start("{use_v2: true, grpc: {endpoint: '127.0.0.1:0'}}");
    try (GrpcJava grpc = new GrpcJava(s.grpcPort())) {
      try (Said a = new Said(grpc, new byte[0])) {
        assertThat(a.all.take()).isEqualTo(2);
        assertThat(s.watching()).isEqualTo(1);
      }
      while (s.watching() > 0) {
        Waiting.pause(); // only its stream was cancelled
      }
      Said b = new Said(grpc, new byte[0]);
      assertThat(b.all.take()).isEqualTo(2);
    }
    while (s.watching() > 0) {
      Waiting.pause(); // the connection has ended
    }
  }

  /** The request: a string in field 1. */
  private static byte[] service(String name) {
    byte[] text = name.getBytes(StandardCharsets.UTF_8);
    byte[] out = new byte[text.length + 2];
    out[0] = 10;
    out[1] = (byte) text.length;
    System.arraycopy(text, 0, out, 2, text.length);
    return out;
  }

  @Test
  void usesVersion1UnlessVersion2IsConfigured() {
    HealthCheckFactory f = HealthCheckFactory.second();
    assertThat(TestPipeline.read(f.settings(), "{path: /up}").second()).isNull();
    HealthServiceSettings s =
        Objects.requireNonNull(
            TestPipeline.read(f.settings(), "{use_v2: true, http: , grpc: }").second());
    assertThat(Objects.requireNonNull(s.http()).server().endpoint()).isEqualTo("localhost:13133");
    assertThat(s.http().status()).isEqualTo("/status");
    assertThat(Objects.requireNonNull(s.grpc()).endpoint()).isEqualTo("localhost:13132");
    assertThat(s.recovery()).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{use_v2: true} | use_v2 requires one of http and grpc",
        "{http: {}} | http is only valid with use_v2: true",
        "{use_v2: true, http: {}, path: /x} | \"path\" is only valid without use_v2",
        "{use_v2: true, http: {status: {path: x}}} | path must begin with a slash",
        "{use_v2: true, http: {config: {enabled: true}}} | is not served over HTTP",
        "{use_v2: true, http: {statu: {}}} | did you mean \"status\"",
        "{use_v2: true, http: {}, component_health: {recovery: 1m}} | allowed: include_permanent_errors",
      })
  void reportsInvalidSettings(String yaml, String problem) {
    assertThatThrownBy(() -> TestPipeline.read(HealthCheckFactory.second().settings(), yaml))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("test.yaml:1:")
        .hasMessageContaining(problem);
  }
}
