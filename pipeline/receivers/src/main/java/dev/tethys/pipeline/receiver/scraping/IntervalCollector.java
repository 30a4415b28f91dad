package dev.tethys.pipeline.receiver.scraping;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.YamlObject;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Collects from a source once per interval and emits the result as one batch. A rejected batch is
 * offered again until the next collection, which supersedes it. One thread.
 */
public final class IntervalCollector {
  private static final System.Logger LOG = JulLogger.of(IntervalCollector.class.getName());

  private static final Duration RETRY = Duration.ofSeconds(1);

  /** Lane that keeps batches of one source in order. */
  private static final long LANE = 1L << 35;

  /**
   * Collection schedule.
   *
   * @param interval interval between the starts of two collections
   * @param delay delay before the first collection
   * @param timeout timeout of one collection; zero for none
   */
  public record Schedule(Duration interval, Duration delay, Duration timeout) {
    /** The keys of the Collector's scrapers. */
    public static final class Keys {
      private final Key<Duration> interval;
      private final Key<Duration> delay;
      private final @Nullable Key<Duration> timeout;

      /**
       * @param usual default interval
       * @param timeout default timeout of one collection
       */
      public Keys(Section s, Duration usual, Duration timeout) {
        this(
            s,
            usual,
            s.key(
                "timeout",
                GoDurations.TYPE,
                timeout,
                "Timeout of a collection; 0 for no timeout."));
      }

      /** Variant for a collector without a timeout. */
      public Keys(Section s, Duration usual) {
        this(s, usual, (Key<Duration>) null);
      }

      private Keys(Section s, Duration usual, @Nullable Key<Duration> timeout) {
        this.interval =
            s.key("collection_interval", GoDurations.TYPE, usual, "Interval between collections.");
        this.delay =
            s.key(
                "initial_delay",
                GoDurations.TYPE,
                Duration.ofSeconds(1),
                "Delay before the first collection.");
        this.timeout = timeout;
      }

      public Schedule read(YamlObject o) {
        if (!o.get(interval).isPositive()) {
          throw o.error(interval, "collection_interval must be greater than 0");
        }
        return new Schedule(
            o.get(interval), o.get(delay), timeout == null ? Duration.ZERO : o.get(timeout));
      }
    }
  }

  /** Collected source. */
  @FunctionalInterface
  public interface Source {
    /** Collects the current metrics; empty after a failure, which it has logged. */
    MetricsData gather() throws InterruptedException;
  }

  private final String name;
  private final Schedule pace;
  private final Source source;
  private final Consumer to;
  private final Thread thread;
  private long nextDue; // of the thread

  /**
   * @param name receiver name used in log lines
   * @param threads makes the thread: a platform one for callers that reads files of the kernel
   */
  public IntervalCollector(
      String name, Schedule pace, Source source, Consumer to, Thread.Builder threads) {
    this.name = name;
    this.pace = pace;
    this.source = source;
    this.to = to;
    this.thread = threads.name(name).unstarted(SupervisedLoop.of("rounds", this::run));
  }

  public void start() {
    thread.start();
  }

  private void run() {
    try {
      TimeUnit.NANOSECONDS.sleep(pace.delay().toNanos());
      long interval = pace.interval().toNanos();
      long due = System.nanoTime();
      while (true) {
        nextDue = due + interval;
        attempt();
        long now = System.nanoTime();
        due += interval;
        if (due < now) { // looks that were missed are not made up for
          due = now + interval - (now - due) % interval;
        }
        TimeUnit.NANOSECONDS.sleep(due - now);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Runs one round; any failure, even an error, is logged, and collection continues. */
  private void attempt() throws InterruptedException {
    try {
      MetricsData data = source.gather();
      if (data.itemCount() > 0 && !isStopping()) {
        deliver(Batch.of(Signal.METRICS, data, LANE, Metadata.NONE));
      }
    } catch (InterruptedException e) {
      throw e;
    } catch (Throwable e) {
      LOG.log(Level.ERROR, name + ": collection failed, retrying at the next interval", e);
    }
  }

  /** Whether the receiver that owns this thread was stopped. */
  public static boolean isStopping() {
    return Thread.currentThread().isInterrupted();
  }

  /** Returns the current time in nanoseconds since 1970. */
  public static long nanos() {
    Instant now = Instant.now();
    return now.getEpochSecond() * 1_000_000_000 + now.getNano();
  }

  private void deliver(Batch batch) throws InterruptedException {
    batch.share(); // it may be sent again unmodified
    while (true) {
      switch (settled(to, batch)) {
        case Outcome.Accepted _ -> {
          return;
        }
        case Outcome.Rejected r -> {
          LOG.log(Level.WARNING, "{0}: metrics are refused: {1}", name, r.reason());
          return;
        }
        case Outcome.Unavailable u -> {
          Duration wait = u.retryAfter(RETRY);
          if (nextDue - System.nanoTime() <= wait.toNanos()) {
            LOG.log(
                Level.WARNING,
                "{0}: metrics were dropped because newer ones are due: {1}",
                name,
                u.reason());
            return;
          }
          Thread.sleep(wait);
        }
      }
    }
  }

  /** Passes a batch on and waits for its outcome. */
  public static Outcome settled(Consumer to, Batch batch) throws InterruptedException {
    CompletableFuture<Outcome> settled = new CompletableFuture<>();
    to.consume(batch, settled::complete);
    try {
      return settled.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e); // it is completed with outcomes only
    }
  }

  /** Returns the collecting thread, for callers that stop several together. */
  public Thread thread() {
    return thread;
  }

  /** Ends it; a collection that does not respond keeps its thread, not the process. */
  public void stop(Duration timeLimit) {
    stop(thread, name, timeLimit);
  }

  /** Ends a thread of a receiver. */
  public static void stop(Thread thread, String name, Duration timeLimit) {
    stop(List.of(thread), name, timeLimit);
  }

  /** Ends the threads of a receiver, all at the same time. */
  public static void stop(List<Thread> threads, String name, Duration timeLimit) {
    long until = System.nanoTime() + timeLimit.toNanos();
    threads.forEach(Thread::interrupt);
    try {
      for (Thread t : threads) {
        long remaining = Math.max(1, until - System.nanoTime());
        if (t.getState() != Thread.State.NEW && !t.join(Duration.ofNanos(remaining))) {
          LOG.log(Level.WARNING, "{0}: a collection timed out", name);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
