package dev.tethys.pipeline.kafka;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.NotEncodableException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RecordKeysTest {
  private static Span span(long trace, String name) {
    Span s = new Span();
    s.setTraceId(0, trace);
    s.setName(name);
    return s;
  }

  private static List<String> names(Batch b) {
    List<String> out = new ArrayList<>();
    for (ResourceGroup<Span> r : new OtlpReader().traces(b.body(), 0, b.size()).resources()) {
      for (ScopeGroup<Span> s : r.scopes()) {
        s.items()
            .forEach(
                i ->
                    out.add(
                        r.resource().attributes().getString("service.name")
                            + "/"
                            + s.scope().name()
                            + "/"
                            + i.name()));
      }
    }
    return out;
  }

  private static Batch traces() {
    TracesData data = new TracesData();
    for (String service : List.of("a", "b")) {
      ResourceGroup<Span> r = new ResourceGroup<>();
      r.resource().attributes().put("service.name", service);
      ScopeGroup<Span> s = new ScopeGroup<>();
      s.scope().setName("lib");
      s.items().add(span(1, "x"));
      s.items().add(span(2, "y"));
      s.items().add(span(0, "z"));
      r.scopes().add(s);
      data.resources().add(r);
    }
    return new Batch(Signal.TRACES, Encoding.OTLP, new OtlpWriter().write(data), 6, 0);
  }

  @Test
  void usesTheTraceIdAsKeyOfAllSpans() {
    Map<String, Batch> parts = RecordKeys.TRACE_ID.split(traces()).parts();
    String zeros = "0".repeat(31);
    assertThat(parts.keySet()).containsExactly(zeros + "1", zeros + "2", "");
    assertThat(names(requireNonNull(parts.get(zeros + "1")))).containsExactly("a/lib/x", "b/lib/x");
    assertThat(names(requireNonNull(parts.get(zeros + "2")))).containsExactly("a/lib/y", "b/lib/y");
    assertThat(names(requireNonNull(parts.get("")))).containsExactly("a/lib/z", "b/lib/z");
    assertThat(parts.values()).extracting(Batch::items).containsExactly(2, 2, 2);
  }

  private static ResourceGroup<LogRecord> logs(String... attributes) {
    ResourceGroup<LogRecord> r = new ResourceGroup<>();
    for (int i = 0; i < attributes.length; i += 2) {
      r.resource().attributes().put(attributes[i], attributes[i + 1]);
    }
    ScopeGroup<LogRecord> s = new ScopeGroup<>();
    s.items().add(new LogRecord());
    r.scopes().add(s);
    return r;
  }

  @Test
  void usesOneKeyForEqualAttributesInAnyOrder() {
    LogsData data = new LogsData();
    data.resources().add(logs("a", "1", "b", "2"));
    data.resources().add(logs("a", "1"));
    data.resources().add(logs("b", "2", "a", "1"));
    Map<String, Batch> parts =
        RecordKeys.RESOURCE
            .split(new Batch(Signal.LOGS, Encoding.OTLP, new OtlpWriter().write(data), 3, 0))
            .parts();
    assertThat(parts.values()).extracting(Batch::items).containsExactly(2, 1);
    assertThat(parts.keySet()).allMatch(k -> k.matches("[0-9a-f]{32}"));
  }

  /** A histogram of two buckets is one point; a bucket without a bound has no place in OTLP. */
  @Test
  void convertsUnboundedBucketsAsWithoutKeys() {
    WriteRequestWriter w = new WriteRequestWriter();
    w.metadata("h", new MetricMetadata(MetricType.HISTOGRAM, "", ""));
    for (String le : List.of("1", "+Inf")) {
      w.beginSeries(Labels.of("__name__", "h_bucket", "job", "a", "le", le));
      w.sample(1000, 3).endSeries();
    }
    w.beginSeries(Labels.of("__name__", "h_bucket", "job", "a")).sample(1000, 3).endSeries();
    byte[] body = w.toByteArray();
    for (boolean keys : List.of(false, true)) {
      KafkaExporterSettings s =
          KafkaExporterSettings.TYPE.read(
              YamlDocument.parse(
                      "a.yml", null, "{partition_metrics_by_resource_attributes: " + keys + "}")
                  .root());
      Encoder.Encoded e =
          KafkaExporterFactory.encoder(
                  s,
                  requireNonNull(s.topics().get(Signal.METRICS)),
                  Signal.METRICS,
                  InstantSource.system(),
                  new TestContext())
              .encode(new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, body, 3, 0));
      assertThat(e.requests())
          .as("keys " + keys)
          .extracting(EncodedRequest::items)
          .containsExactly(2);
      assertThat(e.drops()).as("keys " + keys).isEmpty();
    }
  }

  @Test
  void treatsUnboundedBucketsAsWithoutKeys() {
    Batch b = traces();
    assertThat(RecordKeys.NONE.split(b).parts()).containsExactly(Map.entry("", b));
  }

  @Test
  void rejectsMalformedBatchesAsNotEncodable() {
    Batch b = new Batch(Signal.TRACES, Encoding.OTLP, new byte[] {1, 2, 3}, 1, 0);
    assertThatThrownBy(() -> RecordKeys.TRACE_ID.split(b))
        .isInstanceOf(NotEncodableException.class);
  }
}
