package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.processor.fidelity.FidelityFactory;
import dev.tethys.pipeline.processor.fidelity.FidelitySettings;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Comparison of sampled items between two points, with a pipeline of this test between them. */
class FidelityTest {
  private final Rig rig = new Rig();
  private final Rig end = new Rig();
  private final FidelityFactory factory = new FidelityFactory();
  private final List<Batch> delivered = new ArrayList<>();
  private Outcome answer = Outcome.ACCEPTED;

  private Processor processor(
      String yaml, Signal signal, dev.tethys.pipeline.Consumer next, Rig in) {
    FidelitySettings s = factory.settings().read(YamlDocument.parse("c.yaml", null, yaml).root());
    return factory.create(s, signal, next, in);
  }

  /** The two points with an edit between them. */
  private Processor points(String more, Signal signal, Consumer<Batch> edit) throws IOException {
    Processor last =
        processor(
            "{check: vendor, point: delivered}",
            signal,
            (batch, ack) -> {
              delivered.add(batch);
              ack.complete(answer);
            },
            end);
    Processor first =
        processor(
            "{check: vendor, point: sent, sample: 1" + more + "}",
            signal,
            (batch, ack) -> {
              edit.accept(batch);
              last.consume(batch, ack);
            },
            rig);
    last.start();
    first.start();
    return first;
  }

  private static LogsData logs(int n) {
    LogsData d = new LogsData();
    ResourceGroup<LogRecord> r = new ResourceGroup<>();
    r.resource().attributes().put("service.name", "shop");
    ScopeGroup<LogRecord> s = new ScopeGroup<>();
    for (int i = 0; i < n; i++) {
      LogRecord l = new LogRecord();
      l.setTimeUnixNano(1 + i);
      l.setBody("line " + i);
      l.attributes().put("user", "u" + i);
      l.attributes().put("request.id", "r" + i);
      s.items().add(l);
    }
    r.scopes().add(s);
    d.resources().add(r);
    return d;
  }

  private double metric(String name, String... values) {
    double sum = 0;
    for (MetricFamily f : rig.registry.gather()) {
      if (f.name().equals(name)) {
        for (MetricFamily.Metric m : f.metrics()) {
          boolean all = true;
          for (String v : values) {
            all &= m.labels().toString().contains("\"" + v + "\"");
          }
          sum += all && m.point() instanceof MetricFamily.Value v ? v.value() : 0;
        }
      }
    }
    return sum;
  }

  private double items(String result) {
    return metric("mdai_fidelity_signal_checks_total", "vendor", result);
  }

  @Test
  void matchesUnchangedItemsAndForwardsBatchesUnmodified() throws IOException {
    Processor first = points("", Signal.LOGS, _ -> {});
    Batch b = Rig.batch(logs(5));
    first.consume(b, rig.outcomes::add);
    assertThat(delivered).containsExactly(b);
    assertThat(rig.outcomes).containsExactly(Outcome.ACCEPTED);
    assertThat(items("match")).isEqualTo(5);
    assertThat(metric("mdai_fidelity_payloads_received_total", "sent")).isEqualTo(5);
    assertThat(metric("mdai_fidelity_payloads_received_total", "delivered")).isEqualTo(5);
    // body, severity, time, two attributes and one resource attribute
    assertThat(metric("mdai_fidelity_attribute_checks_total", "match")).isEqualTo(30);
    assertThat(metric("mdai_fidelity_pending_payloads")).isZero();
  }

  private static void edit(Batch b, Consumer<LogRecord> change) {
    LogsData d = (LogsData) b.takeTree();
    Rig.all(d).forEach(change);
    b.keepTree(d);
  }

  @Test
  void countsAttributeChangesByName() throws IOException {
    Processor first =
        points(
            ", required: {user: value, request.id: presence_only, tenant: presence_only}",
            Signal.LOGS,
            b ->
                edit(
                    b,
                    l -> {
                      l.attributes().put("user", "***");
                      l.attributes().remove("request.id");
                      l.attributes().put("tenant", "a");
                    }));
    rig.send(first, logs(2));
    assertThat(items("mismatch")).isEqualTo(2);
    assertThat(metric("tethys_fidelity_differences_total", "user", "mismatch")).isEqualTo(2);
    assertThat(metric("tethys_fidelity_differences_total", "request.id", "missing")).isEqualTo(2);
    assertThat(metric("tethys_fidelity_differences_total", "tenant", "added")).isEqualTo(2);
    String required = "mdai_fidelity_required_attribute_checks_total";
    assertThat(metric(required, "user", "fail")).isEqualTo(2);
    assertThat(metric(required, "request.id", "fail")).isEqualTo(2);
    assertThat(metric(required, "tenant", "pass")).isEqualTo(2);
    assertThat(metric("mdai_fidelity_required_signal_checks_total", "fail")).isEqualTo(2);
  }

  @Test
  void comparesBodiesOfItemsIdentifiedByAttribute() throws IOException {
    Processor first =
        points(
            ", correlation: request.id, ignored_attributes: [user], required: {service.name: value,"
                + " request.id: value}",
            Signal.LOGS,
            b -> edit(b, l -> l.setBody("masked")));
    rig.send(first, logs(3));
    assertThat(items("mismatch")).isEqualTo(3);
    assertThat(metric("tethys_fidelity_differences_total", "log.body", "mismatch")).isEqualTo(3);
    assertThat(metric("tethys_fidelity_differences_total", "user")).isZero();
    String required = "mdai_fidelity_required_attribute_checks_total";
    assertThat(metric(required, "request.id", "pass")).isEqualTo(3);
    assertThat(metric(required, "service.name", "pass")).isEqualTo(3);
  }

  @Test
  void reportsDroppedItemsAsMissingAfterTheTimeout() throws IOException {
    Processor first =
        points(
            ", timeout: 5s, required: {user: value}",
            Signal.LOGS,
            b -> {
              LogsData d = (LogsData) b.takeTree();
              d.resources()
                  .getFirst()
                  .scopes()
                  .getFirst()
                  .items()
                  .removeIf(l -> l.timeUnixNano() == 2);
              b.keepTree(d);
            });
    rig.send(first, logs(4));
    assertThat(items("match")).isEqualTo(3);
    assertThat(metric("mdai_fidelity_pending_payloads")).isEqualTo(1);
    rig.clock.pass(Duration.ofSeconds(4));
    assertThat(items("missing")).isZero();
    rig.clock.pass(Duration.ofSeconds(2));
    assertThat(items("missing")).isEqualTo(1);
    assertThat(metric("mdai_fidelity_pending_payloads")).isZero();
    assertThat(metric("mdai_fidelity_required_signal_checks_total", "fail")).isEqualTo(1);
  }

  @Test
  void countsARetriedBatchOnce() throws IOException {
    Processor first = points("", Signal.LOGS, _ -> {});
    answer = new Outcome.Unavailable("full", Duration.ZERO);
    rig.send(first, logs(2));
    assertThat(metric("mdai_fidelity_payloads_received_total", "delivered")).isZero();
    assertThat(metric("mdai_fidelity_pending_payloads")).isZero();
    answer = Outcome.ACCEPTED;
    rig.send(first, logs(2));
    assertThat(items("match")).isEqualTo(2);
    assertThat(items("doubled")).isZero();
  }

  @Test
  void reportsItemsOfPartlyRejectedBatchesAsUnknown() throws IOException {
    Processor first =
        processor(
            "{check: vendor, point: sent, sample: 0.2, required: {user: value}}",
            Signal.LOGS,
            processor(
                "{check: vendor, point: delivered}",
                Signal.LOGS,
                (_, ack) -> ack.complete(answer),
                end),
            rig);
    first.start();
    answer = new Outcome.Rejected("too old", 10);
    rig.send(first, logs(1_000));
    answer = Outcome.ACCEPTED;
    rig.send(first, logs(3_000));
    rig.clock.pass(Duration.ofSeconds(40));
    assertThat(items("missing")).isZero();
    assertThat(items("unknown")).isBetween(150.0, 250.0);
    assertThat(items("match")).isBetween(500.0, 700.0);
    assertThat(metric("mdai_fidelity_required_signal_checks_total", "fail")).isZero();
    assertThat(metric("mdai_fidelity_pending_payloads")).isZero();
    assertThat(metric("tethys_fidelity_items_total", "refused")).isEqualTo(10);
    assertThat(metric("tethys_fidelity_items_total", "accepted")).isEqualTo(3_990);
  }

  @Test
  void reportsItemsRejectedByIndexAsMissing() throws IOException {
    Processor first = points("", Signal.LOGS, _ -> {});
    answer = new Outcome.Rejected("too old", 1, Map.of("too old", 1), Map.of(2, "too old"));
    rig.send(first, logs(4));
    assertThat(items("match")).isEqualTo(3);
    rig.clock.pass(Duration.ofSeconds(40));
    assertThat(items("missing")).isEqualTo(1);
    assertThat(items("unknown")).isZero();
  }

  @Test
  void reportsItemsOfRejectedBatchesAsMissing() throws IOException {
    Processor first = points("", Signal.LOGS, _ -> {});
    answer = new Outcome.Rejected("too old", 4);
    rig.send(first, logs(4));
    rig.clock.pass(Duration.ofSeconds(40));
    assertThat(items("missing")).isEqualTo(4);
    assertThat(metric("tethys_fidelity_items_total", "refused")).isEqualTo(4);
  }

  @Test
  void countsDuplicateAndUnsentItems() throws IOException {
    Processor first = points("", Signal.LOGS, _ -> {});
    rig.send(first, logs(2));
    Processor last =
        processor(
            "{check: vendor, point: delivered}",
            Signal.LOGS,
            (_, ack) -> ack.complete(Outcome.ACCEPTED),
            end);
    last.consume(Rig.batch(logs(3)), _ -> {});
    assertThat(items("doubled")).isEqualTo(2);
    assertThat(items("unpaired")).isEqualTo(1);
  }

  @Test
  void samplesSpansByTheirIds() throws IOException {
    Processor last =
        processor(
            "{check: vendor, point: delivered}",
            Signal.TRACES,
            (_, ack) -> ack.complete(Outcome.ACCEPTED),
            end);
    Processor first =
        processor("{check: vendor, point: sent, sample: 0.1}", Signal.TRACES, last, rig);
    last.start();
    first.start();
    TracesData d = new TracesData();
    ResourceGroup<Span> r = new ResourceGroup<>();
    ScopeGroup<Span> s = new ScopeGroup<>();
    for (int i = 1; i <= 10_000; i++) {
      Span x = new Span();
      x.setTraceId(0, i / 7);
      x.setSpanId(i);
      s.items().add(x);
    }
    r.scopes().add(s);
    d.resources().add(r);
    rig.send(first, d);
    assertThat(items("match")).isBetween(850.0, 1150.0);
    assertThat(items("match")).isEqualTo(metric("mdai_fidelity_payloads_received_total", "sent"));
    assertThat(items("unpaired")).isZero();
  }

  @Test
  void doesNotSampleItemsBeyondTheLimit() throws IOException {
    Processor first =
        processor(
            "{check: vendor, point: sent, sample: 1}",
            Signal.LOGS,
            (_, ack) -> ack.complete(Outcome.ACCEPTED),
            rig);
    first.start();
    rig.send(first, logs(12_000));
    assertThat(metric("mdai_fidelity_pending_payloads")).isEqualTo(10_000);
    rig.clock.pass(Duration.ofSeconds(31));
    assertThat(items("missing")).isEqualTo(10_000);
  }

  @Test
  void rejectsInvalidSettings() {
    assertThatThrownBy(() -> processor("{check: a}", Signal.LOGS, (_, _) -> {}, rig))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("point");
    assertThatThrownBy(
            () ->
                processor(
                    "{check: a, point: delivered, sample: 0.5}", Signal.LOGS, (_, _) -> {}, rig))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("is a key of the point sent");
    assertThatThrownBy(
            () -> processor("{check: a, point: sent, sample: 0}", Signal.LOGS, (_, _) -> {}, rig))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("from 0.000001 to 1");
    Processor alone = processor("{check: a, point: delivered}", Signal.LOGS, (_, _) -> {}, rig);
    assertThatThrownBy(alone::start)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("check: a and point: sent");
  }
}
