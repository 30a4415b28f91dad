package dev.tethys.pipeline.stages;

import java.util.Random;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What stages need from the program they run in.
 *
 * @param job the name of the scrape configuration, for what is said about it
 * @param observer watches each stage; null when nobody does
 */
public record StageContext(
    String job,
    StageMetrics metrics,
    StageClock clock,
    RandomGenerator random,
    @Nullable StageObserver observer) {

  /** With the system's clocks, and nobody watching. */
  public StageContext(String job, StageMetrics metrics) {
    this(job, metrics, StageClock.system(), new Random(), null);
  }

  /** The same with another watcher. */
  public StageContext observedBy(@Nullable StageObserver watcher) {
    return new StageContext(job, metrics, clock, random, watcher);
  }
}
