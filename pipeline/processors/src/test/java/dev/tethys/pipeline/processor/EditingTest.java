package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.component.ProcessorFactory;
import dev.tethys.pipeline.processor.attributes.AttributesProcessors;
import dev.tethys.pipeline.processor.grouping.GroupByAttributes;
import dev.tethys.pipeline.processor.metricstransform.MetricsTransform;
import dev.tethys.pipeline.processor.ratelimit.RateLimiter;
import dev.tethys.pipeline.processor.redaction.Redaction;
import dev.tethys.pipeline.processor.relabel.RelabelProcessor;
import dev.tethys.pipeline.processor.sampling.Sampler;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Processors that edit or drop items and buffer nothing. */
class EditingTest {
  private Rig rig = new Rig();

  private <S> void run(
      ProcessorFactory<S> f,
      Signal signal,
      String yaml,
      dev.tethys.model.telemetry.Telemetry<?> d) {
    rig.send(rig.processor(f, signal, yaml), d);
    assertThat(rig.balanced()).isTrue();
  }

  @Test
  void editsSelectedAttributes() {
    rig.processor(
            AttributesProcessors.attributes(),
            Signal.LOGS,
            """
            include: {match_type: strict, services: [shop]}
            exclude: {match_type: regexp, regexp: {cacheenabled: true}, attributes: [{key: skip, value: "y.s"}]}
            actions:
              - {key: a, value: 1, action: insert}
              - {key: b, value: [x, z], action: upsert}
              - {key: c, value: new, action: update}
              - {key: d, from_attribute: e, action: upsert}
              - {key: tenant, from_context: metadata.X-Tenant, action: insert}
              - {key: secret, action: hash}
              - {pattern: "^tmp\\\\.", action: delete}
              - {key: url, pattern: "^(?P<scheme>\\\\w+)://(?P<host>[^/]+)", action: extract}
              - {key: n, converted_type: int, action: convert}
              - {key: half, converted_type: double, action: convert}
              - {key: size, converted_type: double, action: convert}
            """
                .replace("\\\\", "\\\\"))
        .consume(
            Rig.batch(
                Rig.logs(
                    "shop",
                    Rig.log(
                        9,
                        "x",
                        "a",
                        5L,
                        "c",
                        "old",
                        "e",
                        2.5,
                        "secret",
                        "s",
                        "tmp.x",
                        1L,
                        "url",
                        "http://h.de/p",
                        "n",
                        "42",
                        "half",
                        "0.5",
                        "size",
                        "10f"),
                    Rig.log(9, "y", "skip", "yes")),
                new Metadata(Map.of("x-tenant", List.of("t1", "t2")))),
            rig.outcomes::add);
    LogRecord l = Rig.all(rig.logs()).getFirst();
    assertThat(l.attributes().toString())
        .isEqualTo(
            "{a=5, c=new, e=2.5,"
                + " secret=043a718774c572bd8a25adbeb1bfcd5c0256ae11cecf9f9c3f925d0e52beaf89,"
                + " url=http://h.de/p, n=42, half=0.5, size=10f, b=[x, z], d=2.5, tenant=t1;t2,"
                + " scheme=http, host=h.de}");
    assertThat(l.attributes().get("n")).isEqualTo(42L);
    assertThat(l.attributes().get("half")).isEqualTo(0.5);
    assertThat(l.attributes().get("size")).as("no number, as in Go").isEqualTo("10f");
    assertThat(Rig.all(rig.logs()).get(1).attributes().toString()).isEqualTo("{skip=yes}");
    assertThatThrownBy(
            () ->
                run(
                    AttributesProcessors.attributes(),
                    Signal.LOGS,
                    "actions: [{key: a, action: insert}]",
                    Rig.logs("s")))
        .hasMessageContaining("needs a key, and a value");
  }

  /** Hashes of the bytes made with another program. */
  @Test
  void hashesValuesOfEveryTypeByTheirBytes() {
    run(
        AttributesProcessors.attributes(),
        Signal.LOGS,
        "actions: [{pattern: '.*', action: hash}]",
        Rig.logs(
            "shop", Rig.log(9, "x", "i", 42L, "d", 1.5, "b", true, "l", ArrayValue.of("private"))));
    assertThat(Rig.all(rig.logs()).getFirst().attributes().toString())
        .isEqualTo(
            "{i=ed049108bc18f2c64369e8d0ea42850bdd1a7d1dd340cfde716315579702a76c,"
                + " d=e163f8cb0f7067a7fc78ca859a77f849aea3214f38fb75b884e4a16be725c905,"
                + " b=4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a, l=}");
  }

  @Test
  void treatsABareNameAsMetadata() {
    rig.processor(
            AttributesProcessors.attributes(),
            Signal.LOGS,
            "actions: [{key: tenant, from_context: X-Tenant, action: insert}]")
        .consume(
            Rig.batch(
                Rig.logs("shop", Rig.log(9, "x")), new Metadata(Map.of("x-tenant", List.of("t1")))),
            rig.outcomes::add);
    assertThat(Rig.all(rig.logs()).getFirst().attributes().toString()).isEqualTo("{tenant=t1}");
  }

  @Test
  void matchesLabelsLikeNamesAndAddsMissingOnes() {
    run(
        MetricsTransform.factory(),
        Signal.METRICS,
        """
        transforms:
          - include: ^g
            match_type: regexp
            experimental_match_labels: {host: "^a.*"}
            action: insert
            new_name: copy
            operations: [{action: add_label, new_label: env, new_value: new}]
        """,
        Rig.metrics(
            "s",
            Rig.gauge(
                "g",
                Rig.point(1, 1, "host", "a1", "env", "old"),
                Rig.point(2, 1, "host", "a2"),
                Rig.point(3, 1, "host", "b"))));
    assertThat(Objects.requireNonNull(Rig.all(rig.lastMetrics()).getLast().data()).points())
        .extracting(p -> p.attributes().toString())
        .containsExactly("{host=a1, env=old}", "{host=a2, env=new}");
  }

  @Test
  void editsOnlyMatchingPoints() {
    run(
        MetricsTransform.factory(),
        Signal.METRICS,
        """
        transforms:
          - include: g
            experimental_match_labels: {host: a}
            action: update
            new_name: renamed
            operations:
              - {action: update_label, label: host, new_label: node}
          - include: h
            experimental_match_labels: {host: a}
            action: update
            operations:
              - {action: experimental_scale_value, experimental_scale: 10}
              - {action: add_label, new_label: x, new_value: y}
          - include: i
            experimental_match_labels: {host: a}
            action: update
            new_name: j
            operations: [{action: add_label, new_label: x, new_value: y}]
        """,
        Rig.metrics(
            "s",
            Rig.gauge("g", Rig.point(1, 1, "host", "a"), Rig.point(2, 1, "host", "b")),
            Rig.gauge("h", Rig.point(1, 1, "host", "a"), Rig.point(2, 1, "host", "b")),
            Rig.gauge("i", Rig.point(1, 1, "host", "a"))));
    List<Metric> m = Rig.all(rig.lastMetrics());
    assertThat(m).extracting(Metric::name).containsExactly("g", "h", "j");
    assertThat(texts(m.get(0))).containsExactly("{node=a}", "{host=b}");
    assertThat(Objects.requireNonNull(m.get(1).data()).points())
        .extracting(p -> ((NumberDataPoint) p).longValue())
        .containsExactly(10L, 2L);
    assertThat(texts(m.get(1))).containsExactly("{host=a}", "{host=b}");
    assertThat(texts(m.get(2))).containsExactly("{host=a, x=y}");
  }

  private static List<String> texts(Metric m) {
    return Objects.requireNonNull(m.data()).points().stream()
        .map(p -> p.attributes().toString())
        .toList();
  }

  @Test
  void leavesIncompatibleMetricsUnchanged() {
    String yaml =
        """
        transforms:
          - {include: "^a_(.*)$", match_type: regexp, action: combine, new_name: a}
          - {include: "^b_(.*)$", match_type: regexp, action: combine, new_name: b}
          - {include: "^c_(.*)$", match_type: regexp, action: combine, new_name: c, experimental_match_labels: {host: "^1$"}}
        """;
    Metric seconds = Rig.gauge("a_1", Rig.point(1, 1));
    seconds.setUnit("s");
    run(
        MetricsTransform.factory(),
        Signal.METRICS,
        yaml,
        Rig.metrics(
            "s",
            seconds,
            Rig.gauge("a_2", Rig.point(2, 1)),
            Rig.gauge("b_1", Rig.point(1, 1, "k", "v")),
            Rig.gauge("b_2", Rig.point(1, 1)),
            Rig.gauge("c_1", Rig.point(3, 1, "host", "1"), Rig.point(4, 1, "host", "2")),
            Rig.gauge("c_2", Rig.point(5, 1, "host", "1"))));
    List<Metric> m = Rig.all(rig.lastMetrics());
    assertThat(m).extracting(Metric::name).containsExactly("a_1", "a_2", "b_1", "b_2", "c");
    assertThat(texts(m.get(4))).containsExactly("{host=1, $1=1}", "{host=1, $1=2}");
  }

  @Test
  void scalesExponentialHistogramsByOffset() {
    ExponentialHistogramDataPoint p = new ExponentialHistogramDataPoint();
    p.setScale(0); // (1,2], (2,4], (4,8]
    p.setPositiveOffset(0);
    p.setPositiveCounts(new long[] {1, 2, 3});
    p.setZeroThreshold(0.5);
    p.setCount(6);
    p.setSum(20);
    p.setMax(7);
    MetricData.ExponentialHistogram data = new MetricData.ExponentialHistogram();
    data.points().add(p);
    Metric m = new Metric();
    m.setName("e");
    m.setData(data);
    run(
        MetricsTransform.factory(),
        Signal.METRICS,
        """
        transforms:
          - include: e
            action: update
            operations: [{action: experimental_scale_value, experimental_scale: 1000}]
        """,
        Rig.metrics("s", m));
    ExponentialHistogramDataPoint got =
        (ExponentialHistogramDataPoint)
            Objects.requireNonNull(Rig.all(rig.lastMetrics()).getFirst().data())
                .points()
                .getFirst();
    assertThat(got.positiveOffset()).isEqualTo(10); // 1500 is in (1024, 2048]
    assertThat(got.positiveCounts()).containsExactly(1, 2, 3);
    assertThat(got.sum()).isEqualTo(20_000);
    assertThat(got.max()).isEqualTo(7_000);
    assertThat(got.zeroThreshold()).isEqualTo(500);
    assertThat(got.scale()).isZero();
  }

  @Test
  void editsResources() {
    run(
        AttributesProcessors.resource(),
        Signal.TRACES,
        "attributes: [{key: env, value: prod, action: upsert}, {key: service.name, action:"
            + " delete}]",
        Rig.traces("shop", Rig.span("a")));
    assertThat(rig.traces().resources().getFirst().resource().attributes().toString())
        .isEqualTo("{env=prod}");
  }

  @Test
  void copiesClientMetadataToAttributes() {
    Processor p =
        rig.processor(
            AttributesProcessors.attributes(),
            Signal.LOGS,
            """
            actions:
              - {key: from, from_context: client.address, action: insert}
              - {key: user, from_context: auth.username, action: insert}
              - {key: none, from_context: auth.membership, action: insert}
            """);
    Metadata sender =
        new Metadata(
            Map.of(),
            new Metadata.Client(
                new java.net.InetSocketAddress("::1", 4317), Map.of("username", "ann")));
    p.consume(Rig.batch(Rig.logs("shop", Rig.log(9, "a")), sender), rig.outcomes::add);
    assertThat(Rig.all(rig.logs()).getFirst().attributes().toString())
        .isEqualTo("{from=[0:0:0:0:0:0:0:1]:4317, user=ann}");
    for (String none : List.of("metadata.", "auth.")) {
      assertThatThrownBy(
              () ->
                  rig.processor(
                      AttributesProcessors.attributes(),
                      Signal.LOGS,
                      "actions: [{key: a, from_context: " + none + ", action: insert}]"))
          .hasMessageContaining("client.address");
    }
  }

  @Test
  void redactsRemovedAndMaskedValues() {
    run(
        Redaction.factory(),
        Signal.LOGS,
        """
        allowed_keys: [note, token, card, service.name]
        ignored_keys: [safe]
        blocked_key_patterns: ["tok.*"]
        blocked_values: ["4[0-9]{12}(?:[0-9]{3})?", "mycompany.com"]
        allowed_values: ["^x@mycompany.com$"]
        redact_all_types: true
        summary: debug
        """,
        Rig.logs(
            "shop",
            Rig.log(
                9,
                "card 4111111111111111 here",
                "note",
                "a 4111111111111111 b",
                "token",
                "abc",
                "card",
                4111111111111111L,
                "gone",
                "x",
                "safe",
                "4111111111111111"),
            Rig.log(9, "ok", "note", "x@mycompany.com")));
    List<LogRecord> l = Rig.all(rig.logs());
    assertThat(l.get(0).body()).isEqualTo("card **** here");
    assertThat(l.get(0).attributes().toString())
        .isEqualTo(
            "{note=a **** b, token=****, card=****, safe=4111111111111111,"
                + " redaction.redacted.keys=gone, redaction.redacted.count=1,"
                + " redaction.masked.keys=card,note,token, redaction.masked.count=3,"
                + " redaction.ignored.count=1,"
                + " redaction.body.masked.keys=body, redaction.body.masked.count=1}");
    assertThat(l.get(1).attributes().toString())
        .isEqualTo(
            "{note=x@mycompany.com," + " redaction.allowed.keys=note, redaction.allowed.count=1}");
    assertThat(rig.logs().resources().getFirst().resource().attributes().get("service.name"))
        .isEqualTo("shop");
  }

  @Test
  void samplesConsistentlyAndRecordsThresholds() {
    Span[] spans = new Span[1000];
    for (int i = 0; i < spans.length; i++) {
      spans[i] = Rig.span("s" + i);
      // Low 56 bits evenly spread.
      spans[i].setTraceId(7, (long) i * ((1L << 56) / 1000));
    }
    run(
        Sampler.factory(),
        Signal.TRACES,
        "{mode: proportional, sampling_percentage: 25}",
        Rig.traces("s", spans));
    List<Span> kept = Rig.all(rig.traces());
    assertThat(kept).hasSize(249);
    assertThat(kept).allMatch(s -> s.traceState().equals("ot=th:c"));
    assertThat(kept.getFirst().name()).isEqualTo("s751");
    assertThat(rig.account(Signal.TRACES).balance().dropped()).containsEntry("sampled_out", 751L);
  }

  @Test
  void keepsNothingWithoutAPercentage() {
    run(Sampler.factory(), Signal.TRACES, "{}", Rig.traces("s", Rig.span("a")));
    assertThat(rig.out).isEmpty();
    assertThat(rig.account(Signal.TRACES).balance().dropped()).containsEntry("sampled_out", 1L);
  }

  @Test
  void honoursExplicitRandomnessAndThresholds() {
    Span s = Rig.span("a");
    s.setTraceState("x=y,ot=th:0;rv:9b8233f7e3a151;p:1");
    run(
        Sampler.factory(),
        Signal.TRACES,
        "{mode: proportional, sampling_percentage: 50}",
        Rig.traces("s", s));
    assertThat(Rig.all(rig.traces()).getFirst().traceState())
        .isEqualTo("ot=rv:9b8233f7e3a151;th:8;p:1,x=y");
    rig = new Rig();
    Span t = Rig.span("b");
    t.setTraceState("ot=th:c;rv:e05a99c8df8d32");
    run(
        Sampler.factory(),
        Signal.TRACES,
        "{mode: equalizing, sampling_percentage: 50}",
        Rig.traces("s", t));
    assertThat(Rig.all(rig.traces()).getFirst().traceState())
        .as("already sampled by more")
        .isEqualTo("ot=rv:e05a99c8df8d32;th:c");
  }

  @Test
  void samplesLogsByAttributesAndPriorities() {
    LogRecord[] logs = new LogRecord[2000];
    for (int i = 0; i < logs.length; i++) {
      logs[i] = Rig.log(9, "x", "id", "i" + i);
    }
    logs[0].attributes().put("prio", 100L);
    logs[1].attributes().put("prio", 0L);
    run(
        Sampler.factory(),
        Signal.LOGS,
        "{sampling_percentage: 30, attribute_source: record, from_attribute: id,"
            + " sampling_priority: prio}",
        Rig.logs("s", logs));
    List<LogRecord> kept = Rig.all(rig.logs());
    assertThat(kept.size()).isBetween(500, 700);
    assertThat(kept.getFirst().attributes().get("id")).isEqualTo("i0");
    assertThat(kept.get(5).attributes().get("sampling.threshold")).isNotNull();
    assertThat(String.valueOf(kept.get(5).attributes().get("sampling.randomness"))).hasSize(14);
    rig = new Rig();
    run(Sampler.factory(), Signal.LOGS, "sampling_percentage: 50", Rig.logs("s", Rig.log(1, "")));
    assertThat(rig.out).as("no randomness: closed").isEmpty();
  }

  @Test
  void groupsItemsByAttributes() {
    run(
        GroupByAttributes.factory(),
        Signal.LOGS,
        "keys: [host]",
        Rig.logs(
            "s",
            Rig.log(1, "a", "host", "h1"),
            Rig.log(1, "b", "host", "h2"),
            Rig.log(1, "c", "host", "h1", "x", 1L),
            Rig.log(1, "d")));
    List<ResourceGroup<LogRecord>> groups = rig.logs().resources();
    assertThat(groups).hasSize(3);
    assertThat(groups.get(0).resource().attributes().toString())
        .isEqualTo("{service.name=s, host=h1}");
    assertThat(groups.get(0).scopes().getFirst().items()).hasSize(2);
    assertThat(groups.get(0).scopes().getFirst().items().get(1).attributes().toString())
        .isEqualTo("{x=1}");
    run(
        GroupByAttributes.factory(),
        Signal.METRICS,
        "keys: [host]",
        Rig.metrics(
            "s",
            Rig.gauge(
                "g",
                Rig.point(1, 1, "host", "a"),
                Rig.point(2, 1, "host", "b"),
                Rig.point(3, 1, "host", "a", "k", "v"))));
    assertThat(rig.lastMetrics().resources()).hasSize(2);
    assertThat(Objects.requireNonNull(Rig.all(rig.lastMetrics()).getFirst().data()).points())
        .hasSize(2);
  }

  @Test
  void appliesPrometheusRelabelRules() {
    run(
        RelabelProcessor.factory(),
        Signal.METRICS,
        """
        rules:
          - {source_labels: [__name__], regex: "go_.*", action: drop}
          - {source_labels: [a], target_label: b, replacement: "x$1"}
          - {source_labels: [__meta_resource_service.name], target_label: job}
          - {source_labels: [__name__, a], regex: "old;2", target_label: __name__, replacement: new}
          - {regex: a, action: labeldrop}
        """,
        Rig.metrics(
            "shop",
            Rig.gauge("go_gc", Rig.point(1, 1)),
            Rig.gauge("old", Rig.point(1, 1, "a", "1"), Rig.point(2, 1, "a", "2"))));
    List<Metric> m = Rig.all(rig.lastMetrics());
    assertThat(m).extracting(Metric::name).containsExactly("old", "new");
    NumberDataPoint p =
        (NumberDataPoint) Objects.requireNonNull(m.get(1).data()).points().getFirst();
    assertThat(p.attributes().toString()).isEqualTo("{b=x2, job=shop}");
    assertThat(rig.account(Signal.METRICS).balance().dropped()).containsEntry("filtered", 1L);
  }

  @Test
  void renamesCopiesCombinesAndGroupsMetrics() {
    run(
        MetricsTransform.factory(),
        Signal.METRICS,
        """
        transforms:
          - include: ^sys\\.(.*)$
            match_type: regexp
            action: update
            new_name: host.${1}
          - include: host.cpu
            action: insert
            new_name: host.cpu.total
            operations:
              - {action: aggregate_labels, label_set: [], aggregation_type: sum}
              - {action: add_label, new_label: v, new_value: "1"}
          - include: ^mem_(?P<state>.*)$
            match_type: regexp
            action: combine
            new_name: mem
            submatch_case: upper
          - include: g
            action: group
            group_resource_labels: {part: g}
            operations:
              - {action: update_label, label: a, new_label: b, value_actions: [{value: "1", new_value: one}]}
              - {action: toggle_scalar_data_type}
              - {action: experimental_scale_value, experimental_scale: 2.5}
        """
            .replace("\\\\", "\\"),
        Rig.metrics(
            "s",
            Rig.gauge("sys.cpu", Rig.point(1, 1, "c", "0"), Rig.point(2, 1, "c", "1")),
            Rig.gauge("mem_used", Rig.point(5, 1)),
            Rig.gauge("mem_free", Rig.point(7, 1)),
            Rig.gauge("g", Rig.point(3, 1, "a", "1"))));
    List<Metric> m = Rig.all(rig.lastMetrics());
    assertThat(m)
        .extracting(Metric::name)
        .containsExactly("host.cpu", "host.cpu.total", "mem", "g");
    assertThat(point(m.get(1)).longValue()).isEqualTo(3);
    assertThat(point(m.get(1)).attributes().toString()).isEqualTo("{v=1}");
    assertThat(Objects.requireNonNull(m.get(2).data()).points()).hasSize(2);
    assertThat(point(m.get(2)).attributes().toString()).isEqualTo("{state=USED}");
    assertThat(point(m.get(3)).doubleValue()).isEqualTo(7.5);
    assertThat(point(m.get(3)).attributes().toString()).isEqualTo("{b=one}");
    assertThat(rig.lastMetrics().resources().get(1).resource().attributes().get("part"))
        .isEqualTo("g");
  }

  private static NumberDataPoint point(Metric m) {
    return (NumberDataPoint) Objects.requireNonNull(m.data()).points().getFirst();
  }

  @Test
  void protectsLightSendersFromHeavyOnes() {
    var p =
        rig.processor(
            RateLimiter.factory(), Signal.LOGS, "{items_per_second: 100, labels: [service.name]}");
    for (int second = 0; second < 3; second++) {
      rig.out.clear();
      for (int i = 0; i < 20; i++) {
        rig.send(p, Rig.logs("quiet", Rig.log(1, "q")));
        LogRecord[] loud = new LogRecord[50];
        java.util.Arrays.setAll(loud, _ -> Rig.log(1, "l"));
        rig.send(p, Rig.logs("loud", loud));
      }
      rig.clock.pass(Duration.ofSeconds(1));
    }
    List<String> bodies =
        rig.out.stream()
            .flatMap(b -> Rig.all(Rig.logs(b)).stream())
            .map(l -> String.valueOf(l.body()))
            .toList();
    assertThat(bodies.stream().filter("q"::equals).count()).isEqualTo(20);
    assertThat(bodies.stream().filter("l"::equals).count()).isBetween(70L, 80L);
    assertThat(rig.outcomes).allMatch(Outcome.ACCEPTED::equals);
    assertThat(rig.account(Signal.LOGS).balance().dropped()).containsKey("rate_limited");
    assertThat(rig.balanced()).isTrue();
  }
}
