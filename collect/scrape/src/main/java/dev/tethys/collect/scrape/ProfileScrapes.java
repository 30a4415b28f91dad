package dev.tethys.collect.scrape;

import dev.tethys.codec.otlp.wire.ProfilesWriter;
import dev.tethys.collect.discovery.DiscoveryManager;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.exposition.Registry.Counter;
import dev.tethys.model.exposition.Registry.Vector;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;

/**
 * Scrapes profiles from the targets of jobs. A job has a loop for each target and kind of profile.
 * Thread-safe.
 */
public final class ProfileScrapes implements DiscoveryManager.Listener, AutoCloseable {
  private static final System.Logger LOG = JulLogger.of(ProfileScrapes.class.getName());

  /** Maximum number of bodies decoded concurrently. */
  private static final int DECODING = 8;

  /** Stores scraped profiles. */
  @FunctionalInterface
  public interface Sink {
    /**
     * Stores profiles.
     *
     * @throws IOException with the reason, if they were not stored
     */
    void store(ProfilesWriter profiles) throws IOException;
  }

  /** Request counters. */
  static final class Counters {
    private final Vector<Counter> scrapes;
    private final Vector<Counter> failed;

    Counters(Registry registry) {
      scrapes =
          registry.counters(
              "tethys_profile_scrapes_total",
              "Requests for profiles to targets, by job and kind.",
              "job",
              "kind");
      failed =
          registry.counters(
              "tethys_profile_scrapes_failed_total",
              "Requests for profiles to targets that stored none, by job and kind.",
              "job",
              "kind");
    }

    void scraped(String job, String kind, boolean isStored) {
      scrapes.with(job, kind).inc();
      if (!isStored) {
        failed.with(job, kind).inc();
      }
    }
  }

  /** Job with its loops by the hash of their target. */
  private static final class Pool {
    final ScrapeConfig config;
    final Map<Long, ProfileLoop> loops = new LinkedHashMap<>();
    List<Target> dropped = List.of();
    int droppedCount;

    Pool(ScrapeConfig config) {
      this.config = config;
    }
  }

  private final ScrapeTransport.Factory transports;
  private final ProfileLoop.Shared shared;
  private final ReentrantLock lock = new ReentrantLock();
  private Map<String, ScrapeConfig> configs = Map.of();
  private final Map<String, Pool> pools = new HashMap<>();
  private boolean closed;
  private volatile List<ScrapeManager.Pool> view = List.of();

  /** Starts without any job. */
  public ProfileScrapes(
      Sink sink, ScrapeTransport.Factory transports, Registry registry, ScrapeClock clock) {
    this.transports = transports;
    this.shared =
        new ProfileLoop.Shared(
            sink,
            clock,
            new BodyReader(),
            new TargetUrls(),
            new Semaphore(DECODING),
            new Counters(registry));
  }

  /** Replaces the jobs: removed or changed ones stop, new ones start with their targets. */
  public void apply(List<ScrapeConfig> jobs) {
    List<ProfileLoop> stopped = new ArrayList<>();
    lock.lock();
    try {
      Map<String, ScrapeConfig> next = new LinkedHashMap<>();
      jobs.forEach(j -> next.put(j.jobName(), j));
      configs = next;
      pools
          .values()
          .removeIf(
              p -> {
                boolean remove = !p.config.equals(next.get(p.config.jobName()));
                if (remove) {
                  stopped.addAll(p.loops.values());
                }
                return remove;
              });
      show();
    } finally {
      lock.unlock();
    }
    end(stopped);
  }

  @Override
  public void targets(Map<String, List<TargetGroup>> byPool) {
    List<ProfileLoop> stopped = new ArrayList<>();
    lock.lock();
    try {
      byPool.forEach(
          (job, groups) -> {
            ScrapeConfig config = configs.get(job);
            if (config != null && !closed) {
              sync(pools.computeIfAbsent(job, _ -> new Pool(config)), groups, stopped);
            }
          });
      show();
    } finally {
      lock.unlock();
    }
    end(stopped);
  }

  private void sync(Pool pool, List<TargetGroup> groups, List<ProfileLoop> stopped) {
    ProfilingConfig profiling = pool.config.profiling();
    if (profiling == null) {
      return;
    }
    Map<Long, ProfileLoop> wanted = new LinkedHashMap<>();
    Map<List<Labels>, Target> dropped = new LinkedHashMap<>();
    profiling
        .kinds()
        .forEach(
            (name, kind) -> {
              ScrapeConfig config = profiling.job(pool.config, kind);
              for (TargetGroup g : groups) {
                for (Labels t : g.targets()) {
                  add(pool, config, name, kind, t, g, wanted, dropped);
                }
              }
            });
    pool.loops.forEach(
        (hash, loop) -> {
          if (!wanted.containsKey(hash)) {
            stopped.add(loop);
          }
        });
    List<ProfileLoop> fresh = new ArrayList<>();
    wanted.forEach(
        (hash, loop) -> {
          if (!pool.loops.containsKey(hash)) {
            fresh.add(loop);
          }
        });
    pool.loops.clear();
    pool.loops.putAll(wanted);
    pool.droppedCount = dropped.size();
    long keep = pool.config.common().limits().keepDroppedTargets();
    pool.dropped = dropped.values().stream().limit(keep == 0 ? Long.MAX_VALUE : keep).toList();
    checkTargetLimit(pool);
    fresh.forEach(ProfileLoop::start);
  }

  /** Above the target limit all scrapes fail, as with metrics jobs. */
  private static void checkTargetLimit(Pool pool) {
    long limit = pool.config.common().limits().targets();
    Map<String, Long> byKind =
        pool.loops.values().stream()
            .collect(Collectors.groupingBy(ProfileLoop::kind, Collectors.counting()));
    long targets = byKind.values().stream().mapToLong(Long::longValue).max().orElse(0);
    String error =
        limit > 0 && targets > limit
            ? "target_limit exceeded (number of targets: " + targets + ", limit: " + limit + ")"
            : null;
    pool.loops.values().forEach(l -> l.forcedError(error));
  }

  private void add(
      Pool pool,
      ScrapeConfig config,
      String name,
      ProfilingConfig.Kind kind,
      Labels discovered,
      TargetGroup group,
      Map<Long, ProfileLoop> wanted,
      Map<List<Labels>, Target> dropped) {
    try {
      Labels labels = TargetLabels.of(config, discovered, group.labels());
      Target target =
          new Target(labels == null ? Labels.EMPTY : labels, config, discovered, group.labels());
      if (labels == null) {
        dropped.putIfAbsent(List.of(discovered, group.labels()), target); // once for all kinds
        return;
      }
      ProfileLoop known = pool.loops.get(target.hash());
      if (known != null) {
        wanted.put(target.hash(), known);
      } else if (!wanted.containsKey(target.hash())) {
        ProfileLoop loop =
            new ProfileLoop(shared, target, name, kind, transports.open(config, target.socket()));
        wanted.put(target.hash(), loop);
      }
    } catch (IllegalArgumentException e) {
      LOG.log(
          Level.ERROR,
          "target was not created, job={0} kind={1} error={2}",
          config.jobName(),
          name,
          e.getMessage());
    }
  }

  private void show() {
    List<ScrapeManager.Pool> all = new ArrayList<>();
    new TreeMap<>(pools)
        .forEach(
            (job, p) ->
                all.add(
                    new ScrapeManager.Pool(
                        job,
                        p.loops.values().stream()
                            .map(ProfileLoop::target)
                            .sorted(Comparator.comparing(Target::url))
                            .toList(),
                        p.dropped,
                        p.droppedCount)));
    view = List.copyOf(all);
  }

  /** Returns the jobs that have received targets, sorted by name. */
  public List<ScrapeManager.Pool> pools() {
    return view;
  }

  private static void end(List<ProfileLoop> loops) {
    loops.forEach(ProfileLoop::stop);
    for (ProfileLoop l : loops) {
      try {
        l.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  /** Aborts all requests. */
  @Override
  public void close() {
    List<ProfileLoop> all = new ArrayList<>();
    lock.lock();
    try {
      closed = true;
      pools.values().forEach(p -> all.addAll(p.loops.values()));
      pools.clear();
      show();
    } finally {
      lock.unlock();
    }
    end(all);
  }
}
