package dev.tethys.logagent;

import dev.tethys.collect.logs.file.FileMetrics;
import dev.tethys.collect.logs.file.FileTailing;
import dev.tethys.collect.logs.file.Positions;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.guard.SupervisedLoop;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Positions of all sources, saved at intervals, and the readers that start from them. */
final class SourcePositions {
  private final Positions positions;
  private final FileTailing tailing;
  private final CountDownLatch ending = new CountDownLatch(1);
  private final Thread saver;
  private final PromtailConfig.PositionsConfig file;
  private volatile Duration period;
  private volatile boolean closed;

  private SourcePositions(
      Positions positions, FileTailing tailing, PromtailConfig.PositionsConfig file) {
    this.positions = positions;
    this.tailing = tailing;
    this.file = file;
    this.period = file.syncPeriod();
    this.saver =
        Thread.ofVirtual()
            .name("positions")
            .unstarted(SupervisedLoop.of("log_positions", this::save));
  }

  /**
   * Opens the positions.
   *
   * @param dryRun whether saving is disabled
   * @throws IOException if the file of a configuration cannot be read
   */
  static SourcePositions open(PromtailConfig c, boolean dryRun, FileMetrics metrics)
      throws IOException {
    PromtailConfig.PositionsConfig p = c.positions();
    InstantSource clock = InstantSource.system();
    Positions positions =
        new Positions(new RealFiles(), Path.of(p.file()), p.ignoreInvalidYaml(), dryRun, clock);
    FileTailing tailing = new FileTailing(c.frequency(), positions, metrics, clock);
    SourcePositions r = new SourcePositions(positions, tailing, p);
    tailing.start();
    r.saver.start();
    return r;
  }

  Positions positions() {
    return positions;
  }

  FileTailing tailing() {
    return tailing;
  }

  /** Applies the intervals of a configuration with the same file. */
  void become(PromtailConfig c) {
    period = c.positions().syncPeriod();
    tailing.setFrequency(c.frequency());
  }

  private void save() {
    try {
      while (!ending.await(period.toNanos(), TimeUnit.NANOSECONDS)) {
        positions.save();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Closes it, without waiting, when all entries that its jobs passed on are delivered. */
  void closeAfter(List<JobShutdown> jobs) {
    Thread.ofVirtual()
        .name("former-positions")
        .start(
            () -> {
              try {
                for (JobShutdown d : jobs) {
                  d.awaitDelivery();
                }
                close(jobs);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
  }

  /** Saves for the last time, and closes it with its jobs. */
  void close(List<JobShutdown> jobs) throws InterruptedException {
    stopSaving(); // files without a reader are not listed
    positions.save();
    JobShutdown.cut(jobs);
    close();
  }

  /** Closes it; its jobs are closed. */
  void close() {
    stopSaving();
    tailing.close();
    closed = true;
  }

  /** Whether no positions are saved any longer. */
  boolean isClosed() {
    return closed;
  }

  /** Whether it saves to the file that a configuration names. */
  boolean isOf(PromtailConfig c) {
    return file.isSameFile(c.positions());
  }

  private void stopSaving() {
    ending.countDown(); // an interrupt would close what is being written
    try {
      saver.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
