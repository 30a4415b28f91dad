package dev.tethys.pipeline.receiver.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.config.Durations;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.exposition.Registry.Counter;
import dev.tethys.model.exposition.Registry.Vector;
import dev.tethys.model.logs.LogEntry;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.operators.Entry;
import dev.tethys.pipeline.operators.OperatorChain;
import dev.tethys.pipeline.operators.OperatorReport;
import dev.tethys.pipeline.operators.Sink;
import dev.tethys.pipeline.operators.expr.ExpressionException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Output of a log receiver: operators, batching, and pipelines. An entry is acknowledged when its
 * batch was accepted, so that positions never exceed delivery. A rejected batch is offered again
 * before later ones.
 *
 * <p>Bounds: {@link #MAX_BATCHES} batches are in flight; further producers wait.
 *
 * <p>Invariants, guarded by {@link #lock}: {@link #ready} holds batches not offered yet, in order;
 * {@link #failed} those to be offered again, by number; {@code underWay} those offered but not
 * settled. Batches are offered only under {@link #sending}, which keeps their order.
 */
final class LogOutput implements Sink, OperatorReport {
  /** Maximum number of records per batch. */
  static final int MAX_ITEMS = 1000;

  /** Approximate maximum number of characters per batch. */
  static final int MAX_SIZE = 1 << 20;

  /** Maximum number of unsettled batches. */
  static final int MAX_BATCHES = 64;

  /** Time a record waits to be sent together with others. */
  static final Duration GATHER = Duration.ofMillis(100);

  private static final long QUIET_NANOS = 10_000_000_000L;

  private record PendingBatch(
      long number, Batch batch, List<LogEntry.Origin> origins, long[] firstFailure) {}

  private final Consumer to;
  private final LogSettings settings;
  private final Scheduler clock;
  private final System.Logger log;
  private final String name;
  private final long lane;
  private final OperatorChain chain;
  private final Vector<Counter> failures;
  private final Vector<Counter> droppedBy;
  private final Counter records;
  private final Counter retries;
  private final Counter lost;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition room = lock.newCondition();
  private final ReentrantLock sending = new ReentrantLock();

  @GuardedBy("lock")
  private final Deque<PendingBatch> ready = new ArrayDeque<>();

  @GuardedBy("lock")
  private final TreeMap<Long, PendingBatch> failed = new TreeMap<>();

  @GuardedBy("lock")
  private LogsData open = new LogsData();

  @GuardedBy("lock")
  private final Map<Attributes, ResourceGroup<LogRecord>> groups = new java.util.HashMap<>();

  @GuardedBy("lock")
  private @Nullable ResourceGroup<LogRecord> lastGroup;

  @GuardedBy("lock")
  private List<LogEntry.Origin> origins = new ArrayList<>();

  @GuardedBy("lock")
  private int items;

  @GuardedBy("lock")
  private long size;

  @GuardedBy("lock")
  private long openedAt;

  @GuardedBy("lock")
  private int underWay;

  @GuardedBy("lock")
  private long number;

  @GuardedBy("lock")
  private long resumeAt;

  @GuardedBy("lock")
  private Duration pause;

  @GuardedBy("lock")
  private boolean closed;

  @GuardedBy("lock")
  private long loggedAt;

  @GuardedBy("lock")
  private Scheduler.@Nullable Timer timer;

  LogOutput(
      Consumer to,
      LogSettings settings,
      Scheduler clock,
      System.Logger log,
      String name,
      Registry metrics) {
    this.to = to;
    this.settings = settings;
    this.clock = clock;
    this.log = log;
    this.name = name;
    this.lane = 1L << 40 | Integer.toUnsignedLong(name.hashCode());
    this.pause = settings.retry().first();
    this.loggedAt = clock.nanos() - QUIET_NANOS;
    this.failures =
        metrics.counters(
            "tethys_log_receiver_operator_failures_total",
            "Records on which an operator failed.",
            "receiver",
            "operator");
    this.droppedBy =
        metrics.counters(
            "tethys_log_receiver_dropped_records_total",
            "Records that an operator dropped, as configured or because it failed.",
            "receiver",
            "operator");
    this.records =
        metrics
            .counters(
                "tethys_log_receiver_records_total",
                "Records that the source of a receiver brought.",
                "receiver")
            .with(name);
    this.retries =
        metrics
            .counters(
                "tethys_log_receiver_retries_total",
                "Batches that were not accepted and are offered again.",
                "receiver")
            .with(name);
    this.lost =
        metrics
            .counters(
                "tethys_log_receiver_lost_records_total",
                "Records that were rejected downstream, or not accepted within "
                    + "retry_on_failure.max_elapsed_time.",
                "receiver")
            .with(name);
    this.chain = OperatorChain.of(settings.operators(), this, this);
  }

  /** Starts the timer that flushes waiting records. */
  void start() {
    lock.lock();
    try {
      schedule();
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void schedule() {
    timer = clock.schedule(GATHER, () -> clock.execute("logs " + name, this::tick));
  }

  private void tick() {
    try {
      chain.tick(clock.nanos());
      lock.lock();
      try {
        if (items > 0 && clock.nanos() - openedAt >= GATHER.toNanos()) {
          seal();
        }
      } finally {
        lock.unlock();
      }
      send();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      log.log(Level.ERROR, name + ": flush of waiting records failed", e);
    }
    lock.lock();
    try {
      if (!closed) {
        schedule();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Passes a record of the source through the operators into a batch. */
  void take(LogRecord r, Attributes resource, LogEntry.@Nullable Origin origin)
      throws InterruptedException {
    Entry e = new Entry(r, resource, origin);
    records.inc();
    try {
      settings.label(e);
    } catch (ExpressionException x) {
      failed("attributes", String.valueOf(x.getMessage()), false);
    }
    chain.accept(e);
  }

  /** Accepts an entry after the operators. */
  @Override
  public void accept(Entry e) throws InterruptedException {
    boolean full;
    lock.lockInterruptibly();
    try {
      while (!closed && ready.size() + failed.size() + underWay >= MAX_BATCHES) {
        room.await();
      }
      add(e);
      full = items >= MAX_ITEMS || size >= MAX_SIZE;
      if (full) {
        seal();
      }
    } finally {
      lock.unlock();
    }
    if (full) {
      send();
    }
  }

  @GuardedBy("lock")
  private void add(Entry e) {
    if (items == 0) {
      openedAt = clock.nanos();
    }
    ResourceGroup<LogRecord> g = lastGroup;
    if (g == null || !g.resource().attributes().equals(e.resource())) {
      g = groups.get(e.resource());
      if (g == null) {
        g = new ResourceGroup<>();
        g.resource().attributes().putAll(e.resource());
        groups.put(e.resource(), g);
        open.resources().add(g);
      }
      lastGroup = g;
    }
    ScopeGroup<LogRecord> scope = null;
    for (ScopeGroup<LogRecord> s : g.scopes()) {
      if (s.scope().name().equals(e.scope())) {
        scope = s;
        break;
      }
    }
    if (scope == null) {
      scope = new ScopeGroup<>();
      scope.scope().setName(e.scope());
      g.scopes().add(scope);
    }
    scope.items().add(e.record());
    items++;
    size += 64 + (e.record().body() instanceof String s ? s.length() : 256);
    origins.addAll(e.detach());
  }

  @GuardedBy("lock")
  private void seal() {
    byte[] body = new OtlpWriter().write(open);
    Batch b = new Batch(Signal.LOGS, Encoding.OTLP, body, items, lane, Metadata.NONE);
    ready.add(new PendingBatch(number++, b, origins, new long[] {-1}));
    open = new LogsData();
    groups.clear();
    lastGroup = null;
    origins = new ArrayList<>();
    items = 0;
    size = 0;
  }

  /** Offers the batches that are due. */
  private void send() {
    sending.lock();
    try {
      for (PendingBatch p = next(); p != null; p = next()) {
        PendingBatch of = p;
        to.consume(p.batch, outcome -> settled(of, outcome));
      }
    } finally {
      sending.unlock();
    }
  }

  private @Nullable PendingBatch next() {
    lock.lock();
    try {
      PendingBatch p;
      if (failed.isEmpty()) {
        p = ready.poll();
      } else if (clock.nanos() - resumeAt < 0 || underWay > 0 && !failedFirst) {
        return null;
      } else {
        // From here failed batches are sent one by one, followed by all others.
        failedFirst = true;
        p = failed.pollFirstEntry().getValue();
      }
      if (failed.isEmpty()) {
        failedFirst = false;
      }
      if (p != null) {
        underWay++;
      }
      return p;
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private boolean failedFirst;

  private void settled(PendingBatch p, Outcome outcome) {
    boolean done = true;
    lock.lock();
    try {
      underWay--;
      switch (outcome) {
        case Outcome.Accepted _ -> pause = settings.retry().first();
        case Outcome.Rejected r -> {
          lost.add(r.items());
          logLimited(r.items() + " records were rejected: " + r.reason());
        }
        case Outcome.Unavailable u -> done = !again(p, u);
      }
      room.signalAll();
    } finally {
      lock.unlock();
    }
    if (done) {
      settleAll(p.origins);
    }
    // The rest waits for this one, or for the next look.
    clock.execute("logs " + name, this::send);
  }

  /** Settles origins; consecutive origins of one block are notified together. */
  private static void settleAll(List<LogEntry.Origin> origins) {
    int i = 0;
    while (i < origins.size()) {
      LogEntry.Origin o = origins.get(i);
      int n = 1;
      while (i + n < origins.size() && origins.get(i + n) == o) {
        n++;
      }
      o.settled(n);
      i += n;
    }
  }

  @GuardedBy("lock")
  private boolean again(PendingBatch p, Outcome.Unavailable u) {
    long now = clock.nanos();
    Duration most = settings.retry().most();
    if (p.firstFailure[0] < 0) {
      p.firstFailure[0] = now;
    } else if (most.isPositive() && now - p.firstFailure[0] >= most.toNanos()) {
      lost.add(p.batch.items());
      logLimited(
          p.batch.items()
              + " records were not accepted for "
              + Durations.format(most)
              + " and are dropped: "
              + u.reason());
      return false;
    }
    retries.inc();
    failed.put(p.number, p);
    failedFirst = false;
    Duration wait = u.retryAfter(pause);
    resumeAt = Math.max(resumeAt, now + wait.toNanos());
    Duration doubled = pause.multipliedBy(2);
    Duration last = settings.retry().last();
    pause = doubled.compareTo(last) > 0 ? last : doubled;
    logLimited("records were not accepted and are offered again: " + u.reason());
    return true;
  }

  @GuardedBy("lock")
  private void logLimited(String what) {
    long now = clock.nanos();
    if (now - loggedAt >= QUIET_NANOS) {
      loggedAt = now;
      log.log(Level.WARNING, "{0}: {1}", name, what);
    }
  }

  @Override
  public void failed(String operator, String why, boolean quiet) {
    failures.with(name, operator).inc();
    lock.lock();
    try {
      if (!quiet) {
        logLimited("operator " + operator + ": " + why);
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void dropped(String operator) {
    droppedBy.with(name, operator).inc();
  }

  /**
   * Flushes buffered records and waits until all offered batches are settled.
   *
   * @return whether everything is settled
   */
  boolean stop(Duration timeLimit) {
    long end = clock.nanos() + timeLimit.toNanos();
    lock.lock();
    try {
      closed = true;
      if (timer != null) {
        timer.cancel();
      }
      timer = null;
    } finally {
      lock.unlock();
    }
    try {
      chain.flush();
      lock.lock();
      try {
        if (items > 0) {
          seal();
        }
      } finally {
        lock.unlock();
      }
      send();
      lock.lock();
      try {
        long remaining = end - clock.nanos();
        while (underWay + ready.size() > 0 && failed.isEmpty() && remaining > 0) {
          room.await(Math.min(remaining, 50_000_000), TimeUnit.NANOSECONDS);
          remaining = end - clock.nanos();
        }
        return underWay + ready.size() + failed.size() == 0;
      } finally {
        lock.unlock();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
