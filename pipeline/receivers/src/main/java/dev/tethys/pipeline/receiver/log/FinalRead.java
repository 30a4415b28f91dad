package dev.tethys.pipeline.receiver.log;

import dev.tethys.collect.logs.file.FileJob;
import java.time.Duration;

/** Reads files for the last time, after their writers have finished. */
final class FinalRead {
  /** Delay of notifications of changes. */
  private static final Duration NEWS = Duration.ofMillis(500);

  private static final Duration STEP = Duration.ofMillis(20);

  private FinalRead() {}

  /**
   * Waits until a job has checked its files once more, and has read them.
   *
   * @param poll polling interval
   */
  static void await(FileJob job, Duration poll, Duration timeLimit) throws InterruptedException {
    long end = System.nanoTime() + timeLimit.toNanos();
    Duration round = poll.multipliedBy(2).plus(NEWS);
    Thread.sleep(round.compareTo(timeLimit) < 0 ? round : timeLimit);
    while (!job.isRead() && end - System.nanoTime() > 0) {
      Thread.sleep(STEP);
    }
  }
}
