package dev.tethys.app.collector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.collector.ConfigSources;
import dev.tethys.runtime.log.LogSetup;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.logs.v1.LogRecord;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processors of {@code service.telemetry.logs}, read with OpenTelemetry's own messages. */
@Tag("slow")
class PushedLogsTest {
  private final BlockingQueue<ExportLogsServiceRequest> got = new LinkedBlockingQueue<>();
  private final AtomicInteger refusals = new AtomicInteger();

  @AfterEach
  void restoreLog() {
    LogSetup.install(Level.INFO, LogSetup.Format.LOGFMT, System.err);
  }

  private HttpListener server() throws Exception {
    return HttpListener.start(
        HttpListenerOptions.on("127.0.0.1:0"),
        new Routes()
            .post(
                "/v1/logs",
                (q, r) -> {
                  byte[] body = q.bodyBytes(1 << 20);
                  if (refusals.getAndDecrement() > 0) {
                    r.status(503).send("later");
                    return;
                  }
                  got.add(ExportLogsServiceRequest.parseFrom(body));
                }),
        null);
  }

  /** Records with the given text, from all requests until the first has come. */
  private List<LogRecord> records(String text) throws InterruptedException {
    List<LogRecord> out = new ArrayList<>();
    while (out.isEmpty()) {
      ExportLogsServiceRequest r =
          Objects.requireNonNull(got.poll(30, TimeUnit.SECONDS), "no data received");
      assertThat(r.getResourceLogs(0).getResource().getAttributesList())
          .extracting(KeyValue::getKey)
          .contains("service.name", "service.instance.id", "site");
      r.getResourceLogs(0)
          .getScopeLogsList()
          .forEach(
              s ->
                  s.getLogRecordsList().stream()
                      .filter(l -> l.getBody().getStringValue().contains(text))
                      .forEach(out::add));
    }
    return out;
  }

  @Test
  void sendsRecordsAfterFailures(@TempDir Path folder) throws Exception {
    try (HttpListener server = server()) {
      refusals.set(2);
      Path c = folder.resolve("c.yaml");
      Files.writeString(
          c,
          """
          receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:0"}}}}
          exporters: {nop: , nop/unused: }
          service:
            pipelines: {logs: {receivers: [otlp], exporters: [nop]}}
            telemetry:
              resource: {site: north}
              metrics: {level: none}
              logs:
                processors:
                  - batch:
                      schedule_delay: 20
                      exporter:
                        otlp: {protocol: http/protobuf, endpoint: "http://127.0.0.1:%d"}
          """
              .formatted(server.port()));
      try (CollectorRole role =
          new CollectorRole(
              new ConfigSources(List.of(c.toString()), List.of(), n -> null),
              BuiltIn.components(),
              true,
              false)) {
        role.start();
        LogRecord warning = records("nop/unused is not used").getFirst();
        assertThat(warning.getSeverityNumberValue()).isEqualTo(13);
        assertThat(warning.getTimeUnixNano()).isPositive();
        Logger.getLogger("dev.tethys.test")
            .log(Level.SEVERE, "broken", new IllegalStateException("x"));
        LogRecord error = records("broken").getFirst();
        assertThat(error.getSeverityText()).isEqualTo("ERROR");
        assertThat(error.getAttributes(0).getKey()).isEqualTo("exception.stacktrace");
        assertThat(error.getAttributes(0).getValue().getStringValue())
            .startsWith("java.lang.IllegalStateException: x");
        refusals.set(1_000);
        Logger.getLogger("dev.tethys.test").severe("at the end");
        refusals.set(0);
      }
      assertThat(records("at the end")).hasSize(1);
    }
  }
}
