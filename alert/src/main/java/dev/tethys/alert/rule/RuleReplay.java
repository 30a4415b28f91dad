package dev.tethys.alert.rule;

import dev.tethys.model.exposition.Registry;
import dev.tethys.model.storage.MetricStore;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Semaphore;

/**
 * Evaluates groups of rules at times that the caller names, one after another: unit tests of rules,
 * and alerts tried against history. The rules run as in a server, except that the caller supplies
 * the clock.
 *
 * <p>Invariants: used by a single thread; times of a group ascend; alerts start without history, so
 * no state is restored.
 */
public final class RuleReplay {
  private final List<RuleGroup> groups;
  private volatile Instant now = Instant.EPOCH;

  /**
   * Creates groups without any earlier evaluation.
   *
   * @param store gets the results
   * @param query over metrics
   * @param sources sources for the other data types
   */
  public RuleReplay(
      MetricStore store,
      RuleQuery query,
      Map<RuleType, RuleSource> sources,
      AlertListener listener,
      RuleOptions options,
      RuleSettings settings,
      List<GroupSpec> specs) {
    RuleClock clock =
        new RuleClock() {
          @Override
          public Instant instant() {
            return now;
          }

          @Override
          public boolean await(Instant until, CountDownLatch stop) {
            throw new UnsupportedOperationException("the caller sets the time");
          }
        };
    RuleContext context =
        new RuleContext(
            store,
            query,
            sources,
            listener,
            options,
            new RuleMetrics(new Registry()),
            clock,
            () -> settings,
            ForkJoinPool.commonPool(), // nothing is submitted to it
            ForkJoinPool.commonPool(),
            new Semaphore(0),
            new CountDownLatch(1));
    this.groups =
        specs.stream()
            .map(
                s -> {
                  Duration own = s.interval();
                  return new RuleGroup(s, own == null ? settings.interval() : own, context, false);
                })
            .toList();
  }

  /** Returns the groups in the order of their specifications. */
  public List<RuleGroup> groups() {
    return groups;
  }

  /** Evaluates one of the groups at a time. */
  public void evaluate(RuleGroup group, Instant time) {
    now = time;
    group.evaluate(time);
  }
}
