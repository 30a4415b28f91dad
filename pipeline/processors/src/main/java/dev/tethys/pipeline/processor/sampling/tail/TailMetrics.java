package dev.tethys.pipeline.processor.sampling.tail;

import dev.tethys.model.exposition.Registry;
import dev.tethys.model.exposition.Registry.BucketHistogram;
import dev.tethys.model.exposition.Registry.Counter;
import dev.tethys.model.exposition.Registry.Gauge;
import dev.tethys.model.exposition.Registry.Vector;
import dev.tethys.pipeline.component.ComponentId;

/** Counters of tail sampling, named as in the Collector. */
class TailMetrics {
  private static final double[] MICROS = {
    1, 2, 5, 10, 25, 50, 75, 100, 150, 200, 300, 400, 500, 750, 1000, 2000, 3000, 4000, 5000, 10000,
    20000, 30000, 50000
  };
  private static final double[] MILLIS = {
    1, 2, 5, 10, 25, 50, 75, 100, 150, 200, 300, 400, 500, 750, 1000, 2000, 3000, 4000, 5000, 10000,
    20000, 30000, 50000
  };
  private static final double[] SECONDS = {
    0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000
  };
  private static final double NANOS_PER_SECOND = 1e9;

  private final String id;
  private final String policyPrefix;
  private final Vector<Counter> traces;
  private final Vector<Counter> spans;
  private final Vector<Counter> global;
  private final Vector<Counter> errors;
  private final Vector<Counter> early;
  private final Vector<BucketHistogram> policyLatency;
  private final BucketHistogram runLatency;
  private final BucketHistogram lateAge;
  private final BucketHistogram removalAge;
  private final Counter tooEarly;
  private final Counter tooLarge;
  private final Counter fresh;
  private final Gauge onMemory;

  TailMetrics(Registry r, ComponentId component) {
    id = component.toString();
    policyPrefix = component.name().isEmpty() ? "" : component.name() + ".";
    String pre = "otelcol_processor_tail_sampling_";
    traces =
        r.counters(
            pre + "count_traces_sampled_total",
            "Traces by policy and decision.",
            "processor",
            "policy",
            "sampled",
            "decision");
    spans =
        r.counters(
            pre + "count_spans_sampled_total",
            "Spans by policy and decision on their traces.",
            "processor",
            "policy",
            "sampled",
            "decision");
    global =
        r.counters(
            pre + "global_count_traces_sampled_total",
            "Traces by final decision.",
            "processor",
            "sampled",
            "decision");
    errors =
        r.counters(
            pre + "sampling_policy_evaluation_error_total",
            "Traces that a policy could not decide on.",
            "processor",
            "policy");
    early =
        r.counters(
            pre + "early_releases_from_cache_decision_total",
            "Spans that followed a decision of a cache.",
            "processor",
            "sampled");
    policyLatency =
        r.histograms(
            pre + "sampling_decision_latency",
            "Duration of a policy evaluation, in microseconds.",
            MICROS,
            "processor",
            "policy");
    runLatency =
        r.histograms(
                pre + "sampling_decision_timer_latency",
                "Duration of the decisions that were due, in milliseconds.",
                MILLIS,
                "processor")
            .with(id);
    lateAge =
        r.histograms(
                pre + "sampling_late_span_age",
                "Age of late spans since the decision, in seconds.",
                SECONDS,
                "processor")
            .with(id);
    removalAge =
        r.histograms(
                pre + "sampling_trace_removal_age",
                "Age of a trace at its removal since its first span, in seconds.",
                SECONDS,
                "processor")
            .with(id);
    tooEarly =
        counter(
            r, pre + "sampling_trace_dropped_too_early_total", "Traces dropped before a decision.");
    tooLarge =
        counter(
            r,
            pre + "traces_dropped_too_large_total",
            "Traces dropped because they were too large.");
    fresh = counter(r, pre + "new_trace_id_received_total", "New traces received.");
    onMemory =
        r.gauges(
                pre + "sampling_traces_on_memory",
                "Traces held in memory, including decided ones.",
                "processor")
            .with(id);
  }

  private Counter counter(Registry r, String name, String help) {
    return r.counters(name, help, "processor").with(id);
  }

  private static String sampled(Decision d) {
    return Boolean.toString(d == Decision.SAMPLED);
  }

  void countDecision(String policy, Decision d, int spanCount, long nanos) {
    String p = policyPrefix + policy;
    traces.with(id, p, sampled(d), d.text).inc();
    spans.with(id, p, sampled(d), d.text).add(spanCount);
    policyLatency.with(id, p).observe(nanos / 1e3);
  }

  void failed(String policy) {
    errors.with(id, policyPrefix + policy).inc();
  }

  void decided(Decision d) {
    global.with(id, sampled(d), d.text).inc();
  }

  void ran(long nanos) {
    runLatency.observe(nanos / 1e6);
  }

  void fromCache(boolean sampled, int spanCount) {
    early.with(id, Boolean.toString(sampled)).add(spanCount);
  }

  void late(long nanos) {
    lateAge.observe(Math.floor(nanos / NANOS_PER_SECOND));
  }

  void removed(long nanos) {
    removalAge.observe(Math.floor(nanos / NANOS_PER_SECOND));
  }

  void droppedTooEarly() {
    tooEarly.inc();
  }

  void droppedTooLarge() {
    tooLarge.inc();
  }

  void began() {
    fresh.inc();
  }

  void onMemory(int n) {
    onMemory.set(n);
  }
}
