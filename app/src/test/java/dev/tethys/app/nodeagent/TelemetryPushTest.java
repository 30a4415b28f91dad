package dev.tethys.app.nodeagent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.collect.observe.MachineIdentity;
import dev.tethys.collect.observe.connection.Owner;
import dev.tethys.collect.observe.export.ObservedMetrics;
import dev.tethys.collect.observe.logs.LogLevel;
import dev.tethys.collect.observe.logs.ObservedLog;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class TelemetryPushTest {
  private static final Owner SHOP = new Owner("/docker/shop", "");

  private static ObservedLog log(LogLevel level, String message) {
    return new ObservedLog(SHOP, "stdout/stderr", level, message, "0123", 5_000_000_000L);
  }

  @Test
  void sendsAgentMetricsByOtlp() throws Exception {
    LinkedBlockingQueue<MetricsData> received = new LinkedBlockingQueue<>();
    Routes routes =
        new Routes()
            .post(
                "/v1/metrics",
                (q, r) -> {
                  byte[] body =
                      new GZIPInputStream(new ByteArrayInputStream(q.bodyBytes(1 << 20)))
                          .readAllBytes();
                  received.add(new OtlpReader().metrics(body, 0, body.length));
                  r.send("");
                });
    Registry registry = new Registry();
    registry.counter("container_restarts_total", "Restarts.").inc();
    try (HttpListener server =
            HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), routes, null);
        TelemetryPush push =
            new TelemetryPush(
                new TelemetryPush.Options(
                    null,
                    null,
                    null,
                    URI.create("http://127.0.0.1:" + server.port() + "/v1/metrics"),
                    1,
                    Map.of(),
                    false,
                    ""),
                Map.of());
        OtlpMetricsPush _ =
            new OtlpMetricsPush(
                new ObservedMetrics(
                    registry, new MachineIdentity("ab12", ""), Map.of("host.name", "m"), "s"),
                push,
                Duration.ofHours(1))) {
      MetricsData data = received.poll(20, TimeUnit.SECONDS);
      assertThat(data).isNotNull();
      ResourceGroup<Metric> g = data.resources().getFirst();
      assertThat(g.resource().attributes().get("service.instance.id")).isEqualTo("ab12");
      assertThat(g.resource().attributes().get("host.name")).isEqualTo("m");
      assertThat(g.scopes().getFirst().items())
          .extracting(Metric::name)
          .containsExactly("container_restarts");
    }
  }

  @Test
  void sendsContainerLogsByOtlpAndRetries() throws Exception {
    LinkedBlockingQueue<LogsData> received = new LinkedBlockingQueue<>();
    AtomicInteger requests = new AtomicInteger();
    LinkedBlockingQueue<String> keys = new LinkedBlockingQueue<>();
    Routes routes =
        new Routes()
            .post(
                "/v1/logs",
                (q, r) -> {
                  if (requests.getAndIncrement() == 0) {
                    r.status(503).send("later");
                    return;
                  }
                  keys.add(String.valueOf(q.header("X-Api-Key")));
                  byte[] body =
                      new GZIPInputStream(new ByteArrayInputStream(q.bodyBytes(1 << 20)))
                          .readAllBytes();
                  received.add(new OtlpReader().logs(body, 0, body.length));
                  r.send("");
                });
    try (HttpListener server =
        HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), routes, null)) {
      TelemetryPush.Options options =
          new TelemetryPush.Options(
              null,
              null,
              URI.create("http://127.0.0.1:" + server.port() + "/v1/logs"),
              null,
              1,
              Map.of("X-Api-Key", "secret"),
              false,
              "");
      try (TelemetryPush push =
          new TelemetryPush(options, Map.of("host.name", "m", "host.id", "1"))) {
        ObservedLog.Sink sink = push.logs();
        sink.accept(
            log(
                LogLevel.ERROR,
                "failed trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7"));
        sink.accept(log(LogLevel.UNKNOWN, "plain"));
        LogsData first = received.poll(20, TimeUnit.SECONDS);
        assertThat(first).isNotNull();
        assertThat(keys.poll()).isEqualTo("secret");
        ResourceGroup<LogRecord> group = first.resources().getFirst();
        assertThat(group.resource().attributes().get("container.id")).isEqualTo("/docker/shop");
        assertThat(group.resource().attributes().get("host.name")).isEqualTo("m");
        assertThat(group.resource().attributes().get("service.name")).isNotNull();
        LogRecord error = group.scopes().getFirst().items().getFirst();
        assertThat(error.severityNumber()).isEqualTo(17);
        assertThat(error.severityText()).isEqualTo("error");
        assertThat(error.timeUnixNano()).isEqualTo(5_000_000_000L);
        assertThat(error.traceIdHigh()).isEqualTo(0x4bf92f3577b34da6L);
        assertThat(error.spanId()).isEqualTo(0x00f067aa0ba902b7L);
        assertThat(error.attributes().get("pattern.hash")).isEqualTo("0123");
        LogRecord plain = group.scopes().getFirst().items().getLast();
        assertThat(plain.body()).isEqualTo("plain");
        assertThat(plain.severityNumber()).isZero();
        // A full batch does not wait.
        long start = System.nanoTime();
        for (int i = 0; i < 512; i++) {
          sink.accept(log(LogLevel.INFO, "m" + i));
        }
        LogsData second = received.poll(20, TimeUnit.SECONDS);
        assertThat(second).isNotNull();
        assertThat(second.resources().getFirst().scopes().getFirst().items()).hasSize(512);
        assertThat(System.nanoTime() - start).isLessThan(20_000_000_000L);
      }
    }
  }
}
