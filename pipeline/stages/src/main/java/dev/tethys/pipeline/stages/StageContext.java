package dev.tethys.pipeline.stages;

import java.util.Random;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Services provided to stages by the host program.
 *
 * @param job name of the scrape configuration, for logs and metrics
 * @param observer observes each stage; null if unused
 */
public record StageContext(
    String job,
    StageMetrics metrics,
    StageClock clock,
    RandomGenerator random,
    @Nullable StageObserver observer) {

  /** Creates a context with the system's clocks and without an observer. */
  public StageContext(String job, StageMetrics metrics) {
    this(job, metrics, StageClock.system(), new Random(), null);
  }

  /** Variant with another watcher. */
  public StageContext observedBy(@Nullable StageObserver watcher) {
    return new StageContext(job, metrics, clock, random, watcher);
  }
}
