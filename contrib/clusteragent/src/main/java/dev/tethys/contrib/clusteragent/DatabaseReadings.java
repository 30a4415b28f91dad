package dev.tethys.contrib.clusteragent;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.contrib.clusteragent.TargetState.Status;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.log.JulLogger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Reads databases at their intervals and keeps the last reading of each. Thread-safe.
 *
 * <p>Readings run on at most {@link #MAX_THREADS} platform threads: a lookup of a name may block
 * its thread beyond the deadline, and would block the carrier of a virtual thread. A database is
 * read by one thread at a time, within its timeout, and waits longer after each failure, so that
 * servers that hang hold few threads. Readings are spread over the interval.
 */
final class DatabaseReadings implements Collector, AutoCloseable {
  /** Most readings at a time. */
  static final int MAX_THREADS = 32;

  private static final System.Logger LOG = JulLogger.of(DatabaseReadings.class.getName());
  private static final Duration IDLE = Duration.ofSeconds(30);
  private static final int MISSED = 3;

  private final InstantSource clock;
  private final RecordSink records;
  private final ScheduledThreadPoolExecutor timer;
  private final ThreadPoolExecutor readers;

  @GuardedBy("this")
  private final Map<String, ReadTarget> targets = new LinkedHashMap<>();

  private volatile boolean closed;

  /**
   * @param records receives changes of schemas and settings, plans and samples of statements
   */
  DatabaseReadings(InstantSource clock, RecordSink records) {
    this.records = records;
    this.clock = clock;
    this.timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("database-timer").factory());
    this.timer.setRemoveOnCancelPolicy(true);
    this.timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    this.readers =
        new ThreadPoolExecutor(
            MAX_THREADS,
            MAX_THREADS,
            IDLE.toSeconds(),
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().daemon().name("database-reader-", 0).factory());
    this.readers.allowCoreThreadTimeOut(true);
  }

  /** Reads these databases from now on; one with equal settings continues. */
  synchronized void apply(List<DatabaseTarget> databases) {
    if (closed) {
      return;
    }
    Set<String> keys = new HashSet<>();
    for (DatabaseTarget t : databases) {
      keys.add(t.key());
      if (!targets.containsKey(t.key())) {
        ReadTarget r = new ReadTarget(t, clock, records);
        targets.put(t.key(), r);
        if (t.obstacle() != null) {
          continue;
        }
        // The first reading of each falls into the first second per 100 databases.
        long spread = Math.min(t.interval().toMillis(), 10L * databases.size());
        schedule(r, Duration.ofMillis(Math.floorMod(t.key().hashCode(), Math.max(1, spread))));
      }
    }
    targets
        .entrySet()
        .removeIf(
            e -> {
              if (keys.contains(e.getKey())) {
                return false;
              }
              e.getValue().close();
              return true;
            });
  }

  private void schedule(ReadTarget r, Duration delay) {
    if (closed) {
      return;
    }
    try {
      timer.schedule(() -> readers.execute(() -> read(r)), delay.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      LOG.log(Level.DEBUG, "Reading not scheduled, the agent stops database={0}", r.target());
    }
  }

  private void read(ReadTarget r) {
    synchronized (this) {
      if (closed || targets.get(r.target().key()) != r) {
        return;
      }
    }
    long begin = System.nanoTime();
    Duration next = r.read();
    // Of a successful reading the interval counts from its start.
    long spent = System.nanoTime() - begin;
    schedule(r, next.minusNanos(Math.min(spent, next.toNanos() / 2)));
  }

  /** States of all databases, by address. */
  List<TargetState> states() {
    List<TargetState> out = new ArrayList<>();
    synchronized (this) {
      targets.values().forEach(t -> out.add(t.state()));
    }
    out.sort(Comparator.comparing(s -> s.target().toString()));
    return out;
  }

  @Override
  public void collect(Consumer<MetricFamily> to) {
    families().forEach(to);
  }

  /** Metrics of all databases and of their readings, by name; each name is there once. */
  List<MetricFamily> families() {
    Map<String, MetricFamily> all = new java.util.TreeMap<>();
    List<TargetState> states = states();
    Instant now = clock.instant();
    for (TargetState s : states) {
      Instant readAt = s.readAt();
      boolean late =
          readAt != null
              && s.status() != Status.FAILING
              && s.status() != Status.PAUSED
              && Duration.between(readAt, now)
                      .compareTo(
                          s.target().interval().multipliedBy(MISSED).plus(s.target().timeout()))
                  > 0;
      if (!late) {
        s.families().forEach(f -> merge(all, f));
      }
    }
    own(states).forEach(f -> merge(all, f));
    return List.copyOf(all.values());
  }

  private static void merge(Map<String, MetricFamily> all, MetricFamily f) {
    MetricFamily there = all.get(f.name());
    if (there == null) {
      all.put(
          f.name(),
          new MetricFamily(f.name(), f.type(), f.help(), f.unit(), new ArrayList<>(f.metrics())));
    } else if (there.type() == f.type()) {
      there.metrics().addAll(f.metrics());
    }
  }

  private static List<MetricFamily> own(List<TargetState> states) {
    Map<Status, Integer> counts = new java.util.EnumMap<>(Status.class);
    for (Status s : Status.values()) {
      counts.put(s, 0);
    }
    List<Metric> seconds = new ArrayList<>();
    List<Metric> statements = new ArrayList<>();
    for (TargetState s : states) {
      counts.merge(s.status(), 1, Integer::sum);
      Labels labels =
          Labels.of("address", s.target().server().address(), "engine", s.target().engine().text());
      seconds.add(new Metric(labels, s.seconds()));
      statements.add(new Metric(labels, s.statements()));
    }
    List<Metric> byStatus = new ArrayList<>();
    counts.forEach((s, n) -> byStatus.add(new Metric(Labels.of("status", s.text()), n)));
    return List.of(
        new MetricFamily(
            "tethys_cluster_agent_databases",
            MetricType.GAUGE,
            "Databases by status.",
            "",
            byStatus),
        new MetricFamily(
            "tethys_cluster_agent_reading_seconds",
            MetricType.GAUGE,
            "Duration of the last reading.",
            "",
            seconds),
        new MetricFamily(
            "tethys_cluster_agent_statements_total",
            MetricType.COUNTER,
            "Statements and commands sent to the database.",
            "",
            statements));
  }

  @Override
  public void close() {
    closed = true;
    timer.shutdownNow();
    synchronized (this) {
      targets.values().forEach(ReadTarget::close);
      targets.clear();
    }
    readers.shutdown();
    try {
      if (!readers.awaitTermination(2, TimeUnit.SECONDS)) {
        readers.shutdownNow();
      }
    } catch (InterruptedException e) {
      readers.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }
}
