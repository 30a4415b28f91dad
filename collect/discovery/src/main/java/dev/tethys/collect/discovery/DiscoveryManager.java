package dev.tethys.collect.discovery;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Runs the discoveries of all pools and reports the results to one listener.
 *
 * <p>Invariants: equal configurations run once, for any number of pools, and continue over a change
 * of configuration; the listener is called from one thread, immediately on the first news and then
 * at most once per throttle interval; each call has every pool, a pool without groups yet with an
 * empty list. All state is guarded by {@code lock}, which is never held while the listener runs.
 */
public final class DiscoveryManager implements AutoCloseable {
  private static final System.Logger LOG = JulLogger.of(DiscoveryManager.class.getName());

  /** Prometheus's own pause between two updates. */
  public static final Duration THROTTLE = Duration.ofSeconds(5);

  /** Listener for the targets of pools. */
  @FunctionalInterface
  public interface Listener {
    /** All target groups by pool. */
    void targets(Map<String, List<TargetGroup>> byPool);
  }

  private static final class Running {
    final Map<String, TargetGroup> groups = new TreeMap<>();
    @Nullable Thread thread;
  }

  private final DiscoveryContext context;
  private final Duration throttle;
  private final Listener listener;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  @GuardedBy("lock")
  private final Map<DiscoveryConfig, Running> running = new HashMap<>();

  @GuardedBy("lock")
  private Map<String, List<DiscoveryConfig>> pools = Map.of();

  @GuardedBy("lock")
  private boolean news;

  @GuardedBy("lock")
  private boolean closed;

  private final Thread teller;

  /** Starts without any pool. */
  public DiscoveryManager(DiscoveryContext context, Duration throttle, Listener listener) {
    this.context = context;
    this.throttle = throttle;
    this.listener = listener;
    this.teller =
        Thread.ofVirtual()
            .name("discovery")
            .start(SupervisedLoop.of("discovery", this::sendUpdates));
  }

  /** Replaces all pools: starts new discoveries, stops removed ones, leaves the rest running. */
  public void apply(Map<String, List<DiscoveryConfig>> byPool) {
    List<Thread> stopped = new ArrayList<>();
    lock.lock();
    try {
      if (closed) {
        return;
      }
      pools.forEach(
          (pool, configs) -> {
            if (!byPool.containsKey(pool)) {
              context
                  .metrics()
                  .poolGone(pool, configs.stream().map(DiscoveryConfig::mechanism).toList());
            }
          });
      pools = new LinkedHashMap<>(byPool);
      Set<DiscoveryConfig> wanted = new LinkedHashSet<>();
      byPool.values().forEach(wanted::addAll);
      running
          .entrySet()
          .removeIf(
              e -> {
                if (wanted.contains(e.getKey())) {
                  return false;
                }
                Thread t = e.getValue().thread;
                if (t != null) {
                  stopped.add(t);
                }
                return true;
              });
      int failed = 0;
      for (Map.Entry<String, List<DiscoveryConfig>> e : byPool.entrySet()) {
        for (DiscoveryConfig c : e.getValue()) {
          if (!running.containsKey(c)) {
            try {
              running.put(c, start(c, context.inPool(e.getKey())));
            } catch (RuntimeException failure) {
              failed++;
              LOG.log(
                  Level.ERROR,
                  "{0} discovery of {1} cannot be created: {2}",
                  c.mechanism(),
                  e.getKey(),
                  failure.getMessage());
            }
          }
        }
      }
      context.metrics().failedToStart(failed);
      news = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    stopped.forEach(Thread::interrupt);
  }

  private Running start(DiscoveryConfig config, DiscoveryContext itsContext) {
    Running r = new Running();
    Discovery.Sink sink = groups -> update(config, r, groups);
    Discovery discovery = config.discovery(itsContext);
    if (config instanceof StaticConfig s) {
      // Known immediately, so that the first update contains them.
      s.groups().forEach(g -> r.groups.put(g.source(), g));
      return r;
    }
    r.thread =
        Thread.ofVirtual()
            .name("discovery-" + config.mechanism())
            .start(
                SupervisedLoop.of(
                    "discovery",
                    () -> {
                      try {
                        discovery.run(sink);
                      } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                      }
                    }));
    return r;
  }

  private void update(DiscoveryConfig config, Running r, List<TargetGroup> groups) {
    lock.lock();
    try {
      if (running.get(config) != r) {
        return; // stopped meanwhile
      }
      context.metrics().received();
      boolean differs = false;
      for (TargetGroup g : groups) {
        if (g.targets().isEmpty()) {
          differs |= r.groups.remove(g.source()) != null;
        } else {
          TargetGroup former = r.groups.get(g.source());
          if (!g.equals(former)) {
            r.groups.put(g.source(), g);
            differs = true;
          }
        }
      }
      if (differs) {
        news = true;
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  private void sendUpdates() {
    boolean waited = false;
    try {
      while (true) {
        Map<String, List<TargetGroup>> out = new LinkedHashMap<>();
        lock.lockInterruptibly();
        try {
          while (!news) {
            waited = false;
            changed.await();
          }
          pools.forEach((pool, configs) -> out.put(pool, groupsOf(configs)));
          news = false;
        } finally {
          lock.unlock();
        }
        boolean done = false;
        try {
          pass(out, waited);
          done = true;
        } finally {
          if (!done) { // the end of memory: this loop runs again
            lock.lock();
            try {
              news = true;
            } finally {
              lock.unlock();
            }
          }
        }
        context.pause().pause(throttle);
        waited = true;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void pass(Map<String, List<TargetGroup>> out, boolean waited) {
    out.forEach(
        (pool, groups) ->
            context
                .metrics()
                .discovered(pool, groups.stream().mapToInt(g -> g.targets().size()).sum()));
    context.metrics().sent(waited);
    double now = context.clock().millis() / 1e3;
    out.keySet().forEach(pool -> context.metrics().recordUpdate(pool, now));
    try {
      listener.targets(out);
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "targets were not applied", e);
    }
  }

  @GuardedBy("lock")
  private List<TargetGroup> groupsOf(List<DiscoveryConfig> configs) {
    List<TargetGroup> out = new ArrayList<>();
    for (DiscoveryConfig c : configs) {
      Running r = running.get(c);
      if (r != null) {
        out.addAll(r.groups.values());
      }
    }
    return out;
  }

  /** Stops every discovery. */
  @Override
  public void close() {
    List<Thread> threads = new ArrayList<>();
    lock.lock();
    try {
      closed = true;
      running
          .values()
          .forEach(
              r -> {
                if (r.thread != null) {
                  threads.add(r.thread);
                }
              });
      running.clear();
    } finally {
      lock.unlock();
    }
    threads.add(teller);
    threads.forEach(Thread::interrupt);
    try {
      for (Thread t : threads) {
        t.join(Duration.ofSeconds(5));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
