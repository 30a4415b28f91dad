package dev.tethys.alert.rule;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.MetricStore;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Evaluates groups of rules at their intervals and stores the results.
 *
 * <p>Invariants: groups have their own threads, so that no other computation in this process can
 * keep them waiting for one; a group that a new configuration does not change continues
 * undisturbed; one that it changes, or whose file it names otherwise, keeps the state of its
 * alerts.
 */
public final class RuleManager implements AutoCloseable {
  /** Maximum number of groups evaluated at a time; others wait, and may miss evaluations. */
  static final int GROUPS_AT_ONCE = 16;

  /** Time limit of a running evaluation when its group stops. */
  static final Duration TIME_LIMIT = Duration.ofSeconds(10);

  private static final System.Logger LOG = JulLogger.of(RuleManager.class.getName());

  private final RuleContext context;
  private final RuleMetrics metrics;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final ThreadPoolExecutor groupThreads = threads("rules-", GROUPS_AT_ONCE);
  private final ThreadPoolExecutor ruleThreads;
  private volatile RuleSettings settings =
      new RuleSettings(Duration.ofMinutes(1), Duration.ZERO, Labels.EMPTY);
  private volatile Map<String, RuleGroup> groups = Map.of();

  @GuardedBy("this")
  private boolean loaded; // groups are changed under this as well

  /** Starts without rules; those over logs, traces and profiles fail. */
  public RuleManager(
      MetricStore store,
      RuleQuery query,
      AlertListener listener,
      RuleOptions options,
      Registry registry,
      RuleClock clock) {
    this(store, query, Map.of(), listener, options, registry, clock);
  }

  /** Starts without rules. */
  public RuleManager(
      MetricStore store,
      RuleQuery query,
      Map<RuleType, RuleSource> sources,
      AlertListener listener,
      RuleOptions options,
      Registry registry,
      RuleClock clock) {
    this.metrics = new RuleMetrics(registry);
    int unchanged = Math.max(1, options.maxConcurrent());
    this.ruleThreads = threads("rule-", unchanged);
    this.context =
        new RuleContext(
            store,
            query,
            sources,
            listener,
            options,
            metrics,
            clock,
            () -> settings,
            groupThreads,
            ruleThreads,
            new Semaphore(unchanged),
            closed);
  }

  private static ThreadPoolExecutor threads(String name, int n) {
    AtomicInteger number = new AtomicInteger();
    ThreadPoolExecutor p =
        new ThreadPoolExecutor(
            n,
            n,
            30,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(), // at most one entry a group
            r -> {
              Thread t = new Thread(r, name + number.incrementAndGet());
              t.setDaemon(true);
              return t;
            });
    p.allowCoreThreadTimeOut(true);
    return p;
  }

  /** Replaces all groups; of several with one file and name the first counts. */
  public synchronized void apply(RuleSettings newSettings, List<GroupSpec> specs) {
    if (closed.getCount() == 0) {
      return;
    }
    settings = newSettings;
    Map<String, RuleGroup> former = new LinkedHashMap<>(groups);
    Map<String, RuleGroup> next = new LinkedHashMap<>();
    Map<RuleGroup, RuleGroup> changed = new LinkedHashMap<>();
    List<RuleGroup> fresh = new ArrayList<>();
    List<String> gone = new ArrayList<>();
    for (GroupSpec spec : specs) {
      if (next.containsKey(spec.key())) {
        continue;
      }
      Duration own = spec.interval();
      Duration interval = own == null ? newSettings.interval() : own;
      RuleGroup old = former.remove(spec.key());
      if (old != null && old.isSame(spec, interval)) {
        next.put(spec.key(), old);
        continue;
      }
      RuleGroup g = new RuleGroup(spec, interval, context, !loaded);
      next.put(spec.key(), g);
      if (old == null) {
        fresh.add(g);
      } else {
        old.stop();
        changed.put(g, old);
      }
    }
    for (RuleGroup g : List.copyOf(fresh)) {
      RuleGroup moved = moved(g, former);
      if (moved != null) {
        fresh.remove(g);
        moved.stop();
        changed.put(g, moved);
        gone.add(moved.spec().key());
      }
    }
    loaded = true;
    former.values().forEach(RuleGroup::stop);
    changed.forEach(
        (g, old) -> {
          end(old);
          g.takeOver(old);
          g.start();
        });
    gone.forEach(metrics::removed);
    fresh.forEach(RuleGroup::start);
    former
        .values()
        .forEach(
            g -> {
              end(g);
              g.retire();
              metrics.removed(g.spec().key());
            });
    groups = next;
    LOG.log(Level.INFO, "groups of rules loaded: {0}", next.size());
  }

  /**
   * Finds the group that a group was before its file was renamed and removes it from the remaining
   * ones: it has the same name and the most rules in common. Returns null if no rule matches.
   * Prometheus restarts its alerts.
   */
  private static @Nullable RuleGroup moved(RuleGroup g, Map<String, RuleGroup> left) {
    Set<String> mine = identities(g);
    RuleGroup best = null;
    int most = 0;
    for (RuleGroup old : left.values()) {
      if (old.spec().name().equals(g.spec().name())) {
        Set<String> common = identities(old);
        common.retainAll(mine);
        if (common.size() > most) {
          most = common.size();
          best = old;
        }
      }
    }
    if (best != null) {
      left.remove(best.spec().key());
    }
    return best;
  }

  private static Set<String> identities(RuleGroup g) {
    Set<String> all = new HashSet<>();
    g.rules().forEach(r -> all.add(r.identity()));
    return all;
  }

  private static void end(RuleGroup g) {
    try {
      g.awaitEnd(TIME_LIMIT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns the groups, sorted by file and name. */
  public List<RuleGroup> groups() {
    return groups.values().stream()
        .sorted(
            Comparator.comparing((RuleGroup g) -> g.spec().file())
                .thenComparing(g -> g.spec().name()))
        .toList();
  }

  /** Stops every group and waits for evaluations in progress. */
  @Override
  public synchronized void close() {
    closed.countDown();
    groups.values().forEach(RuleGroup::stop);
    groups.values().forEach(RuleManager::end);
    groupThreads.shutdown();
    ruleThreads.shutdown();
  }
}
