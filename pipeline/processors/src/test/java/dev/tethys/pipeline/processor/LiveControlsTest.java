package dev.tethys.pipeline.processor;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tethys.config.ConfigException;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.PipelineId;
import dev.tethys.pipeline.ledger.AccountingRegistry;
import dev.tethys.pipeline.ledger.Balance;
import dev.tethys.pipeline.ledger.ItemAccounting;
import dev.tethys.pipeline.processor.control.Control;
import dev.tethys.pipeline.processor.control.ControlDocument;
import dev.tethys.pipeline.processor.control.LiveControls;
import dev.tethys.pipeline.processor.sampling.AdjustedCount;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LiveControlsTest {
  private static final PipelineId LOGS = new PipelineId(Signal.LOGS, "");
  private static final PipelineId TRACES = new PipelineId(Signal.TRACES, "");
  private static final PipelineId METRICS = new PipelineId(Signal.METRICS, "");

  private final Rig.Clock clock = new Rig.Clock();
  private final AccountingRegistry ledger = new AccountingRegistry();
  private final LiveControls controls = new LiveControls(ledger, clock);
  private final List<Batch> out = new ArrayList<>();
  private final List<Batch> moved = new ArrayList<>();
  private final List<Outcome> outcomes = new ArrayList<>();
  private long in;

  private void set(String... list) {
    StringBuilder all = new StringBuilder();
    for (String c : list) {
      all.append(all.isEmpty() ? "" : ",")
          .append("{\"endMillis\":")
          .append(clock.millis + 60_000)
          .append(',')
          .append(c)
          .append('}');
    }
    controls.set("{\"controls\":[" + all + "]}");
  }

  private void send(PipelineId pipeline, Telemetry<?> data) {
    send(pipeline, true, Rig.batch(data));
  }

  private void send(PipelineId pipeline, boolean fresh, Batch batch) {
    in += batch.items();
    controls.filter(
        pipeline,
        fresh,
        batch,
        outcomes::add,
        (b, r) -> {
          out.add(b);
          r.complete(Outcome.ACCEPTED);
        },
        p ->
            p.toString().equals("logs/archive")
                ? (b, r) -> {
                  moved.add(b);
                  r.complete(Outcome.ACCEPTED);
                }
                : null);
  }

  private long passed() {
    return out.stream().mapToLong(Batch::items).sum();
  }

  private Balance balance(PipelineId p) {
    return ledger.account(LiveControls.KIND, p.toString(), p.signal()).balance();
  }

  @AfterEach
  void everyBatchIsSettledAndEveryAccountBalances() {
    long dropped = 0;
    for (ItemAccounting a : ledger.accounts()) {
      assertThat(a.balance().isBalanced()).as(a.balance().toString()).isTrue();
      assertThat(a.balance().held()).isZero();
      dropped += a.balance().allDropped();
    }
    long elsewhere = moved.stream().mapToLong(Batch::items).sum();
    assertThat(passed() + elsewhere + dropped).isEqualTo(in);
    assertThat(outcomes).allMatch(o -> o.equals(Outcome.ACCEPTED));
  }

  @Test
  void dropsAndCountsMutedServices() {
    assertThat(controls.isActive()).isFalse();
    set("id: c1, action: mute, signals: [logs], attributes: {service.name: checkout}");
    assertThat(controls.isActive()).isTrue();
    LogsData d = Rig.logs("checkout", Rig.log(9, "a"), Rig.log(17, "b"));
    d.resources().addAll(Rig.logs("shop", Rig.log(9, "c")).resources());
    send(LOGS, d);
    send(LOGS, Rig.logs("checkout", Rig.log(9, "d")));
    assertThat(Rig.all(Rig.logs(out.getFirst()))).extracting(LogRecord::body).containsExactly("c");
    assertThat(out).hasSize(1);
    assertThat(balance(LOGS).dropped()).isEqualTo(Map.of("muted:c1", 3L));
    send(TRACES, Rig.traces("checkout", Rig.span("x")));
    assertThat(out).hasSize(2);
    assertThat(controls.applied()).containsOnlyKeys("c1");
    assertCounts("c1", true, 3, 3, 0);
    Registry r = new Registry();
    r.register(controls);
    assertThat(r.gather().toString())
        .contains("tethys_control_items_total", "c1", "mute", "logs", "3.0");
  }

  @Test
  void redactMasksAndCountsItemsInScope() {
    set("id: c1, action: redact, signals: [logs], condition: 'log.severity_number >= 9'");
    send(
        LOGS,
        Rig.logs(
            "checkout",
            Rig.log(9, "card 4111111111111111", "mail", "jane@example.com"),
            Rig.log(5, "debug jane@example.com"),
            Rig.log(9, "fine")));
    assertThat(Rig.all(Rig.logs(out.getFirst())))
        .extracting(LogRecord::body)
        .containsExactly("card ****", "debug jane@example.com", "fine");
    assertThat(Rig.all(Rig.logs(out.getFirst())).getFirst().attributes())
        .hasToString("{mail=****}");
    assertThat(controls.applied()).containsOnlyKeys("c1");
    assertCounts("c1", true, 2, 0, 1);

    set("id: c2, action: redact, detectors: [card], pipeline: logs, observe: true");
    Batch seen = Rig.batch(Rig.logs("shop", Rig.log(9, "card 4111111111111111")));
    send(LOGS, true, seen);
    assertThat(out.getLast()).isSameAs(seen);
    assertCounts("c2", true, 1, 0, 1);

    set("id: c3, action: redact, detectors: [email], attributes: {service.name: a@example.com}");
    send(TRACES, Rig.traces("a@example.com", Rig.span("GET /a@example.com", "ip", "10.0.0.1")));
    send(METRICS, Rig.metrics("a@example.com", Rig.gauge("g", Rig.point(1, 1, "user", "b@x.org"))));
    Span span = Rig.all(Rig.traces(out.get(out.size() - 2))).getFirst();
    assertThat(span.name()).isEqualTo("GET /****");
    assertThat(span.attributes()).hasToString("{ip=10.0.0.1}");
    assertThat(Rig.traces(out.get(out.size() - 2)).resources().getFirst().resource().attributes())
        .hasToString("{service.name=****}");
    Metric masked = Rig.all(Rig.metrics(out.getLast())).getFirst();
    assertThat(requireNonNull(masked.data()).points().getFirst().attributes())
        .hasToString("{user=****}");
  }

  @Test
  void sampleKeepsSlowSpans() {
    set("id: c1, action: sample, share: 0.000001, keepSlow: 500ms, pipeline: traces");
    Span slow = Rig.span("slow");
    slow.setStartTimeUnixNano(1_000_000_000L);
    slow.setEndTimeUnixNano(1_500_000_000L);
    Span fast = Rig.span("fast");
    fast.setStartTimeUnixNano(1_000_000_000L);
    fast.setEndTimeUnixNano(1_499_000_000L);
    send(TRACES, Rig.traces("shop", slow, fast));
    assertThat(Rig.all(Rig.traces(out.getFirst()))).extracting(Span::name).containsExactly("slow");
  }

  @Test
  void sampleKeepsRareItemsOfEachKind() {
    set("id: c1, action: sample, share: 0.000001, keepRare: 2, signals: [logs], pipeline: logs");
    for (int i = 0; i < 50; i++) {
      send(LOGS, Rig.logs("shop", Rig.log(9, "order " + i + " paid")));
    }
    send(LOGS, Rig.logs("shop", Rig.log(9, "disk is full")));
    send(LOGS, Rig.logs("cart", Rig.log(9, "order 7 paid")));
    assertThat(out.stream().flatMap(b -> Rig.all(Rig.logs(b)).stream()).map(LogRecord::body))
        .containsExactly("order 0 paid", "order 1 paid", "disk is full", "order 7 paid");
    assertThatThrownBy(() -> set("id: c2, action: mute, keepRare: 2, pipeline: logs"))
        .hasMessageContaining("keepRare");
  }

  @Test
  void passesBatchesOutOfScopeUnchanged() {
    set("id: c1, action: mute, signals: [logs], attributes: {service.name: checkout}");
    Batch b = Rig.batch(Rig.logs("shop", Rig.log(9, "a")));
    send(LOGS, true, b);
    assertThat(out.getFirst()).isSameAs(b);
    assertThat(b.items()).isEqualTo(1);
    Batch broken = new Batch(Signal.LOGS, Encoding.OTLP, new byte[] {1, 2, 3}, 1, 0);
    send(LOGS, true, broken);
    assertThat(out.getLast()).isSameAs(broken);
  }

  @Test
  void usesConditionsOfTheFilterProcessor() {
    set(
        "id: c1, action: filter, signals: [logs], condition: 'log.severity_number < 13'",
        "id: c2, action: filter, signals: [metrics],"
            + " condition: 'datapoint.attributes[\"code\"] == \"200\"'",
        "id: c3, action: mute, attributes: {service.name: shop}, signals: [traces],"
            + " condition: 'span.name == \"health\"'");
    send(LOGS, Rig.logs("shop", Rig.log(9, "a"), Rig.log(13, "b")));
    send(
        METRICS,
        Rig.metrics(
            "shop",
            Rig.gauge("g", Rig.point(1, 1, "code", "200"), Rig.point(2, 1, "code", "500")),
            Rig.gauge("h", Rig.point(1, 1, "code", "200"))));
    send(TRACES, Rig.traces("shop", Rig.span("health"), Rig.span("buy")));
    send(TRACES, Rig.traces("other", Rig.span("health")));
    assertThat(balance(LOGS).dropped()).isEqualTo(Map.of("filtered:c1", 1L));
    assertThat(balance(METRICS).dropped()).isEqualTo(Map.of("filtered:c2", 2L));
    assertThat(balance(TRACES).dropped()).isEqualTo(Map.of("muted:c3", 1L));
    assertThat(Rig.all(Rig.metrics(out.get(1)))).hasSize(1);
  }

  @Test
  void infersTheContextFromASingleSignal() {
    set(
        "id: c1, action: filter, signals: [logs], condition: 'severity_number < 13'",
        "id: c2, action: filter, signals: [metrics], condition: 'attributes[\"code\"] == \"200\"'",
        "id: c3, action: filter, signals: [metrics], condition: 'name == \"h\"'",
        "id: c4, action: filter, pipeline: traces, condition: 'name == \"health\"'");
    send(LOGS, Rig.logs("shop", Rig.log(9, "a"), Rig.log(13, "b")));
    send(
        METRICS,
        Rig.metrics(
            "shop",
            Rig.gauge("g", Rig.point(1, 1, "code", "200"), Rig.point(2, 1, "code", "500")),
            Rig.gauge("h", Rig.point(1, 1, "code", "300"))));
    send(TRACES, Rig.traces("shop", Rig.span("health"), Rig.span("buy")));
    assertThat(balance(LOGS).dropped()).isEqualTo(Map.of("filtered:c1", 1L));
    assertThat(balance(METRICS).dropped()).isEqualTo(Map.of("filtered:c2", 1L, "filtered:c3", 1L));
    assertThat(balance(TRACES).dropped()).isEqualTo(Map.of("filtered:c4", 1L));
    assertThatThrownBy(
            () ->
                set("id: c5, action: filter, signals: [logs, traces], condition: 'name == \"x\"'"))
        .isInstanceOf(ConfigException.class);
    assertThatThrownBy(
            () -> set("id: c5, action: filter, signals: [logs], condition: 'absent == 1'"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("absent");
  }

  @Test
  void recordsTheProbabilityAndKeepsErrors() {
    set("id: c1, action: sample, share: 0.25, keepErrors: true, attributes: {service.name: shop}");
    Random random = new Random(7);
    int n = 20_000;
    for (int i = 0; i < n; i++) {
      Span s = Rig.span("s");
      s.setTraceId(random.nextLong(), random.nextLong());
      send(TRACES, Rig.traces("shop", s));
      send(LOGS, Rig.logs("shop", Rig.log(9, "x")));
    }
    double spans = 0;
    double logs = 0;
    int kept = 0;
    for (Batch b : out) {
      if (b.signal() == Signal.TRACES) {
        TracesData t = Rig.traces(b);
        kept++;
        spans += AdjustedCount.of(Rig.all(t).getFirst().traceState());
      } else {
        Object th = Rig.all(Rig.logs(b)).getFirst().attributes().get("sampling.threshold");
        logs += AdjustedCount.of("ot=th:" + th);
      }
    }
    assertThat((double) kept / n).isCloseTo(0.25, within(0.02));
    assertThat(spans / n).isCloseTo(1, within(0.08));
    assertThat(logs / n).isCloseTo(1, within(0.08));

    out.clear();
    in = 0;
    long before = balance(LOGS).allDropped() + balance(TRACES).allDropped();
    for (int i = 0; i < 200; i++) {
      LogRecord text = Rig.log(0, "z");
      text.setSeverityText("ERROR");
      Span failed = Rig.span("f");
      failed.setStatusCode(2);
      send(LOGS, Rig.logs("shop", Rig.log(17, "y"), text));
      send(TRACES, Rig.traces("shop", failed));
    }
    assertThat(passed()).isEqualTo(600);
    assertThat(Rig.all(Rig.traces(out.get(1))).getFirst().traceState()).isEmpty();
    in += before; // of the first part, for the balance of all
  }

  @Test
  void samplesAlreadySampledSpansProportionally() {
    set("id: c1, action: sample, share: 0.5, attributes: {service.name: shop}");
    int n = 8_000;
    Random random = new Random(3);
    for (int i = 0; i < n; i++) {
      Span s = Rig.span("s");
      s.setTraceId(1, random.nextLong() | 0x80_0000_0000_0000L); // kept by th:8
      s.setTraceState("ot=th:8");
      send(TRACES, Rig.traces("shop", s));
    }
    assertThat((double) passed() / n).isCloseTo(0.5, within(0.03));
    assertThat(Rig.all(Rig.traces(out.getFirst())).getFirst().traceState()).isEqualTo("ot=th:c");
  }

  @Test
  void limitsItemsPerSecond() {
    set("id: c1, action: rate_limit, rate: 10, signals: [logs], attributes: {service.name: shop}");
    for (int i = 0; i < 30; i++) {
      send(LOGS, Rig.logs("shop", Rig.log(9, "x"), Rig.log(9, "y")));
    }
    assertThat(passed()).isEqualTo(10);
    clock.pass(Duration.ofMillis(500));
    for (int i = 0; i < 30; i++) {
      send(LOGS, Rig.logs("shop", Rig.log(9, "x")));
    }
    assertThat(passed()).isEqualTo(15);
    assertThat(balance(LOGS).dropped()).isEqualTo(Map.of("limited:c1", 75L));
    // All records have the same size.
    long each = Rig.batch(Rig.logs("shop", Rig.log(9, "x"))).size();
    assertThat(applied("c1").removedBytes()).isBetween(25 * each, 75 * each);
  }

  @Test
  void routesItemsInScopeToARunningPipeline() {
    set("id: c1, action: route, target: logs/archive, condition: 'log.severity_number < 9'");
    send(LOGS, Rig.logs("shop", Rig.log(9, "a"), Rig.log(5, "b"), Rig.log(5, "c")));
    assertThat(Rig.all(Rig.logs(out.getFirst()))).extracting(LogRecord::body).containsExactly("a");
    assertThat(Rig.all(Rig.logs(moved.getFirst())))
        .extracting(LogRecord::body)
        .containsExactly("b", "c");
    send(LOGS, Rig.logs("shop", Rig.log(5, "d")));
    assertThat(out).hasSize(1);
    assertThat(moved).hasSize(2);
    assertThat(balance(LOGS).dropped()).isEmpty();
    assertCounts("c1", true, 3, 0, 3);
    set("id: c2, action: route, target: logs/absent, attributes: {service.name: shop}");
    send(LOGS, Rig.logs("shop", Rig.log(5, "e")));
    assertThat(out).hasSize(2);
    assertCounts("c2", true, 1, 0, 0);
    assertThat(applied("c2").targetMissing()).isTrue();
    assertThat(applied("c2").removedBytes()).isZero();
    assertThat(applied("c1").targetMissing()).isFalse();
    assertThat(applied("c1").removedBytes()).isPositive();
  }

  /** Current period of the quota. */
  private long period() {
    return use("shop").period();
  }

  @Test
  void quotaWarnsThenSamplesThenMovesTheRest() {
    set(
        "id: c1, action: quota, signals: [logs], pipeline: logs, target: logs/archive, quota:"
            + " {limit: 100, unit: items, period: 1m, by: service.name, warnAt: 0.5, sampleAt: 0.9,"
            + " sampleShare: 0.000001}");
    for (int i = 0; i < 60; i++) {
      send(LOGS, Rig.logs("shop", Rig.log(9, "x")));
    }
    assertThat(use("shop")).isEqualTo(new LiveControls.QuotaUse("shop", 60, 100, "warn", period()));
    send(LOGS, Rig.logs("cart", Rig.log(9, "x")));
    assertThat(use("cart").step()).isEqualTo("ok");
    for (int i = 0; i < 50; i++) {
      send(LOGS, Rig.logs("shop", Rig.log(9, "x")));
    }
    assertThat(use("shop"))
        .isEqualTo(new LiveControls.QuotaUse("shop", 90, 100, "sample", period()));
    assertThat(balance(LOGS).dropped()).isEqualTo(Map.of("over_quota:c1", 20L));
    assertThat(moved).isEmpty();
  }

  /** A quota of a service has an earlier place than that of a destination, in any order of ids. */
  @Test
  void quotaOfAPipelineIgnoresItemsRemovedByOthers() {
    set(
        "id: a, action: quota, pipeline: logs, quota: {limit: 5, unit: items, period: 31d}",
        "id: b, action: quota, attributes: {service.name: shop}, quota: {limit: 2, unit: items,"
            + " period: 31d}");
    for (int i = 0; i < 4; i++) {
      send(LOGS, Rig.logs("shop", Rig.log(9, "x")));
    }
    for (int i = 0; i < 3; i++) {
      send(LOGS, Rig.logs("cart", Rig.log(9, "x")));
    }
    assertThat(passed()).isEqualTo(5);
    assertThat(balance(LOGS).dropped()).isEqualTo(Map.of("over_quota:b", 2L));
  }

  @Test
  void movesOrDropsItemsOverAQuota() {
    LogsData both = Rig.logs("shop", Rig.log(9, "x"), Rig.log(9, "y"));
    both.resources().addAll(Rig.logs("cart", Rig.log(9, "z")).resources());
    String quota = "quota: {limit: 2, unit: items, period: 31d, by: service.name}";
    set("id: c1, action: quota, pipeline: logs, target: logs/archive, " + quota);
    send(LOGS, both.copy());
    assertThat(out).hasSize(1);
    send(LOGS, both.copy());
    assertThat(Rig.all(Rig.logs(out.getLast()))).extracting(LogRecord::body).containsExactly("z");
    assertThat(Rig.all(Rig.logs(moved.getFirst()))).hasSize(2);
    assertThat(balance(LOGS).dropped()).isEmpty();
    assertThat(use("shop").step()).isEqualTo("overflow");
    set("id: c2, action: quota, pipeline: logs, " + quota);
    send(LOGS, both.copy());
    send(LOGS, both.copy());
    assertThat(balance(LOGS).dropped()).isEqualTo(Map.of("over_quota:c2", 2L));
  }

  @Test
  void quotaOfMoneyCountsBytesAndItemsAtTheirPrices() {
    set(
        "id: c1, action: quota, pipeline: logs, quota: {limit: 1, unit: cost, period: 31d,"
            + " pricePerMillionItems: 125000}");
    for (int i = 0; i < 30; i++) {
      send(LOGS, Rig.logs("shop", Rig.log(9, "x")));
    }
    assertThat(passed()).isEqualTo(8);
    assertThat(use("").used()).isCloseTo(1, within(1e-9));
  }

  private LiveControls.Applied applied(String id) {
    return requireNonNull(controls.applied().get(id));
  }

  private void assertCounts(String id, boolean active, long matched, long dropped, long changed) {
    LiveControls.Applied a = applied(id);
    assertThat(List.of(a.active(), a.matched(), a.dropped(), a.changed()))
        .isEqualTo(List.of(active, matched, dropped, changed));
  }

  private LiveControls.QuotaUse use(String value) {
    return controls.applied().values().stream()
        .flatMap(a -> a.quotas().stream())
        .filter(q -> q.value().equals(value))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void endsControlsByTheClockOfTheProcess() {
    set("id: c1, action: mute, attributes: {service.name: shop}");
    send(LOGS, Rig.logs("shop", Rig.log(9, "x")));
    assertThat(passed()).isZero();
    clock.pass(Duration.ofMinutes(1));
    assertThat(controls.isActive()).isFalse();
    send(LOGS, Rig.logs("shop", Rig.log(9, "x")));
    assertThat(passed()).isEqualTo(1);
    assertCounts("c1", false, 1, 1, 0);
  }

  @Test
  void appliesControlsAtTheirPipelineOrAtTheEntry() {
    set(
        "id: c1, action: mute, pipeline: logs/b",
        "id: c2, action: mute, signals: [logs], attributes: {service.name: noise}");
    PipelineId b = new PipelineId(Signal.LOGS, "b");
    send(b, false, Rig.batch(Rig.logs("shop", Rig.log(9, "x"))));
    send(LOGS, false, Rig.batch(Rig.logs("noise", Rig.log(9, "x"))));
    send(LOGS, true, Rig.batch(Rig.logs("noise", Rig.log(9, "x"))));
    assertThat(balance(b).dropped()).isEqualTo(Map.of("muted:c1", 1L));
    assertThat(balance(LOGS).dropped()).isEqualTo(Map.of("muted:c2", 1L));
  }

  @Test
  void observingControlsOnlyCount() {
    set(
        "id: c1, action: mute, observe: true, attributes: {service.name: shop}",
        "id: c2, action: sample, share: 0.5, observe: true, attributes: {service.name: shop},"
            + " signals: [logs]");
    Batch b = Rig.batch(Rig.logs("shop", Rig.log(9, "x"), Rig.log(9, "y")));
    send(LOGS, true, b);
    assertThat(out.getFirst()).isSameAs(b);
    assertCounts("c1", true, 2, 2, 0);
    assertThat(controls.applied().get("c2"))
        .extracting(LiveControls.Applied::matched)
        .isEqualTo(2L);
    assertThat(balance(LOGS).dropped()).isEmpty();
  }

  @Test
  void keepsCountsOfEndedControlsUpToALimit() {
    for (int i = 0; i < 200; i++) {
      set("id: c" + i + ", action: mute, attributes: {service.name: shop}");
      send(LOGS, Rig.logs("shop", Rig.log(9, "x")));
    }
    set();
    assertThat(controls.isActive()).isFalse();
    assertThat(controls.applied()).hasSize(32).containsKeys("c199", "c168");
    assertThat(balance(LOGS).dropped()).hasSize(33).containsEntry("muted:ended", 168L);
    assertThat(balance(LOGS).allDropped()).isEqualTo(200);
  }

  @Test
  void ignoresInvalidDocuments() {
    set("id: c1, action: mute, attributes: {service.name: shop}");
    for (String wrong :
        List.of(
            "id: c2, action: mute",
            "id: c2, action: silence, pipeline: logs",
            "id: c2, action: filter, signals: [logs], condition: 'log.severity >'",
            "id: c2, action: filter, condition: 'log.severity_number > 1'",
            "id: c2, action: mute, signals: [traces], condition: 'spanevent.name == \"x\"'",
            "id: c2, action: sample, share: 2, pipeline: logs",
            "id: c2, action: sample, share: 0.5, pipeline: metrics",
            "id: c2, action: rate_limit, pipeline: logs",
            "id: c2, action: mute, pipeline: logs, rate: 3",
            "id: C2, action: mute, pipeline: logs",
            "id: ended, action: mute, pipeline: logs",
            "action: mute, pipeline: logs",
            "id: c2, action: route, pipeline: logs",
            "id: c2, action: route, pipeline: logs, target: logs",
            "id: c2, action: route, pipeline: logs, target: traces/x",
            "id: c2, action: mute, pipeline: logs, target: logs/x",
            "id: c2, action: quota, pipeline: logs",
            "id: c2, action: quota, pipeline: logs, quota: {limit: 0}",
            "id: c2, action: quota, pipeline: logs, quota: {limit: 1, unit: cost}",
            "id: c2, action: quota, pipeline: logs, quota: {limit: 1, pricePerGib: 1}",
            "id: c2, action: quota, pipeline: logs, quota: {limit: 1, period: 1y9}",
            "id: c2, action: quota, pipeline: logs, quota: {limit: 1, sampleAt: 0.1}",
            "id: c2, action: mute, pipeline: logs, quota: {limit: 1}",
            "id: c2, action: mute, pipeline: logs, unknown: 3",
            "id: c2, action: mute, pipeline: nothing")) {
      assertThatThrownBy(() -> set(wrong))
          .as(wrong)
          .isInstanceOf(ConfigException.class)
          .hasMessageStartingWith("controls:1:");
    }
    assertThat(controls.applied()).containsOnlyKeys("c1");
    assertThatThrownBy(
            () -> set("id: c2, action: filter, signals: [logs], condition: 'log.body == '"))
        .hasMessageContaining("OTTL 1:13");
  }

  @Test
  void readsBackAWrittenDocument() {
    String text =
        "{controls: [{id: a, action: sample, share: 0.1, keepErrors: true, signals: [logs],"
            + " condition: 'log.body == \"\\\"\"', owner: olga, reason: \"x\\ny\", endMillis: 5},"
            + "{id: b, action: rate_limit, rate: 7, pipeline: traces/x, observe: true,"
            + " attributes: {k: 'v,w'}, endMillis: 6},"
            + "{id: c, action: quota, pipeline: logs, target: logs/archive, endMillis: 7, quota:"
            + " {limit: 2.5, unit: cost, period: 90s, by: team, warnAt: 0.7, sampleAt: 0.75,"
            + " sampleShare: 0.25, pricePerGib: 0.5, pricePerMillionItems: 3}}]}";
    List<Control> read = ControlDocument.read("c", text);
    assertThat(ControlDocument.read("d", ControlDocument.write(read))).isEqualTo(read);
    assertThat(read.getFirst().keepErrors()).isTrue();
    assertThat(read.get(1).attributes()).isEqualTo(Map.of("k", "v,w"));
  }
}
