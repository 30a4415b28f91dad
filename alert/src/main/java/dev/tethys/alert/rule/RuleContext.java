package dev.tethys.alert.rule;

import dev.tethys.model.storage.MetricStore;
import dev.tethys.model.tracing.ActiveSpan;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/**
 * Dependencies shared by the groups of one manager.
 *
 * @param query over metrics
 * @param sources sources for the other data types stored by this process
 * @param groupThreads executor of groups, one thread for each
 * @param ruleThreads executor of rules of a group, in addition to the group's own thread
 * @param places limit on the latter's concurrency
 * @param closed opened when the manager stops
 */
record RuleContext(
    MetricStore store,
    RuleQuery query,
    Map<RuleType, RuleSource> sources,
    AlertListener listener,
    RuleOptions options,
    RuleMetrics metrics,
    RuleClock clock,
    Supplier<RuleSettings> currentSettings,
    ExecutorService groupThreads,
    ExecutorService ruleThreads,
    Semaphore places,
    CountDownLatch closed) {
  /**
   * Returns the query function for a group's rules.
   *
   * @param interval evaluation interval
   */
  RuleQuery query(GroupSpec group, Duration interval) {
    RuleType type = group.type();
    RuleQuery q = query;
    if (type != RuleType.METRICS) {
      RuleSource source = sources.get(type);
      q = (source == null ? RuleSource.missing(type) : source).of(group.scope(), interval);
    }
    return q.forGroup(group.file(), group.name());
  }

  RuleSettings settings() {
    return currentSettings.get();
  }

  /**
   * Starts work in parallel with the caller; returns false if there is no slot, and nothing was
   * started.
   */
  boolean submit(Runnable work, List<Future<?>> into) {
    if (!places.tryAcquire()) {
      return false;
    }
    try {
      into.add(
          ruleThreads.submit(
              ActiveSpan.current()
                  .wrap(
                      () -> {
                        try {
                          work.run();
                        } finally {
                          places.release();
                        }
                      })));
      return true;
    } catch (RejectedExecutionException e) {
      places.release();
      return false;
    }
  }
}
