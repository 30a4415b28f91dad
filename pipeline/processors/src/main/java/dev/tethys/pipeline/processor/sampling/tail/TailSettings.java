package dev.tethys.pipeline.processor.sampling.tail;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Settings of {@code tail_sampling} and of processors that hold traces in the same way.
 *
 * @param regroups whether spans that come after the decision are held again
 * @param afterRoot wait after the root span has arrived; zero for the usual wait
 * @param onIngest whether spans are evaluated on arrival, each arrival separately
 */
public record TailSettings(
    Duration decisionWait,
    Duration afterRoot,
    int maxTraces,
    long maxBytes,
    long maxTraceBytes,
    int sampledCache,
    int notSampledCache,
    boolean onIngest,
    boolean firstMatch,
    boolean dropAtStop,
    boolean block,
    boolean atOnce,
    boolean regroups,
    List<PolicySettings> policies) {
  /** Default memory limit: a quarter of the heap. */
  static final long DEFAULT_MAX_BYTES = Math.max(32L << 20, Runtime.getRuntime().maxMemory() / 4);

  private static final long MAX_COUNT = 100_000_000;
  private static final Duration LONGEST_WAIT = Duration.ofDays(1);

  private static final Section CACHE =
      new Section("decision_cache", "Cache of decisions on traces that are no longer in memory.");
  private static final Key<Long> SAMPLED =
      CACHE.key(
          "sampled_cache_size", Type.INT, 0L, "Number of cached decisions on sampled traces.");
  private static final Key<Long> NOT_SAMPLED =
      CACHE.key(
          "non_sampled_cache_size", Type.INT, 0L, "Number of cached decisions on dropped traces.");

  private static final Section SECTION =
      new Section(
          "tail_sampling", "Collects the spans of a trace and samples or drops the whole trace.");
  private static final Key<Duration> WAIT =
      SECTION.key(
          "decision_wait",
          GoDurations.TYPE,
          Duration.ofSeconds(30),
          "Time from the first span of a trace to its decision.");
  private static final Key<Duration> AFTER_ROOT =
      SECTION.key(
          "decision_wait_after_root_received",
          GoDurations.TYPE,
          Duration.ZERO,
          "Time from the root span of a trace to its decision, if that is "
              + "earlier than decision_wait; 0 to disable.");
  private static final Key<Long> TRACES =
      SECTION.key(
          "num_traces", Type.INT, 50_000L, "Maximum number of traces in memory or in the cache.");
  private static final Key<Long> MAX_BYTES =
      SECTION.optional(
          "max_bytes",
          Type.INT,
          "Maximum size of spans in memory in bytes; beyond it spans are "
              + "returned to their senders. The default is a quarter of the heap.");
  private static final Key<Long> TRACE_BYTES =
      SECTION.key(
          "maximum_trace_size_bytes",
          Type.INT,
          0L,
          "Maximum size of a trace in bytes; larger traces are dropped; 0 for no " + "limit.");
  private static final Key<YamlObject> DECISION_CACHE =
      SECTION.optional(
          "decision_cache",
          CACHE.type(o -> o),
          "Cache of decisions on traces that are no longer in memory.");
  private static final Key<Boolean> ON_INGEST =
      SECTION.key(
          "sampling_strategy",
          Type.oneOf("strategy", "trace-complete", false, "span-ingest", true),
          false,
          "Time of the decision: when the trace is complete, or as spans arrive (span-ingest).");
  private static final Key<Boolean> FIRST_MATCH =
      SECTION.key(
          "sample_on_first_match",
          Type.BOOL,
          false,
          "If true, the first policy that samples decides.");
  private static final Key<Boolean> DROP_AT_STOP =
      SECTION.key(
          "drop_pending_traces_on_shutdown",
          Type.BOOL,
          false,
          "If true, a stop drops undecided traces instead of deciding them.");
  private static final Key<Boolean> BLOCK =
      SECTION.key(
          "block_on_overflow",
          Type.BOOL,
          false,
          "If true, senders wait for room; otherwise the oldest traces are dropped.");
  private static final Key<Boolean> ACKNOWLEDGE =
      SECTION.key(
          "acknowledge",
          Type.oneOf("moment", "at_once", true, "when_decided", false),
          true,
          "Acknowledgement of spans: at_once, as in the Collector (a crash loses traces in "
              + "memory), or when_decided (after exporters accept the trace or it is dropped).");
  private static final Key<Long> SHARDS =
      SECTION.key("num_shards", Type.INT, 1L, "No effect: all threads share one table.");
  private static final Key<List<PolicySettings>> POLICIES =
      SECTION.key(
          "policies",
          PolicySettings.LIST,
          List.of(),
          "Sampling policies; required without a preset, otherwise in addition to it.");
  private static final Key<TailPreset> PRESET =
      SECTION.optional(
          "preset", TailPreset.TYPE, "Preset of policies: keep_errors_slow_rare. (Tethys)");
  private static final Key<YamlObject> PRESET_OPTIONS =
      SECTION.optional("preset_options", TailPreset.OPTIONS, "Parameters of the preset. (Tethys)");

  static {
    SECTION.key("expected_new_traces_per_sec", Type.UINT, 0L, "No effect: tables grow on demand.");
    SECTION.notBuilt("tail_storage", "Extension that stores the spans; max_bytes limits them.");
  }

  static final Type<TailSettings> TYPE = SECTION.type(TailSettings::read);

  private static TailSettings read(YamlObject o) {
    o.readAll();
    Duration wait = o.get(WAIT);
    if (wait.isNegative() || wait.compareTo(LONGEST_WAIT) > 0) {
      throw o.error(WAIT, "is 0 to 24h");
    }
    if (o.get(AFTER_ROOT).isNegative()) {
      throw o.error(AFTER_ROOT, "must be at least 0");
    }
    @Nullable Long max = o.find(MAX_BYTES);
    if (max != null && max <= 0) {
      throw o.error(MAX_BYTES, "must be positive");
    }
    if (o.get(SHARDS) < 1 || o.get(SHARDS) > 256) {
      throw o.error(SHARDS, "is 1 to 256");
    }
    List<PolicySettings> policies = policies(o);
    boolean onIngest = o.get(ON_INGEST);
    Set<String> names = new HashSet<>();
    for (PolicySettings p : policies) {
      if (!names.add(p.name())) {
        throw o.error(POLICIES, "has two policies called \"" + p.name() + "\"");
      }
      if (onIngest && p.rule().isStateful()) {
        throw o.error(
            POLICIES,
            "\"" + p.name() + "\" counts sampled traces, which span-ingest does not allow");
      }
    }
    YamlObject cache = o.find(DECISION_CACHE);
    return new TailSettings(
        wait,
        o.get(AFTER_ROOT),
        count(o, TRACES, 1),
        max == null ? DEFAULT_MAX_BYTES : max,
        count(o, TRACE_BYTES),
        cache == null ? 0 : count(cache, SAMPLED, 0),
        cache == null ? 0 : count(cache, NOT_SAMPLED, 0),
        onIngest,
        o.get(FIRST_MATCH),
        o.get(DROP_AT_STOP),
        o.get(BLOCK),
        o.get(ACKNOWLEDGE),
        false,
        policies);
  }

  /** Policies of the preset, followed by the configured ones. */
  private static List<PolicySettings> policies(YamlObject o) {
    TailPreset preset = o.find(PRESET);
    YamlObject options = o.find(PRESET_OPTIONS);
    if (preset == null && options != null) {
      throw o.error(PRESET_OPTIONS, "needs a preset: keep_errors_slow_rare");
    }
    List<PolicySettings> all = new ArrayList<>();
    if (preset != null) {
      all.addAll(preset.policies(options));
    }
    all.addAll(o.get(POLICIES));
    if (all.isEmpty()) {
      throw o.error(
          POLICIES,
          "must have at least one policy unless a preset is set; otherwise nothing is sampled");
    }
    return all;
  }

  private static long count(YamlObject o, Key<Long> key) {
    if (o.get(key) < 0) {
      throw o.error(key, "must be at least 0");
    }
    return o.get(key);
  }

  private static int count(YamlObject o, Key<Long> key, int least) {
    long n = o.get(key);
    if (n < least || n > MAX_COUNT) {
      throw o.error(key, "is " + least + " to " + MAX_COUNT);
    }
    return (int) n;
  }

  /** Returns the decision time of a trace, from its arrival and the arrival of its root, if any. */
  long due(long arrival, @Nullable Long rootArrival) {
    long due = arrival + decisionWait.toNanos();
    return rootArrival == null || afterRoot.isZero()
        ? due
        : Math.min(due, rootArrival + afterRoot.toNanos());
  }
}
