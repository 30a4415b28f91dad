package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.YamlDocument;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Adjustable;
import dev.tethys.pipeline.component.PipelineWatcher;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.component.ProcessorFactory;
import dev.tethys.pipeline.ledger.Balance;
import dev.tethys.pipeline.processor.sampling.tail.TailSampling;
import dev.tethys.testkit.Waiting;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Traces held by tail_sampling, and when and how their senders are answered. */
@Tag("slow")
class TailSamplingTest {
  private static final String ALWAYS = "policies: [{name: all, type: always_sample}]";
  private static final String KEPT =
      "policies: [{name: kept, type: string_attribute,"
          + " string_attribute: {key: keep, values: ['yes']}}]";

  /** Forwarded batch with its callbacks. */
  private record Sent(Batch batch, AckCallback ack) {
    List<Span> spans() {
      return Rig.all(Rig.traces(batch));
    }
  }

  private final Rig rig = new Rig();
  private final LinkedBlockingQueue<Sent> sent = new LinkedBlockingQueue<>();

  @AfterEach
  void nothingIsMissing() {
    assertThat(rig.balanced()).isTrue();
  }

  private Processor sampler(String yaml) {
    return sampler(yaml, (b, r) -> sent.add(new Sent(b, r)));
  }

  private Processor sampler(String yaml, Consumer next) {
    return make(new TailSampling(InstantSource.system()), moment(yaml), next);
  }

  private <S> Processor make(ProcessorFactory<S> f, String yaml, Consumer next) {
    return f.create(f.settings().read(root(yaml)), Signal.TRACES, next, rig);
  }

  private static dev.tethys.config.YamlNode root(String yaml) {
    return YamlDocument.parse("c.yaml", null, "{" + yaml + "}").root();
  }

  /** Adds acknowledgement after the decision unless a test sets another mode. */
  private static String moment(String yaml) {
    return yaml.contains("acknowledge:") ? yaml : "acknowledge: when_decided, " + yaml;
  }

  private static void adjust(Processor p, String yaml) throws IOException {
    ((Adjustable) p)
        .adjust(
            Objects.requireNonNull(
                new TailSampling(InstantSource.system()).settings().read(root(moment(yaml)))));
  }

  private static Span span(long trace, long id, Object... attributes) {
    Span s = Rig.span("work", attributes);
    s.setTraceId(7, trace);
    s.setSpanId(id);
    s.setParentSpanId(id == 1 ? 0 : 1);
    return s;
  }

  private List<Outcome> send(Processor p, Span... spans) {
    return send(p, Rig.traces("shop", spans));
  }

  private static List<Outcome> send(Processor p, TracesData data) {
    List<Outcome> heard = new ArrayList<>();
    p.consume(Rig.batch(data), heard::add);
    return heard;
  }

  private Balance balance() {
    return rig.account(Signal.TRACES).balance();
  }

  private void pass(long seconds) {
    rig.clock.pass(Duration.ofSeconds(seconds));
  }

  private double metric(String name, String... labels) {
    double sum = 0;
    for (MetricFamily f : rig.registry.gather()) {
      if (f.name().equals("otelcol_processor_tail_sampling_" + name)) {
        for (MetricFamily.Metric m : f.metrics()) {
          boolean all = true;
          for (int i = 0; i < labels.length; i += 2) {
            all &= labels[i + 1].equals(m.labels().get(labels[i]));
          }
          sum += all && m.point() instanceof MetricFamily.Value n ? n.value() : 0;
        }
      }
    }
    return sum;
  }

  @Test
  void acknowledgesSpansWhenTheTraceIsDelivered() {
    Processor p = sampler("decision_wait: 10s, " + ALWAYS);
    List<Outcome> first = send(p, span(1, 1));
    pass(6);
    List<Outcome> second = send(p, span(1, 2), span(1, 3));
    pass(3);
    assertThat(sent).isEmpty();
    assertThat(balance().held()).isEqualTo(3);
    pass(2);
    Sent s = sent.remove();
    assertThat(s.spans()).extracting(Span::spanId).containsExactly(1L, 2L, 3L);
    assertThat(first).as("nobody has the spans yet").isEmpty();
    s.ack().complete(Outcome.ACCEPTED);
    assertThat(first).containsExactly(Outcome.ACCEPTED);
    assertThat(second).containsExactly(Outcome.ACCEPTED);
    assertThat(balance().out()).isEqualTo(3);
    assertThat(balance().held()).isZero();
  }

  @Test
  void acknowledgesSeveralTracesAfterTheLastIsSettled() {
    Processor p = sampler("decision_wait: 10s, " + KEPT);
    List<Outcome> heard = send(p, span(1, 1, "keep", "yes"), span(2, 1), span(3, 1, "keep", "yes"));
    pass(11);
    assertThat(sent).hasSize(2);
    sent.remove().ack().complete(Outcome.ACCEPTED);
    assertThat(heard).isEmpty();
    sent.remove().ack().complete(new Outcome.Unavailable("down", Duration.ZERO));
    assertThat(heard).containsExactly(new Outcome.Unavailable("down", Duration.ZERO));
    assertThat(balance().dropped()).containsEntry("sampled_out", 1L);
  }

  @Test
  void decidesEarlierAfterTheRoot() {
    Processor p = sampler("decision_wait: 60s, decision_wait_after_root_received: 5s, " + ALWAYS);
    send(p, span(1, 2), span(2, 2));
    pass(10);
    send(p, span(1, 1));
    pass(6);
    assertThat(sent.remove().spans()).extracting(Span::spanId).containsExactly(2L, 1L);
    assertThat(sent).isEmpty();
    pass(45);
    assertThat(sent).hasSize(1);
  }

  @Test
  void appliesDecisionsToLateSpans() {
    Processor p = sampler("decision_wait: 1s, " + KEPT);
    send(p, span(1, 1, "keep", "yes"), span(2, 1));
    pass(2);
    sent.remove().ack().complete(Outcome.ACCEPTED);
    List<Outcome> late = send(p, span(1, 2), span(2, 2, "keep", "yes"), span(1, 3));
    Sent s = sent.remove();
    assertThat(s.spans()).extracting(Span::spanId).containsExactly(2L, 3L);
    assertThat(late).isEmpty();
    s.ack().complete(Outcome.ACCEPTED);
    assertThat(late).containsExactly(Outcome.ACCEPTED);
    assertThat(balance().dropped()).containsEntry("sampled_out", 2L);
  }

  @Test
  void cachesDecisionsBeyondTheirTraces() {
    Processor p =
        sampler(
            "decision_wait: 1s, num_traces: 1, decision_cache: {sampled_cache_size: 10,"
                + " non_sampled_cache_size: 10}, "
                + KEPT);
    send(p, span(1, 1, "keep", "yes"));
    pass(2);
    send(p, span(2, 1));
    pass(2);
    send(p, span(3, 1));
    pass(2);
    assertThat(sent).hasSize(1);
    List<Outcome> late = send(p, span(1, 2), span(2, 2, "keep", "yes"));
    assertThat(sent).hasSize(2);
    assertThat(sent.stream().toList().getLast().spans()).hasSize(1);
    assertThat(late).isEmpty();
    assertThat(metric("early_releases_from_cache_decision_total", "sampled", "true")).isEqualTo(1);
    assertThat(metric("early_releases_from_cache_decision_total", "sampled", "false")).isEqualTo(1);
  }

  @Test
  void evictsTheOldestTraceWithoutADropDecision() {
    Processor p =
        sampler(
            "decision_wait: 10s, num_traces: 2,"
                + " decision_cache: {non_sampled_cache_size: 10}, "
                + ALWAYS);
    List<Outcome> first = send(p, span(1, 1));
    send(p, span(2, 1));
    send(p, span(3, 1));
    assertThat(first).as("dropped as configured").containsExactly(Outcome.ACCEPTED);
    assertThat(balance().dropped()).containsEntry("dropped_too_early", 1L);
    assertThat(metric("sampling_trace_dropped_too_early_total")).isEqualTo(1);
    pass(11);
    assertThat(sent).hasSize(2);
    send(p, span(1, 2));
    pass(11);
    assertThat(sent).as("it begins anew").hasSize(3);
  }

  @Test
  void mergesRepeatedSpans() {
    Processor p = sampler("decision_wait: 30s, " + ALWAYS);
    List<Outcome> first = send(p, span(1, 1), span(2, 1));
    pass(10);
    List<Outcome> again = send(p, span(1, 1), span(2, 1));
    pass(21);
    assertThat(sent).hasSize(2);
    Sent one = sent.remove();
    assertThat(one.spans()).hasSize(1);
    List<Outcome> third = send(p, span(1, 1), span(2, 1));
    assertThat(sent).as("nothing goes twice").hasSize(1);
    one.ack().complete(Outcome.ACCEPTED);
    sent.remove().ack().complete(Outcome.ACCEPTED);
    assertThat(first).containsExactly(Outcome.ACCEPTED);
    assertThat(again).containsExactly(Outcome.ACCEPTED);
    assertThat(third).containsExactly(Outcome.ACCEPTED);
    assertThat(send(p, span(1, 1))).containsExactly(Outcome.ACCEPTED);
    assertThat(balance().dropped()).containsEntry("repeated", 5L);
  }

  @Test
  void forwardsRejectedTracesWhenResent() {
    Processor p = sampler("decision_wait: 1s, " + ALWAYS);
    List<Outcome> first = send(p, span(1, 1));
    pass(2);
    sent.remove().ack().complete(new Outcome.Unavailable("down", Duration.ZERO));
    assertThat(first).hasSize(1).first().isInstanceOf(Outcome.Unavailable.class);
    List<Outcome> again = send(p, span(1, 1));
    sent.remove().ack().complete(Outcome.ACCEPTED);
    assertThat(again).containsExactly(Outcome.ACCEPTED);
  }

  @Test
  void boundsBytesByRejecting() {
    Processor p = sampler("decision_wait: 10s, max_bytes: 4096, " + ALWAYS);
    int held = 0;
    List<Outcome> heard = send(p, span(++held, 1, "text", "x".repeat(1000)));
    while (heard.isEmpty()) {
      heard = send(p, span(++held, 1, "text", "x".repeat(1000)));
    }
    assertThat(heard).first().isInstanceOf(Outcome.Unavailable.class);
    assertThat(held).isBetween(2, 4);
    assertThat(balance().returned()).isEqualTo(1);
    pass(11);
    assertThat(sent).hasSize(held - 1);
    assertThat(send(p, span(held, 1, "text", "x".repeat(1000)))).as("there is room").isEmpty();
  }

  @Test
  void dropsLargeTracesAndLaterSpans() {
    Processor p = sampler("decision_wait: 10s, maximum_trace_size_bytes: 2000, " + ALWAYS);
    List<Outcome> a = send(p, span(1, 1, "text", "x".repeat(1000)));
    assertThat(a).isEmpty();
    List<Outcome> b = send(p, span(1, 2, "text", "y".repeat(1000)));
    assertThat(a).containsExactly(Outcome.ACCEPTED);
    assertThat(b).containsExactly(Outcome.ACCEPTED);
    assertThat(send(p, span(1, 3))).containsExactly(Outcome.ACCEPTED);
    pass(11);
    assertThat(sent).isEmpty();
    assertThat(balance().dropped()).containsEntry("trace_too_large", 2L);
    assertThat(metric("traces_dropped_too_large_total")).isEqualTo(1);
  }

  /** A destination without space: a thread that passes a batch on to it waits. */
  private static final class Full implements Consumer {
    final CountDownLatch entered = new CountDownLatch(1);
    final CountDownLatch opened = new CountDownLatch(1);
    final LinkedBlockingQueue<Batch> taken = new LinkedBlockingQueue<>();

    @Override
    public void consume(Batch batch, AckCallback ack) {
      entered.countDown();
      try {
        opened.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      taken.add(batch);
      ack.complete(Outcome.ACCEPTED);
    }
  }

  @Test
  void boundsTracesWhileADestinationIsFull() throws InterruptedException {
    Full full = new Full();
    Processor p = sampler("decision_wait: 1s, num_traces: 3, " + ALWAYS, full);
    List<List<Outcome>> heard = new ArrayList<>();
    for (int i = 1; i <= 3; i++) {
      heard.add(send(p, span(i, 1)));
    }
    Thread decider = Thread.ofPlatform().start(() -> pass(2));
    full.entered.await();
    // Time does not pass for the thread that waits, but here it does.
    rig.clock.millis += 60_000;
    for (int i = 4; i <= 6; i++) {
      heard.add(send(p, span(i, 1)));
    }
    assertThat(heard.getLast()).first().isInstanceOf(Outcome.Unavailable.class);
    assertThat(balance().dropped()).as("nothing is thrown out").isEmpty();
    assertThat(balance().held()).isLessThanOrEqualTo(3);
    assertThat(heard.getFirst()).isEmpty();
    full.opened.countDown();
    decider.join();
    assertThat(heard.getFirst()).containsExactly(Outcome.ACCEPTED);
    assertThat(full.taken.size()).isGreaterThanOrEqualTo(3);
  }

  @Test
  void stopWaitsThenRejectsTheRest() throws InterruptedException {
    Full full = new Full();
    Processor p = sampler("decision_wait: 1s, " + ALWAYS, full);
    List<Outcome> first = send(p, span(1, 1));
    List<Outcome> second = send(p, span(2, 1));
    Thread decider = Thread.ofPlatform().start(() -> pass(2));
    full.entered.await();
    p.stop(Duration.ofMillis(20));
    assertThat(second).first().isInstanceOf(Outcome.Unavailable.class);
    assertThat(first).as("it is on its way").isEmpty();
    full.opened.countDown();
    decider.join();
    assertThat(first).containsExactly(Outcome.ACCEPTED);
    assertThat(full.taken).hasSize(1);
    assertThat(balance().returned()).isEqualTo(1);
  }

  @Test
  void stopDecidesAndRejectsNewSpans() {
    Processor p = sampler("decision_wait: 10m, " + KEPT);
    List<Outcome> heard = send(p, span(1, 1, "keep", "yes"), span(2, 1));
    p.stop(Duration.ofSeconds(5));
    assertThat(sent).hasSize(1);
    sent.remove().ack().complete(Outcome.ACCEPTED);
    assertThat(heard).containsExactly(Outcome.ACCEPTED);
    assertThat(send(p, span(3, 1))).first().isInstanceOf(Outcome.Unavailable.class);
    pass(3600);
    assertThat(sent).isEmpty();
    assertThat(balance().held()).isZero();
  }

  @Test
  void decidesTracesBeforeReceiversWaitForThem() {
    Processor p = sampler("decision_wait: 10m, " + ALWAYS);
    send(p, span(1, 1));
    ((PipelineWatcher) p).notReady();
    assertThat(sent).hasSize(1);
    send(p, span(2, 1));
    pass(1);
    assertThat(sent).as("what comes still is not waited for").hasSize(2);
    ((PipelineWatcher) p).ready();
    send(p, span(3, 1));
    pass(1);
    assertThat(sent).hasSize(2);
  }

  @Test
  void dropsPendingTracesAtStopIfConfigured() {
    Processor p = sampler("decision_wait: 1m, drop_pending_traces_on_shutdown: true, " + ALWAYS);
    List<Outcome> heard = send(p, span(1, 1));
    p.stop(Duration.ofSeconds(5));
    assertThat(sent).isEmpty();
    assertThat(heard).containsExactly(Outcome.ACCEPTED);
    assertThat(balance().dropped()).containsEntry("pending_at_stop", 1L);
  }

  @Test
  void blocksSendersUntilSpaceOrStop() throws InterruptedException {
    Processor p = sampler("decision_wait: 10s, num_traces: 1, block_on_overflow: true, " + ALWAYS);
    send(p, span(1, 1));
    LinkedBlockingQueue<Outcome> heard = new LinkedBlockingQueue<>();
    Thread waits =
        Thread.ofPlatform()
            .start(() -> p.consume(Rig.batch(Rig.traces("shop", span(2, 1))), heard::add));
    while (waits.getState() != Thread.State.WAITING) {
      Waiting.pause();
    }
    pass(11);
    waits.join();
    assertThat(sent).as("the first made room").hasSize(1);
    assertThat(heard).isEmpty();
    Thread again =
        Thread.ofPlatform()
            .start(() -> p.consume(Rig.batch(Rig.traces("shop", span(3, 1))), heard::add));
    while (again.getState() != Thread.State.WAITING) {
      Waiting.pause();
    }
    p.stop(Duration.ofSeconds(1));
    again.join();
    assertThat(heard.poll(10, TimeUnit.SECONDS)).isInstanceOf(Outcome.Unavailable.class);
    assertThat(sent).as("the second was decided").hasSize(2);
  }

  @Test
  void keepsHeldTracesOnReload() throws IOException {
    Processor p = sampler("decision_wait: 10s, " + KEPT);
    List<Outcome> heard = send(p, span(1, 1));
    pass(5);
    adjust(p, "decision_wait: 20s, num_traces: 10, " + ALWAYS);
    pass(10);
    assertThat(sent).as("it waits as long as it is to wait now").isEmpty();
    pass(6);
    assertThat(sent.remove().spans()).hasSize(1);
    assertThat(heard).isEmpty();
    adjust(p, "decision_wait: 2s, " + ALWAYS);
    send(p, span(1, 2));
    assertThat(sent).as("the decision is known still").hasSize(1);
  }

  @Test
  void keepsCountsOfLimitsOnReload() throws IOException {
    String limit =
        "{name: limit, type: rate_limiting, rate_limiting: {spans_per_second: 1,"
            + " burst_capacity: 1}}";
    Processor p = sampler("decision_wait: 0s, policies: [" + limit + "]");
    send(p, span(1, 1));
    rig.clock.pass(Duration.ofMillis(200));
    assertThat(sent).hasSize(1);
    adjust(p, "decision_wait: 0s, num_traces: 9, policies: [" + limit + "]");
    send(p, span(2, 1));
    rig.clock.pass(Duration.ofMillis(200));
    assertThat(sent).as("the rate is used up").hasSize(1);
  }

  @Test
  void countsFailingPoliciesAndEvaluatesTheOthers() {
    Processor p =
        sampler(
            "decision_wait: 1s, policies: [{name: broken, type: ottl_condition, ottl_condition:"
                + " {span: ['Substring(attributes[\"value\"], 0, 4) == \"keep\"']}},"
                + " {name: kept, type: string_attribute,"
                + " string_attribute: {key: keep, values: ['yes']}}]");
    send(p, span(1, 1), span(2, 1, "keep", "yes"));
    pass(2);
    assertThat(sent).hasSize(1);
    assertThat(metric("sampling_policy_evaluation_error_total", "policy", "1.broken")).isEqualTo(2);
    send(p, span(3, 1, "keep", "yes"));
    pass(2);
    assertThat(sent).as("decisions go on").hasSize(2);
    assertThat(metric("global_count_traces_sampled_total", "decision", "sampled")).isEqualTo(2);
    assertThat(metric("count_traces_sampled_total", "policy", "1.kept", "sampled", "false"))
        .isEqualTo(1);
  }

  @Test
  void survivesFailingDestinations() {
    List<Batch> seen = new ArrayList<>();
    Processor p =
        sampler(
            "decision_wait: 1s, " + ALWAYS,
            (b, r) -> {
              seen.add(b);
              throw new IllegalStateException("no");
            });
    List<Outcome> heard = send(p, span(1, 1), span(2, 1));
    pass(2);
    assertThat(seen).hasSize(2);
    assertThat(heard).first().isInstanceOf(Outcome.Unavailable.class);
  }

  @Test
  void evaluatesSpansOnArrivalIfConfigured() {
    Processor p = sampler("decision_wait: 10s, sampling_strategy: span-ingest, " + KEPT);
    List<Outcome> plain = send(p, span(1, 1), span(2, 1));
    send(p, span(1, 2, "keep", "yes"));
    rig.clock.pass(Duration.ofMillis(1));
    Sent s = sent.remove();
    assertThat(s.spans()).extracting(Span::spanId).containsExactly(1L, 2L);
    s.ack().complete(Outcome.ACCEPTED);
    assertThat(plain).isEmpty();
    pass(11);
    assertThat(plain).containsExactly(Outcome.ACCEPTED);
    assertThat(sent).isEmpty();
  }

  @Test
  void keepsScopesAndResourcesOfSpans() {
    Processor p = sampler("decision_wait: 1s, " + ALWAYS);
    send(p, Rig.traces("shop", span(1, 1), span(2, 1)));
    send(p, Rig.traces("stock", span(1, 2)));
    pass(3);
    TracesData d = Rig.traces(sent.remove().batch());
    assertThat(d.resources())
        .extracting(r -> r.resource().attributes().get("service.name"))
        .containsExactly("shop", "stock");
    assertThat(d.resources().getFirst().scopes().getFirst().scope().name()).isEqualTo("lib");
  }

  /** Returns one of 300 ids, distributed like those of real traces. */
  private static long trace(Random random) {
    return (random.nextInt(300) + 1) * 0x9E3779B97F4A7C15L;
  }

  /** Sender that repeats rejected spans, as real senders do. */
  private final class Stubborn implements Runnable {
    final Set<Long> acknowledged = new HashSet<>();
    private final Processor to;
    private final int number;

    Stubborn(Processor to, int number) {
      this.to = to;
      this.number = number;
    }

    @Override
    public void run() {
      Random random = new Random(number);
      List<CompletableFuture<Outcome>> waiting = new ArrayList<>();
      List<Span[]> batches = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        Span[] spans = new Span[3];
        for (int j = 0; j < 3; j++) {
          spans[j] = span(trace(random), number * 1000L + i * 3L + j);
        }
        batches.add(spans);
        waiting.add(offer(spans));
      }
      for (int i = 0; i < batches.size(); i++) {
        Outcome o = waiting.get(i).join();
        while (!(o instanceof Outcome.Accepted)) {
          o = offer(batches.get(i)).join();
        }
        for (Span s : batches.get(i)) {
          acknowledged.add(s.spanId());
        }
      }
    }

    private CompletableFuture<Outcome> offer(Span[] spans) {
      CompletableFuture<Outcome> heard = new CompletableFuture<>();
      to.consume(
          Rig.batch(Rig.traces("shop", spans)),
          o -> {
            if (!heard.complete(o)) {
              throw new IllegalStateException("settled twice");
            }
          });
      return heard;
    }
  }

  @Test
  void deliversEverythingAcknowledgedUnderConcurrency() throws Exception {
    rig.time = Scheduler.system();
    Map<Long, Long> delivered = new ConcurrentHashMap<>();
    AtomicInteger turn = new AtomicInteger();
    String half =
        "policies: [{name: half, type: probabilistic, probabilistic: {sampling_percentage: 50}}]";
    Processor p =
        sampler(
            "decision_wait: 50ms, max_bytes: 65536, " + half,
            (b, r) -> {
              List<Span> spans = Rig.all(Rig.traces(b));
              if (turn.incrementAndGet() % 5 == 0) {
                r.complete(new Outcome.Unavailable("not now", Duration.ZERO));
                return;
              }
              rig.time.execute(
                  "delivery",
                  () -> {
                    spans.forEach(s -> delivered.put(s.spanId(), s.traceIdLow()));
                    r.complete(Outcome.ACCEPTED);
                  });
            });
    List<Stubborn> senders = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    for (int i = 1; i <= 4; i++) {
      Stubborn s = new Stubborn(p, i);
      senders.add(s);
      threads.add(Thread.ofPlatform().start(s));
    }
    for (int i = 0; i < 20; i++) {
      adjust(p, "decision_wait: " + (10 + i) + "ms, max_bytes: 65536, " + half);
    }
    for (Thread t : threads) {
      t.join();
    }
    p.stop(Duration.ofSeconds(10));
    assertThat(balance().held()).isZero();
    Set<Long> kept = new HashSet<>(delivered.values());
    assertThat(kept).hasSizeBetween(75, 225);
    Set<Long> acknowledged = new HashSet<>();
    senders.forEach(s -> acknowledged.addAll(s.acknowledged));
    assertThat(acknowledged).hasSize(4 * 600);
    for (Stubborn s : senders) {
      Random random = new Random(s.number);
      for (int i = 0; i < 600; i++) {
        if (kept.contains(trace(random))) {
          assertThat(delivered).containsKey(s.number * 1000L + i);
        }
      }
    }
  }

  @Test
  void retriesEarlyAcknowledgedTracesUntilAccepted() {
    Processor p = sampler("acknowledge: at_once, decision_wait: 1s, " + ALWAYS);
    assertThat(send(p, span(1, 1), span(2, 1))).containsExactly(Outcome.ACCEPTED);
    assertThat(balance().held()).isEqualTo(2);
    pass(2);
    sent.remove().ack().complete(new Outcome.Unavailable("down", Duration.ZERO));
    sent.remove().ack().complete(Outcome.ACCEPTED);
    assertThat(balance().held()).isEqualTo(1);
    assertThat(send(p, span(3, 1))).containsExactly(Outcome.ACCEPTED);
    pass(2);
    assertThat(sent.stream().map(Sent::spans)).as("again, then the next").hasSize(2);
    Sent again = sent.remove();
    assertThat(again.spans()).extracting(Span::traceIdLow).containsExactly(1L);
    again.ack().complete(Outcome.ACCEPTED);
    sent.remove().ack().complete(new Outcome.Rejected("no", 1));
    assertThat(balance().held()).isZero();
    assertThat(balance().out()).isEqualTo(3);
  }

  @Test
  void rejectsSpansWhileNothingIsAccepted() {
    AtomicInteger asked = new AtomicInteger();
    Processor p =
        sampler(
            "acknowledge: at_once, decision_wait: 1s, num_traces: 3, " + ALWAYS,
            (b, r) -> {
              asked.incrementAndGet();
              r.complete(new Outcome.Unavailable("down", Duration.ZERO));
            });
    assertThat(send(p, span(1, 1))).containsExactly(Outcome.ACCEPTED);
    pass(2);
    for (int i = 2; i <= 4; i++) {
      assertThat(send(p, span(i, 1))).containsExactly(Outcome.ACCEPTED);
    }
    pass(10);
    assertThat(asked.get()).as("one trace alone, after longer and longer pauses").isBetween(3, 5);
    assertThat(send(p, span(5, 1))).first().isInstanceOf(Outcome.Unavailable.class);
    assertThat(balance().dropped()).isEmpty();
    p.stop(Duration.ZERO);
    assertThat(balance().dropped()).isEqualTo(Map.of("unavailable", 4L));
  }
}
