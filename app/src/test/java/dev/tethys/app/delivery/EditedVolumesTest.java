package dev.tethys.app.delivery;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.volume.TopValues;
import dev.tethys.pipeline.volume.VolumePoint;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Counted bytes of edited batches against those that arrive at the destination. */
@Tag("slow")
final class EditedVolumesTest {
  private static final Percentage NEARLY = Percentage.withPercentage(2);
  private static final Map<String, Integer> SIZES = Map.of("small", 5, "middle", 80, "large", 3000);

  @GuardedBy("itself")
  private final Map<String, Long> arrived = new HashMap<>(); // bytes by service

  private final AtomicLong records = new AtomicLong();
  private HttpListener sink;
  private long sent;

  @BeforeEach
  void listen() throws Exception {
    Routes routes =
        new Routes()
            .post(
                "/v1/logs",
                (q, r) -> {
                  take(q.bodyBytes(1 << 24));
                  r.header("content-type", "application/x-protobuf").send();
                });
    sink = HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), routes, null);
  }

  @AfterEach
  void close() {
    sink.close();
  }

  private void take(byte[] body) {
    LogsData data = (LogsData) new OtlpReader().read(OtlpSignal.LOGS, body, 0, body.length);
    synchronized (arrived) {
      for (ResourceGroup<LogRecord> g : data.resources()) {
        LogsData one = new LogsData();
        one.resources().add(g);
        String service = String.valueOf(g.resource().attributes().get("service.name"));
        arrived.merge(service, (long) new OtlpWriter().write(one).length, Long::sum);
      }
    }
    records.addAndGet(data.itemCount());
  }

  /** A request of a service, of whose ten records the first is an error. */
  private Batch request(String service, String mark) {
    LogsData data = new LogsData();
    ResourceGroup<LogRecord> g = new ResourceGroup<>();
    g.resource().attributes().put("service.name", service);
    ScopeGroup<LogRecord> s = new ScopeGroup<>();
    for (int i = 0; i < 10; i++) {
      LogRecord l = new LogRecord();
      l.setTimeUnixNano(1_700_000_000_000_000_000L + sent);
      l.setSeverityNumber(i == 0 ? 17 : 9);
      l.setBody("n" + sent++ + " " + mark + "b".repeat(requireNonNull(SIZES.get(service))));
      s.items().add(l);
    }
    g.scopes().add(s);
    data.resources().add(g);
    return new Batch(
        Signal.LOGS, Encoding.OTLP, new OtlpWriter().write(data), 10, 0, Metadata.NONE);
  }

  private TestPipeline pipeline(String processor, String keys) throws Exception {
    Map<String, String> all = new LinkedHashMap<>();
    if (!processor.isEmpty()) {
      all.put(processor, keys);
    }
    all.put("batch", "timeout: 50ms");
    return TestPipeline.processed(
        Signal.LOGS,
        all,
        "otlp_http",
        "endpoint: 'http://127.0.0.1:" + sink.port() + "', compression: none");
  }

  private static Map<String, Long> bytes(TestPipeline p, VolumePoint.Kind kind) {
    Map<String, Long> out = new TreeMap<>();
    for (VolumePoint v : p.volumes().points()) {
      VolumePoint.Table t = v.kind() == kind ? v.by("service.name") : null;
      if (t != null) {
        assertThat(v.isEstimated()).as(v.id()).isFalse();
        for (TopValues.Row r : t.rows()) {
          out.merge(r.value(), r.bytes(), Long::sum);
        }
      }
    }
    return out;
  }

  /** Sends requests of all services, then of each alone: batches have items of different sizes. */
  private void send(TestPipeline p, int rounds, String mark) throws InterruptedException {
    for (List<String> services :
        List.of(List.of("small", "middle", "large"), List.of("small"), List.of("large"))) {
      for (int i = 0; i < rounds; i++) {
        for (String service : services) {
          p.send(request(service, mark));
        }
        Thread.sleep(7); // batches get different parts
      }
      p.settle();
    }
  }

  /** Compares after each few batches, so that the errors of several do not cancel out. */
  private void compare(String processor, String keys, long least, long most) throws Exception {
    try (TestPipeline p = pipeline(processor, keys)) {
      for (int round = 1; round <= 4; round++) {
        send(p, 10, "DROP");
        p.settle();
        send(p, 20, "");
        p.settle();
        assertThat(records.get()).isBetween(least * round, most * round);
        Map<String, Long> out = bytes(p, VolumePoint.Kind.OUT);
        synchronized (arrived) {
          assertThat(out.keySet()).isEqualTo(arrived.keySet());
          arrived.forEach(
              (service, n) ->
                  assertThat(requireNonNull(out.get(service))).as(service).isCloseTo(n, NEARLY));
        }
      }
    }
  }

  @Test
  void filteredByteCountsMatchSentBytes() throws Exception {
    compare(
        "filter",
        "error_mode: ignore, logs: {log_record: ['IsMatch(log.body, \"DROP\")',"
            + " 'log.severity_number >= 17 and IsMatch(log.body, \"^n[0-9]*[02468]0 \")']}",
        900,
        999);
  }

  @Test
  void splitByteCountsMatchSentBytes() throws Exception {
    compare(
        "transform", "log_statements: ['set(log.body, Substring(log.body, 0, 2))']", 1500, 1500);
  }

  @Test
  void uneditedDataHasTheSameBytesInAndOut() throws Exception {
    try (TestPipeline p = pipeline("", "")) {
      send(p, 20, "");
      p.settle();
      assertThat(bytes(p, VolumePoint.Kind.OUT)).isEqualTo(bytes(p, VolumePoint.Kind.IN));
    }
  }
}
