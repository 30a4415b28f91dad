package dev.tethys.pipeline.volume;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.Resource;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Signal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

final class VolumesTest {
  private static LogsData logs() {
    LogsData data = new LogsData();
    for (String service : List.of("checkout", "cart")) {
      Resource r = new Resource();
      r.attributes().put("team", "shop");
      r.attributes().put("service.name", service);
      ResourceGroup<LogRecord> g = new ResourceGroup<>();
      g.setResource(r);
      ScopeGroup<LogRecord> s = new ScopeGroup<>();
      for (int i = 0; i < (service.equals("cart") ? 3 : 5); i++) {
        LogRecord l = new LogRecord();
        l.setSeverityNumber(i == 0 ? 17 : 9);
        l.setBody("payment accepted ".repeat(i + 1));
        l.attributes().put("http.route", i < 2 ? "/pay" : "/list");
        s.items().add(l);
      }
      g.scopes().add(s);
      data.resources().add(g);
    }
    return data;
  }

  private static VolumeSettings by(String... names) {
    return new VolumeSettings(
        true, List.of(names).stream().map(VolumeAttribute::parse).toList(), 10);
  }

  private static Map<String, Long> items(VolumePoint p, String by) {
    return requireNonNull(p.by(by)).rows().stream()
        .collect(Collectors.toMap(TopValues.Row::value, TopValues.Row::items));
  }

  private static long bytes(VolumePoint p, String by) {
    VolumePoint.Table t = requireNonNull(p.by(by));
    return t.rows().stream().mapToLong(TopValues.Row::bytes).sum() + t.otherBytes();
  }

  private static void countsLogs(Batch batch) {
    Volumes v = new Volumes();
    v.configure(by("service.name", "team", "severity", "attributes[\"http.route\"]", "region"));
    VolumePoint p = v.in("otlp", Signal.LOGS);
    p.pass(batch, 1_000);
    p.pass(batch, 1_000);
    assertThat(items(p, "service.name"))
        .containsOnly(Map.entry("checkout", 10L), Map.entry("cart", 6L));
    assertThat(items(p, "team")).containsOnly(Map.entry("shop", 16L));
    assertThat(items(p, "severity")).containsOnly(Map.entry("error", 4L), Map.entry("info", 12L));
    assertThat(items(p, "attributes[\"http.route\"]"))
        .containsOnly(Map.entry("/pay", 8L), Map.entry("/list", 8L));
    assertThat(items(p, "region")).containsOnly(Map.entry("", 16L));
    for (String a : v.attributes()) {
      assertThat(bytes(p, a)).as(a).isEqualTo(2_000);
    }
    assertThat(p.by("metric.name")).isNull();
    assertThat(requireNonNull(p.by("service.name")).distinct()).isEqualTo(2);
  }

  @Test
  void countsAnEncodedRequestAndATreeAlike() {
    byte[] body = new OtlpWriter().write(logs());
    countsLogs(new Batch(Signal.LOGS, Encoding.OTLP, body, 8, 0));
    countsLogs(Batch.of(Signal.LOGS, logs(), 0, Metadata.NONE));
  }

  @Test
  void countsExactBytesByResource() {
    LogsData both = logs();
    LogsData one = new LogsData();
    one.resources().add(both.resources().getFirst());
    int checkout = new OtlpWriter().write(one).length;
    byte[] body = new OtlpWriter().write(logs());
    Volumes v = new Volumes();
    v.configure(by("service.name"));
    VolumePoint p = v.in("otlp", Signal.LOGS);
    p.pass(new Batch(Signal.LOGS, Encoding.OTLP, body, 8, 0), body.length);
    assertThat(requireNonNull(p.by("service.name")).rows())
        .containsExactly(
            new TopValues.Row("checkout", 5, checkout, 0),
            new TopValues.Row("cart", 3, body.length - checkout, 0));
  }

  /** Records of all lengths, some with an unusual layout. */
  @Test
  void readsTheSameSeveritiesFieldByField() {
    Random random = new Random(5);
    for (int round = 0; round < 300; round++) {
      LogsData data = new LogsData();
      ResourceGroup<LogRecord> g = new ResourceGroup<>();
      for (int k = 0; k < 2; k++) {
        ScopeGroup<LogRecord> s = new ScopeGroup<>();
        s.scope().setName("n".repeat(random.nextInt(200)));
        for (int i = random.nextInt(30); i > 0; i--) {
          LogRecord l = new LogRecord();
          if (random.nextInt(20) > 0) {
            l.setTimeUnixNano(1 + random.nextLong(1L << 60));
          }
          l.setSeverityNumber(random.nextInt(10) == 0 ? random.nextInt() : random.nextInt(25));
          if (random.nextBoolean()) {
            l.setBody("b".repeat(random.nextInt(random.nextInt(20) == 0 ? 40_000 : 300)));
          }
          s.items().add(l);
        }
        g.scopes().add(s);
      }
      data.resources().add(g);
      byte[] body = new OtlpWriter().write(data);
      List<TopValues.Row> plain = severities(body, data.itemCount(), "severity");
      assertThat(plain)
          .isEqualTo(severities(body, data.itemCount(), "severity", "attributes[\"a\"]"));
    }
  }

  private static List<TopValues.Row> severities(byte[] body, int n, String... by) {
    Volumes v = new Volumes();
    v.configure(by(by));
    VolumePoint p = v.in("otlp", Signal.LOGS);
    p.pass(new Batch(Signal.LOGS, Encoding.OTLP, body, n, 0), body.length);
    return requireNonNull(p.by("severity")).rows();
  }

  @Test
  void countsSpansAndSeries() {
    Volumes v = new Volumes();
    v.configure(by("service.name", "metric.name", "attributes[\"http.route\"]"));
    TracesData data = new TracesData();
    ResourceGroup<Span> g = new ResourceGroup<>();
    g.resource().attributes().put("service.name", "api");
    ScopeGroup<Span> s = new ScopeGroup<>();
    Span span = new Span();
    span.attributes().put("http.route", "/a");
    s.items().add(span);
    g.scopes().add(s);
    data.resources().add(g);
    VolumePoint spans = v.edge("e", true, "out", "traces", Signal.TRACES);
    byte[] body = new OtlpWriter().write(data);
    spans.pass(new Batch(Signal.TRACES, Encoding.OTLP, body, 1, 0), body.length);
    assertThat(items(spans, "attributes[\"http.route\"]")).containsOnly(Map.entry("/a", 1L));

    WriteRequestWriter w = new WriteRequestWriter();
    for (String name : List.of("up", "up", "requests_total")) {
      byte[] canonical = Labels.of("__name__", name, "job", "api").canonicalBytes();
      w.beginCanonicalSeries(canonical, 0, canonical.length).sample(1, 2).endSeries();
    }
    VolumePoint series = v.in("prometheus", Signal.METRICS);
    byte[] request = w.toByteArray();
    series.pass(Batch.ofSeries(request, 3, null, 0, Metadata.NONE), request.length);
    assertThat(items(series, "metric.name"))
        .containsOnly(Map.entry("up", 2L), Map.entry("requests_total", 1L));
    assertThat(items(series, "service.name")).containsOnly(Map.entry("api", 3L));

    Registry registry = new Registry();
    registry.register(v);
    StringBuilder shown = new StringBuilder();
    registry.gather().forEach(f -> shown.append(f.name()).append(f.metrics()).append('\n'));
    assertThat(shown.toString())
        .contains("items_received_by_service_total")
        .contains("bytes_sent_by_service_total")
        .contains("mdai_service=\"api\"")
        .contains("data_type=\"traces\"");
  }

  /** Remote write request with a sample of each of {@code metrics} metrics. */
  private static byte[] request(int metrics) {
    WriteRequestWriter w = new WriteRequestWriter();
    for (int i = 0; i < metrics; i++) {
      byte[] canonical = Labels.of("__name__", "metric_" + i % 100, "job", "api").canonicalBytes();
      w.beginCanonicalSeries(canonical, 0, canonical.length).sample(1, 2).endSeries();
    }
    return w.toByteArray();
  }

  @Test
  void partlyReadLargeBatchesAddUp() {
    Volumes v = new Volumes();
    v.configure(by("service.name", "metric.name"));
    VolumePoint p = v.in("prometheus", Signal.METRICS);
    byte[] large = request(1_000);
    for (int i = 0; i < 40; i++) {
      p.pass(Batch.ofSeries(large, 1_000, null, 0, Metadata.NONE), large.length);
      byte[] small = request(1);
      p.pass(Batch.ofSeries(small, 1, null, 0, Metadata.NONE), small.length);
    }
    for (String a : v.attributes()) {
      VolumePoint.Table t = requireNonNull(p.by(a));
      long items = t.rows().stream().mapToLong(TopValues.Row::items).sum() + t.otherItems();
      assertThat(items).as(a).isEqualTo(p.items()).isEqualTo(40_040);
      assertThat(bytes(p, a)).as(a).isEqualTo(p.bytes());
    }
    assertThat(items(p, "service.name")).containsOnly(Map.entry("api", 40_040L));
    assertThat(requireNonNull(p.by("metric.name")).distinct()).isBetween(90L, 110L);
  }

  /** Request with {@code n} log records, every fourth an error. */
  private static byte[] records(String service, int n) {
    LogsData data = new LogsData();
    ResourceGroup<LogRecord> g = new ResourceGroup<>();
    g.resource().attributes().put("service.name", service);
    ScopeGroup<LogRecord> s = new ScopeGroup<>();
    for (int i = 0; i < n; i++) {
      LogRecord l = new LogRecord();
      l.setTimeUnixNano(1_700_000_000_000_000_000L + i);
      l.setSeverityNumber(i % 4 == 0 ? 17 : 9);
      l.setBody("line " + i);
      s.items().add(l);
    }
    g.scopes().add(s);
    data.resources().add(g);
    return new OtlpWriter().write(data);
  }

  @Test
  void mergedBatchesHaveTheVolumesOfTheirParts() {
    Volumes v = new Volumes();
    v.configure(by("service.name", "severity"));
    VolumePoint in = v.in("otlp", Signal.LOGS);
    VolumePoint out = v.edge("e", true, "out", "logs", Signal.LOGS);
    List<Batch> parts = new ArrayList<>();
    int bytes = 0;
    for (String service : List.of("checkout", "cart", "api")) {
      byte[] body = records(service, 400);
      bytes += body.length;
      Batch b = new Batch(Signal.LOGS, Encoding.OTLP, body, 400, 0);
      in.pass(b, body.length);
      parts.add(b);
    }
    Batch joined = Batch.join(parts, 0, Metadata.NONE);
    // Its bytes are not read again: 0 is not a valid tag.
    Arrays.fill(joined.body(), (byte) 0);
    out.pass(joined, bytes);
    assertThat(items(out, "service.name"))
        .containsOnly(Map.entry("checkout", 400L), Map.entry("cart", 400L), Map.entry("api", 400L));
    assertThat(items(out, "severity"))
        .containsOnly(Map.entry("error", 300L), Map.entry("info", 900L));
    assertThat(requireNonNull(out.by("service.name")).rows())
        .isEqualTo(requireNonNull(in.by("service.name")).rows());
    assertThat(bytes(out, "severity")).isEqualTo(bytes);
  }

  @Test
  void readsSmallPartsOfAMergedBatchTogether() {
    Volumes v = new Volumes();
    v.configure(by("service.name", "severity"));
    VolumePoint in = v.in("otlp", Signal.LOGS);
    List<Batch> parts = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      byte[] body = records("s" + i % 2, 4);
      Batch b = new Batch(Signal.LOGS, Encoding.OTLP, body, 4, 0);
      in.pass(b, body.length);
      parts.add(b);
    }
    VolumePoint out = v.edge("e", true, "out", "logs", Signal.LOGS);
    out.pass(Batch.join(parts, 0, Metadata.NONE), 5_000);
    assertThat(items(out, "service.name"))
        .containsOnly(Map.entry("s0", 200L), Map.entry("s1", 200L));
    assertThat(items(out, "severity"))
        .containsOnly(Map.entry("error", 100L), Map.entry("info", 300L));
    assertThat(bytes(out, "severity")).isEqualTo(5_000);
  }

  @Test
  void countsUnreadableDataWithoutAValue() {
    Volumes v = new Volumes();
    v.configure(by("service.name"));
    VolumePoint p = v.in("otlp", Signal.LOGS);
    p.pass(new Batch(Signal.LOGS, Encoding.OTLP, new byte[10], 7, 0), 10);
    assertThat(items(p, "service.name")).containsOnly(Map.entry("", 7L));
    v.configure(new VolumeSettings(false, VolumeSettings.DEFAULT.attributes(), 10));
    p.pass(new Batch(Signal.LOGS, Encoding.OTLP, new byte[10], 7, 0), 10);
    assertThat(p.items()).isEqualTo(7);
  }

  @Test
  void rejectsUnknownForms() {
    assertThatThrownBy(() -> VolumeAttribute.parse("attributes[x]"))
        .hasMessageContaining("attributes[\"KEY\"]");
  }
}
