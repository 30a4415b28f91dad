package dev.tethys.pipeline.naming;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.otlp.OtlpOptions;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.codec.remote.RequestSlices;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Encoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class NamesTest {
  private static final NameRule TABLES = NameRule.words("-", 20, "_secret");

  private static final List<String> HOSTILE =
      List.of(
          "",
          "system",
          "../../etc/passwd",
          "a`; DROP TABLE x; --",
          "\"",
          "a b",
          "ünï",
          "日本語",
          "\0",
          "line\nfeed",
          "%2e%2e",
          "_secret",
          "x".repeat(10_000),
          "{label}");

  @Test
  void convertsValuesForNames() {
    NameTemplate t = NameTemplate.parse("m-{team}", TABLES);
    assertThat(t.of(l -> "infra")).isEqualTo("m-infra");
    assertThat(t.of(l -> "")).isEqualTo("m-none");
    assertThat(t.ofNothing()).isEqualTo("m-none");
    assertThat(t.of(l -> "a`; DROP")).isEqualTo("m-a___DROP");
    assertThat(t.of(l -> "a_secret")).isEqualTo("m-a_secre_t");
    assertThat(t.pattern()).isEqualTo("m-*");
    assertThat(HOSTILE)
        .allSatisfy(
            v -> {
              String name = t.of(l -> v);
              assertThat(name).matches("m-[A-Za-z0-9_]+").hasSizeLessThanOrEqualTo(20);
              assertThat(name).doesNotContain("_secret");
            });
  }

  @Test
  void validatesTexts() {
    for (String wrong : List.of("{team}", "{team}_x", "1{team}", "a.{team}", "m {team}")) {
      assertThatThrownBy(() -> NameTemplate.parse(wrong, TABLES))
          .as(wrong)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("around its {labels}")
          .hasMessageContaining("before the first");
    }
    for (String wrong : List.of("a{", "a{}", "a{b")) {
      assertThatThrownBy(() -> NameTemplate.parse(wrong, TABLES)).hasMessageContaining("{ without");
    }
    assertThat(NameTemplate.labelled("as it is: anything", TABLES).ofNothing())
        .isEqualTo("as it is: anything");
  }

  @Test
  void redirectsAndCountsExcessNames() {
    Registry registry = new Registry();
    BoundedNames names =
        new BoundedNames(
            NameTemplate.parse("m_{team}", TABLES), 2, registry, "clickhouse/far", Signal.METRICS);
    assertThat(names.of(l -> "a")).isEqualTo("m_a");
    assertThat(names.of(l -> "b")).isEqualTo("m_b");
    assertThat(names.of(l -> "c")).isEqualTo("m_other");
    assertThat(names.of(l -> "d")).isEqualTo("m_other");
    assertThat(names.of(l -> "a")).isEqualTo("m_a");
    assertThat(names.of(l -> "other")).as("is no name beyond the limit").isEqualTo("m_other");
    MetricFamily f = registry.gather().getFirst();
    assertThat(f.name()).isEqualTo("tethys_exporter_names_beyond_limit_total");
    assertThat(f.metrics().getFirst().labels())
        .isEqualTo(Labels.of("exporter", "clickhouse/far", "signal", "metrics"));
    assertThat(((MetricFamily.Value) f.metrics().getFirst().point()).value()).isEqualTo(2);
  }

  private static BoundedNames bounded() {
    return new BoundedNames(
        NameTemplate.parse("m_{team}", TABLES), 10, new Registry(), "x", Signal.METRICS);
  }

  private static Map<String, Integer> itemsByName(Encoder.Encoded e) {
    Map<String, Integer> out = new TreeMap<>();
    for (EncodedRequest p : e.requests()) {
      out.merge(p.headers().getOrDefault(NamedEncoder.NAME, "?"), p.items(), Integer::sum);
    }
    return out;
  }

  /** Passes its batches on. */
  private static Encoder plain() {
    return b ->
        Encoder.Encoded.of(new EncodedRequest(b.signal(), b.body(), b.items(), b.lane(), Map.of()));
  }

  @Test
  void splitsSeriesByLabels() {
    WriteRequestWriter w = new WriteRequestWriter();
    for (int i = 0; i < 9; i++) {
      w.beginSeries(Labels.of("__name__", "up", "n", "" + i, "team", i % 3 == 0 ? "" : "t" + i % 3))
          .sample(1000, i)
          .sample(2000, i)
          .endSeries();
    }
    w.metadata("up", new MetricMetadata(MetricType.GAUGE, "whether it is up", ""));
    Batch b = new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, w.toByteArray(), 18, 7);
    assertThat(families(true, b)).containsExactly(1, 1, 1);
    assertThat(families(false, b)).as("who has no place counts it once").containsExactly(1, 0, 0);
    Encoder.Encoded e =
        NamedEncoder.marked(bounded(), new NamedEncoder.Series(OtlpOptions.DEFAULT, true), plain())
            .encode(b);
    assertThat(itemsByName(e)).isEqualTo(Map.of("m_none", 6, "m_t1", 6, "m_t2", 6));
    for (EncodedRequest p : e.requests()) {
      assertThat(p.lane()).isEqualTo(7);
      RequestSlices in = new RequestSlices().reset(p.body(), 0, p.body().length);
      int series = 0;
      while (in.next()) {
        series += in.isSeries() ? 1 : 0;
      }
      assertThat(series).isEqualTo(3);
    }
  }

  /** Number of metadata entries per name. */
  private static List<Integer> families(boolean everywhere, Batch b) {
    List<Integer> out = new ArrayList<>();
    NamedEncoder.Series series = new NamedEncoder.Series(OtlpOptions.DEFAULT, everywhere);
    for (EncodedRequest p : NamedEncoder.marked(bounded(), series, plain()).encode(b).requests()) {
      RequestSlices in = new RequestSlices().reset(p.body(), 0, p.body().length);
      int n = 0;
      while (in.next()) {
        n += in.isSeries() ? 0 : 1;
      }
      out.add(n);
    }
    return out;
  }

  @Test
  void splitsRecordsByResource() {
    LogsData logs = new LogsData();
    for (int i = 0; i < 6; i++) {
      ResourceGroup<LogRecord> g = new ResourceGroup<>();
      g.resource().attributes().put("team", "t" + i % 2);
      ScopeGroup<LogRecord> s = new ScopeGroup<>();
      LogRecord r = new LogRecord();
      r.setTimeUnixNano(1_000_000_000L + i);
      s.items().add(r);
      g.scopes().add(s);
      logs.resources().add(g);
    }
    Batch b = new Batch(Signal.LOGS, Encoding.OTLP, new OtlpWriter().write(logs), 6, 0);
    assertThat(itemsByName(NamedEncoder.marked(bounded(), null, plain()).encode(b)))
        .isEqualTo(Map.of("m_t0", 3, "m_t1", 3));
  }

  @Test
  void nameWithoutLabelsCostsNothing() {
    BoundedNames names =
        new BoundedNames(NameTemplate.fixed("all"), 1, new Registry(), "x", Signal.METRICS);
    Encoder e = plain();
    assertThat(NamedEncoder.marked(names, null, e)).isSameAs(e);
    TreeSet<String> asked = new TreeSet<>();
    NamedEncoder.of(
        names,
        null,
        n -> {
          asked.add(n);
          return e;
        });
    assertThat(asked).containsExactly("all");
  }
}
