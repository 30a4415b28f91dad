package dev.tethys.pipeline.processor.sampling.tail;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.exposition.Registry.Counter;
import dev.tethys.model.exposition.Registry.Gauge;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.component.ProcessorFactory;
import dev.tethys.pipeline.ottl.Ottl;
import dev.tethys.pipeline.ottl.OttlFunctions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;

/**
 * Creates {@code groupbytrace} processors: they hold traces like {@code tail_sampling} and forward
 * each as a whole. Late spans are held again.
 */
public final class GroupByTrace implements ProcessorFactory<TailSettings> {
  private static final Duration LONGEST_WAIT = Duration.ofDays(1);
  private static final long MAX_TRACES = 100_000_000;

  private static final Section SECTION =
      new Section("groupbytrace", "Holds the spans of a trace until it is probably complete.");
  private static final Key<Duration> WAIT =
      SECTION.key(
          "wait_duration",
          GoDurations.TYPE,
          Duration.ofSeconds(1),
          "Time from the first span of a trace until its release.");
  private static final Key<Long> TRACES =
      SECTION.key(
          "num_traces",
          Type.INT,
          1_000_000L,
          "Maximum number of traces in memory; beyond it senders wait.");
  private static final Key<Long> MAX_BYTES =
      SECTION.key(
          "max_bytes",
          Type.INT,
          TailSettings.DEFAULT_MAX_BYTES,
          "Maximum size of spans in memory in bytes; beyond it senders wait. The "
              + "default is a quarter of the heap.");
  private static final Key<Boolean> ACKNOWLEDGE =
      SECTION.key(
          "acknowledge",
          Type.oneOf("moment", "at_once", true, "when_released", false),
          true,
          "Acknowledgement of spans: at_once, as in the Collector (a crash loses traces in "
              + "memory), or when_released (after exporters accept the trace).");
  private static final Key<Long> WORKERS =
      SECTION.key("num_workers", Type.INT, 1L, "No effect: all threads share one table.");
  private static final Key<Boolean> ORPHANS =
      SECTION.key(
          "discard_orphans",
          Type.BOOL,
          false,
          "Only false is accepted: not implemented, in the Collector neither.");
  private static final Key<Boolean> ON_DISK =
      SECTION.key(
          "store_on_disk",
          Type.BOOL,
          false,
          "Only false is accepted: not implemented, in the Collector neither.");

  private static final Type<TailSettings> TYPE = SECTION.type(GroupByTrace::read);

  private final Ottl ottl;

  public GroupByTrace(InstantSource clock) {
    ottl = new Ottl(OttlFunctions.standard(clock));
  }

  private static TailSettings read(YamlObject o) {
    o.readAll();
    Duration wait = o.get(WAIT);
    if (!wait.isPositive() || wait.compareTo(LONGEST_WAIT) > 0) {
      throw o.error(WAIT, "wait_duration must be more than 0 and at most 24h");
    }
    if (o.get(TRACES) < 1 || o.get(TRACES) > MAX_TRACES) {
      throw o.error(TRACES, "num_traces must be 1 to " + MAX_TRACES);
    }
    if (o.get(MAX_BYTES) < 1) {
      throw o.error(MAX_BYTES, "max_bytes must be positive");
    }
    if (o.get(WORKERS) < 1) {
      throw o.error(WORKERS, "num_workers must be at least 1");
    }
    for (Key<Boolean> key : List.of(ORPHANS, ON_DISK)) {
      if (o.get(key)) {
        throw o.error(key, key.name() + " is not supported, as in the Collector");
      }
    }
    return new TailSettings(
        wait,
        Duration.ZERO,
        o.get(TRACES).intValue(),
        o.get(MAX_BYTES),
        0,
        0,
        0,
        false,
        true,
        false,
        true,
        o.get(ACKNOWLEDGE),
        true,
        List.of(new PolicySettings("all", "always_sample", new SpanRules.Always())));
  }

  @Override
  public String type() {
    return "groupbytrace";
  }

  @Override
  public List<String> aliases() {
    return List.of("group_by_trace");
  }

  @Override
  public String about() {
    return "Holds the spans of a trace until it is likely to be complete, and hands it on whole.";
  }

  @Override
  public Duration holds(TailSettings s) {
    return s.decisionWait();
  }

  @Override
  public Type<TailSettings> settings() {
    return TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.TRACES);
  }

  @Override
  public Processor create(TailSettings settings, Signal signal, Consumer next, Context context) {
    String id = context.id().toString();
    Registry r = context.metrics();
    String pre = "otelcol_processor_groupbytrace_";
    r.gauges(pre + "conf_num_traces", "Maximum number of traces in memory.", "processor")
        .with(id)
        .set(settings.maxTraces());
    Gauge held = r.gauges(pre + "num_traces_in_memory", "Traces in memory.", "processor").with(id);
    Counter traces =
        r.counters(pre + "traces_released_total", "Released traces.", "processor").with(id);
    Counter spans =
        r.counters(pre + "spans_released_total", "Released spans.", "processor").with(id);
    return new TailSampler(
        settings,
        ottl,
        (batch, ack) ->
            next.consume(
                batch,
                outcome -> {
                  if (!(outcome instanceof Outcome.Unavailable)) {
                    traces.inc();
                    spans.add((long) batch.items());
                  }
                  ack.complete(outcome);
                }),
        context,
        new TailMetrics(new Registry(), context.id()) {
          @Override
          void onMemory(int n) {
            held.set(n);
          }
        });
  }
}
