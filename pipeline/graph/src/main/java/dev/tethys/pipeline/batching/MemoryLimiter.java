package dev.tethys.pipeline.batching;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.sun.management.OperatingSystemMXBean;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.component.ProcessorFactory;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.lang.System.Logger.Level;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * {@code memory_limiter}: makes sources retry while memory is short. Unlike the Collector's, it
 * does not reject because of garbage: above the limit it first runs a collection and measures
 * again.
 */
public final class MemoryLimiter implements ProcessorFactory<MemoryLimiter.Settings> {
  private static final long MIB = 1 << 20;

  /**
   * The settings.
   *
   * @param limit hard limit in bytes
   * @param soft limit above which batches are rejected
   */
  public record Settings(
      Duration interval, long limit, long soft, Duration minGcSoft, Duration minGcHard) {}

  private static final Section SECTION =
      new Section(
              "memory_limiter_processor", "Refuses batches while memory usage is above a limit.")
          .removed("ballast_size_mib", "remove it, limit_mib is all that is limited");
  private static final Key<Duration> INTERVAL =
      SECTION.key(
          "check_interval",
          GoDurations.TYPE,
          Duration.ZERO,
          "Interval between measurements of memory, such as 1s.");
  private static final Key<Long> LIMIT =
      SECTION.key("limit_mib", Type.INT, 0L, "Maximum heap usage in MiB.");
  private static final Key<Long> SPIKE =
      SECTION.key(
          "spike_limit_mib",
          Type.INT,
          0L,
          "Difference between limit and soft limit; 20% if absent.");
  private static final Key<Long> LIMIT_PERCENT =
      SECTION.key("limit_percentage", Type.INT, 0L, "Maximum heap usage in percent of the memory.");
  private static final Key<Long> SPIKE_PERCENT =
      SECTION.key(
          "spike_limit_percentage",
          Type.INT,
          0L,
          "Difference between limit and soft limit in percent of the memory.");
  private static final Key<Duration> MIN_GC_SOFT =
      SECTION.key(
          "min_gc_interval_when_soft_limited",
          GoDurations.TYPE,
          Duration.ofSeconds(10),
          "Minimum interval between garbage collections that are requested above "
              + "the soft limit.");
  private static final Key<Duration> MIN_GC_HARD =
      SECTION.key(
          "min_gc_interval_when_hard_limited",
          GoDurations.TYPE,
          Duration.ZERO,
          "Minimum interval between garbage collections that are requested above " + "the limit.");
  private static final Key<Duration> MAX_GC_SOFT =
      SECTION.key(
          "max_gc_interval_when_soft_limited",
          GoDurations.TYPE,
          Duration.ofSeconds(30),
          "No effect: the interval is constant.");
  private static final Key<Duration> MAX_GC_HARD =
      SECTION.key(
          "max_gc_interval_when_hard_limited",
          GoDurations.TYPE,
          Duration.ofSeconds(30),
          "No effect: the interval is constant.");

  private final LongSupplier used;
  private final Runnable collect;
  private final LongSupplier total;

  /** Measures the heap of this process. */
  public MemoryLimiter() {
    this(
        () -> Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory(),
        System::gc,
        MemoryLimiter::memory);
  }

  /** Creates a limiter with other measurements, for tests. */
  MemoryLimiter(LongSupplier used, Runnable collect, LongSupplier total) {
    this.used = used;
    this.collect = collect;
    this.total = total;
  }

  private static long memory() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean os
        ? os.getTotalMemorySize()
        : Runtime.getRuntime().maxMemory();
  }

  @Override
  public String type() {
    return "memory_limiter";
  }

  @Override
  public String about() {
    return "Tells sources to come again while memory is short.";
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.values());
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(this::read);
  }

  private Settings read(YamlObject o) {
    Duration interval = o.get(INTERVAL);
    if (interval.isZero()) {
      throw o.error(
          INTERVAL, "check_interval must be written, and longer than 0; 1s is recommended");
    }
    o.get(MAX_GC_SOFT);
    o.get(MAX_GC_HARD);
    long limit;
    long spike;
    if (o.get(LIMIT) > 0) {
      limit = o.get(LIMIT) * MIB;
      spike = o.get(SPIKE) * MIB;
    } else {
      long percent = o.get(LIMIT_PERCENT);
      if (percent <= 0 || percent > 100) {
        throw o.error(
            LIMIT_PERCENT, "limit_mib or limit_percentage (1 to 100) must be more than 0");
      }
      if (o.get(SPIKE_PERCENT) < 0 || o.get(SPIKE_PERCENT) > percent) {
        throw o.error(SPIKE_PERCENT, "spike_limit_percentage must be less than limit_percentage");
      }
      limit = total.getAsLong() / 100 * percent;
      spike = total.getAsLong() / 100 * o.get(SPIKE_PERCENT);
    }
    if (spike == 0) {
      spike = limit / 5;
    }
    if (spike < 0 || spike >= limit) {
      throw o.error(SPIKE, "spike_limit_mib must be less than the limit");
    }
    return new Settings(interval, limit, limit - spike, o.get(MIN_GC_SOFT), o.get(MIN_GC_HARD));
  }

  @Override
  public Processor create(Settings settings, Signal signal, Consumer next, Context context) {
    return new Running(settings, signal, next, context);
  }

  private final class Running implements Processor {
    private final Settings settings;
    private final Consumer next;
    private final ItemAccounting account;
    private final Context context;
    private final Registry.Counter accepted;
    private final Registry.Counter refused;
    private volatile boolean isShort;
    private volatile boolean stopped;
    private long collectedAt; // by the thread that checks
    private boolean collected;

    @GuardedBy("this")
    private Scheduler.@Nullable Timer timer;

    Running(Settings settings, Signal signal, Consumer next, Context context) {
      this.settings = settings;
      this.next = next;
      this.context = context;
      this.account = context.account(signal);
      String items =
          switch (signal) {
            case TRACES -> "spans";
            case METRICS -> "metric_points";
            case LOGS -> "log_records";
            case PROFILES -> "profile_samples";
          };
      String id = context.id().toString();
      this.accepted =
          context
              .metrics()
              .counters(
                  "otelcol_processor_memory_limiter_accepted_" + items + "_total",
                  "Items that were let through.",
                  "processor")
              .with(id);
      this.refused =
          context
              .metrics()
              .counters(
                  "otelcol_processor_memory_limiter_refused_" + items + "_total",
                  "Items rejected with a retryable error.",
                  "processor")
              .with(id);
    }

    @Override
    public synchronized void start() {
      if (settings.limit > Runtime.getRuntime().maxMemory()) {
        context
            .logger()
            .log(
                Level.WARNING,
                "{0}: the limit of {1} MiB exceeds the maximum heap of {2} MiB and has no effect",
                context.name(),
                settings.limit / MIB,
                Runtime.getRuntime().maxMemory() / MIB);
      }
      again();
    }

    @GuardedBy("this")
    private void again() {
      timer =
          context
              .clock()
              .schedule(
                  settings.interval, () -> context.clock().execute(context.name(), this::check));
    }

    private void check() {
      long now = used.getAsLong();
      if (now > settings.soft) {
        Duration pause = now > settings.limit ? settings.minGcHard : settings.minGcSoft;
        long t = context.clock().nanos();
        if (!collected || t - collectedAt >= pause.toNanos()) {
          collect.run();
          collected = true;
          collectedAt = t;
          now = used.getAsLong();
        }
      }
      boolean over = now > settings.soft;
      if (over != isShort) {
        isShort = over;
        context
            .logger()
            .log(
                over ? Level.WARNING : Level.INFO,
                over
                    ? "{0}: {1} MiB of heap in use, above {2}: rejecting batches"
                    : "{0}: {1} MiB of heap in use, below {2}: accepting batches",
                context.name(),
                now / MIB,
                settings.soft / MIB);
      }
      synchronized (this) {
        if (!stopped) {
          again();
        }
      }
    }

    @Override
    public void consume(Batch batch, AckCallback ack) {
      if (isShort) {
        refused.add(batch.items());
        account.take(batch.items());
        account.returnItems(batch.items());
        ack.complete(
            new Outcome.Unavailable(context.name() + ": memory is short", settings.interval));
        return;
      }
      accepted.add(batch.items());
      account.through(batch.items());
      next.consume(batch, ack);
    }

    @Override
    public synchronized void stop(Duration timeLimit) {
      stopped = true;
      if (timer != null) {
        timer.cancel();
      }
    }
  }
}
