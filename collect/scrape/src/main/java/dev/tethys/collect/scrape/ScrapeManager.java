package dev.tethys.collect.scrape;

import dev.tethys.collect.discovery.DiscoveryManager;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.relabel.RelabelRule;
import dev.tethys.model.storage.SampleSink;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * All jobs of a process: receives their configuration and their targets, and reports their status.
 * Thread-safe.
 *
 * <p>Invariants: {@link #lock} guards the maps and makes changes of configuration and of targets
 * follow each other; {@link #pools} is replaced, never changed, so that readers take no lock. A job
 * has a pool from its first targets on, until a configuration without it.
 */
public final class ScrapeManager implements DiscoveryManager.Listener, AutoCloseable {
  private static final System.Logger LOG = JulLogger.of(ScrapeManager.class.getName());

  private final SampleSink store;
  private final ScrapeMemory memory;
  private final ScrapeTransport.Factory transports;
  private final ScrapeOptions options;
  private final ScrapeMetrics metrics;
  private final ScrapeClock clock;
  private final BodyReader bodies = new BodyReader();
  private final TargetUrls urls = new TargetUrls();
  private final ScrapeTickAligner ticks = new ScrapeTickAligner();
  private final CountDownLatch shutdown = new CountDownLatch(1);
  private final ReentrantLock lock = new ReentrantLock();

  private Map<String, ScrapeConfig> configs = Map.of();
  private Map<String, FailureLog> failureLogs = Map.of();
  private long offsetSeed;
  private volatile Map<String, ScrapePool> pools = Map.of();

  /** Starts without any job, for a store. */
  public ScrapeManager(
      SampleSink store,
      ScrapeTransport.Factory transports,
      ScrapeOptions options,
      ScrapeMetrics metrics,
      ScrapeClock clock) {
    this(store, ScrapeMemory.OF_A_STORE, transports, options, metrics, clock);
  }

  /** Starts without any job. */
  public ScrapeManager(
      SampleSink store,
      ScrapeMemory memory,
      ScrapeTransport.Factory transports,
      ScrapeOptions options,
      ScrapeMetrics metrics,
      ScrapeClock clock) {
    this.store = store;
    this.memory = memory;
    this.transports = transports;
    this.options = options;
    this.metrics = metrics;
    this.clock = clock;
    metrics.showMetadataCaches(this::activeByJob);
  }

  private Map<String, Collection<Target>> activeByJob() {
    Map<String, Collection<Target>> out = new TreeMap<>();
    pools.forEach((job, pool) -> out.put(job, pool.view().active()));
    return out;
  }

  /**
   * Applies a configuration: removed jobs stop, changed ones restart with their current targets,
   * others continue undisturbed. New ones start with their first targets.
   *
   * @param externalLabels labels of this server; two servers with different ones scrape at
   *     different times
   * @throws IOException if a failure log cannot be opened; nothing has changed then
   * @throws IllegalStateException if a changed job could not be applied; the others were
   */
  public void apply(List<ScrapeConfig> jobs, Labels externalLabels) throws IOException {
    lock.lock();
    try {
      Map<String, ScrapeConfig> next = new LinkedHashMap<>();
      jobs.forEach(j -> next.put(j.jobName(), j));
      Map<String, FailureLog> oldLogs = failureLogs;
      failureLogs = openLogs(jobs);
      configs = next;
      offsetSeed = seed(externalLabels);
      List<String> failed = new ArrayList<>();
      Map<String, ScrapePool> remaining = new LinkedHashMap<>();
      List<Task> tasks = new ArrayList<>();
      pools.forEach(
          (job, pool) -> {
            ScrapeConfig to = next.get(job);
            if (to == null) {
              tasks.add(pool::stop);
              return;
            }
            remaining.put(job, pool);
            pool.failureLog(logOf(to));
            if (!to.equals(pool.config())) {
              tasks.add(() -> reload(pool, to, failed));
            }
          });
      pools = Map.copyOf(remaining);
      runAll(tasks);
      closeLogs(oldLogs.values());
      if (!failed.isEmpty()) {
        throw new IllegalStateException(
            "failed to apply the new configuration: " + String.join("; ", failed));
      }
    } finally {
      lock.unlock();
    }
  }

  private static void reload(ScrapePool pool, ScrapeConfig to, List<String> failed)
      throws InterruptedException {
    try {
      pool.reload(to);
    } catch (IllegalArgumentException e) {
      LOG.log(Level.ERROR, "error reloading scrape pool " + to.jobName(), e);
      synchronized (failed) {
        failed.add(to.jobName() + ": " + e.getMessage());
      }
    }
  }

  private Map<String, FailureLog> openLogs(List<ScrapeConfig> jobs) throws IOException {
    Map<String, FailureLog> logs = new HashMap<>();
    try {
      for (ScrapeConfig j : jobs) {
        String file = j.common().failureLogFile();
        if (!file.isEmpty() && !logs.containsKey(file)) {
          logs.put(file, new FailureLog(file));
        }
      }
      return logs;
    } catch (IOException e) {
      closeLogs(logs.values());
      throw new IOException("can't create json log file: " + e.getMessage(), e);
    }
  }

  private static void closeLogs(Collection<FailureLog> logs) {
    for (FailureLog l : logs) {
      try {
        l.close();
      } catch (IOException e) {
        LOG.log(Level.WARNING, "closing a scrape failure log failed", e);
      }
    }
  }

  private @Nullable FailureLog logOf(ScrapeConfig job) {
    return failureLogs.get(job.common().failureLogFile());
  }

  /** Spreads the scrapes of servers that scrape the same targets. */
  private static long seed(Labels externalLabels) {
    String host;
    try {
      host = InetAddress.getLocalHost().getCanonicalHostName();
    } catch (UnknownHostException e) {
      host = "";
    }
    byte[] b = (host + externalLabels).getBytes(StandardCharsets.UTF_8);
    return Labels.hash64(b, 0, b.length);
  }

  @Override
  public void targets(Map<String, List<TargetGroup>> byPool) {
    lock.lock();
    try {
      if (shutdown.getCount() == 0) {
        return;
      }
      Map<String, ScrapePool> all = new LinkedHashMap<>(pools);
      List<Task> tasks = new ArrayList<>();
      byPool.forEach(
          (job, groups) -> {
            ScrapePool pool = all.get(job);
            if (pool == null) {
              pool = newPool(job);
              if (pool == null) {
                return;
              }
              all.put(job, pool);
            }
            ScrapePool p = pool;
            tasks.add(() -> p.sync(groups));
          });
      pools = Map.copyOf(all);
      runAll(tasks);
    } finally {
      lock.unlock();
    }
  }

  private @Nullable ScrapePool newPool(String job) {
    ScrapeConfig c = configs.get(job);
    if (c == null) {
      return null; // news from before the last change of configuration
    }
    metrics.pools.inc();
    try {
      ScrapeLoop.Dependencies dependencies =
          new ScrapeLoop.Dependencies(
              store,
              memory,
              clock,
              bodies,
              urls,
              metrics,
              options,
              ticks,
              offsetSeed,
              shutdown,
              this::scraping);
      return new ScrapePool(c, dependencies, transports, metrics, logOf(c));
    } catch (IllegalArgumentException e) {
      metrics.poolsFailed.inc();
      LOG.log(Level.ERROR, "error creating new scrape pool " + job, e);
      return null;
    }
  }

  private List<ScrapeLoop> scraping(Labels labels) {
    return pools.values().stream().flatMap(p -> p.scraping(labels).stream()).toList();
  }

  private interface Task {
    void run() throws InterruptedException;
  }

  /**
   * Runs all of them concurrently and waits: each spends most of its time waiting for loops to end.
   */
  private static void runAll(List<Task> tasks) {
    List<Thread> threads = new ArrayList<>();
    for (Task t : tasks) {
      threads.add(
          Thread.ofVirtual()
              .name("scrape-change")
              .start(
                  () -> {
                    try {
                      t.run();
                    } catch (InterruptedException e) {
                      Thread.currentThread().interrupt();
                    } catch (RuntimeException e) {
                      LOG.log(Level.ERROR, "a change of scrape targets failed", e);
                    }
                  }));
    }
    boolean interrupted = false;
    for (Thread t : threads) {
      while (t.isAlive()) {
        try {
          t.join();
        } catch (InterruptedException e) {
          interrupted = true;
          threads.forEach(Thread::interrupt);
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Targets of a scrape job.
   *
   * @param active targets that are scraped, sorted by URL
   * @param dropped targets that relabelling dropped, up to the job's limit
   * @param droppedCount number of all dropped targets
   */
  public record Pool(String job, List<Target> active, List<Target> dropped, int droppedCount) {}

  /** Returns the jobs that have received targets, sorted by name. */
  public List<Pool> pools() {
    List<Pool> out = new ArrayList<>();
    new TreeMap<>(pools)
        .forEach(
            (job, p) -> {
              ScrapePool.View v = p.view();
              out.add(new Pool(job, v.active(), v.dropped(), v.droppedCount()));
            });
    return out;
  }

  /**
   * One step of relabeling.
   *
   * @param output the labels after the rule
   * @param keep false if the rule dropped the target: then no rule follows
   */
  public record RelabelStep(RelabelRule rule, Labels output, boolean keep) {}

  /**
   * Returns the output of each of a job's rules for discovered labels; null if there is no such
   * job.
   */
  public @Nullable List<RelabelStep> relabelSteps(String job, Labels discovered) {
    ScrapePool pool = pools.get(job);
    if (pool == null) {
      return null;
    }
    LabelsBuilder b = discovered.toBuilder();
    List<RelabelStep> out = new ArrayList<>();
    for (RelabelRule rule : pool.config().relabeling().rules()) {
      boolean keep = rule.apply(b);
      out.add(new RelabelStep(rule, keep ? b.build() : Labels.EMPTY, keep));
      if (!keep) {
        break;
      }
    }
    return out;
  }

  /** Stops scraping immediately; running scrapes are aborted, series are not marked stale. */
  @Override
  public void close() {
    shutdown.countDown();
    pools.values().forEach(ScrapePool::abort);
    lock.lock();
    try {
      pools.values().forEach(ScrapePool::abort);
      pools = Map.of();
      closeLogs(failureLogs.values());
      failureLogs = Map.of();
    } finally {
      lock.unlock();
    }
  }
}
