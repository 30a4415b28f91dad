package dev.tethys.app.logs;

import dev.tethys.collect.logs.LogSource;
import dev.tethys.collect.logs.file.FileJob;
import dev.tethys.collect.logs.file.FileTailing;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A job that runs: its files, its other sources, the stages behind both. */
final class LogJob {
  private static final System.Logger LOG = System.getLogger(LogJob.class.getName());
  private static final long LOOK = TimeUnit.MILLISECONDS.toNanos(5);

  final PromtailConfig.ScrapeConfig config;
  final JobPipeline pipeline;
  final List<LogSource> sources;
  final FileJob files;
  private final FileTailing tailing;
  private volatile FileTargets targets = FileTargets.NONE;

  LogJob(
      PromtailConfig.ScrapeConfig config,
      JobPipeline pipeline,
      List<LogSource> sources,
      FileTailing tailing) {
    this.config = config;
    this.pipeline = pipeline;
    this.sources = sources;
    this.tailing = tailing;
    this.files = tailing.job(config.name(), config.options(), pipeline);
  }

  String name() {
    return config.name();
  }

  FileTargets targets() {
    return targets;
  }

  /** Reads what was discovered from now on. */
  void discovered(FileTargets found) {
    targets = found;
    files.targets(found.files());
  }

  /**
   * Starts the sources.
   *
   * @throws IOException when one cannot; those before it run
   */
  void start() throws IOException {
    for (LogSource s : sources) {
      s.start();
    }
  }

  /** Reads nothing more, and gives on what stages hold back; what is pushed is still taken. */
  void stopReading() {
    files.stop();
    pipeline.drain();
  }

  /** Takes nothing more from anywhere. */
  void stopSources() {
    sources.forEach(LogSource::stop);
    pipeline.drain();
  }

  /** Waits until all that was handed on is delivered, or until a time of the clock of nanos. */
  void awaitDelivery(long until) {
    while (!files.isDelivered() || !sources.stream().allMatch(LogSource::isDelivered)) {
      if (System.nanoTime() - until >= 0 || Thread.currentThread().isInterrupted()) {
        LOG.log(
            Level.WARNING,
            "not everything of job {0} is delivered: what is not is read again",
            config.name());
        return;
      }
      LockSupport.parkNanos(LOOK);
    }
  }

  /** Ends; how far it came is left with the positions. */
  void close() {
    sources.forEach(LogSource::close);
    tailing.end(files);
    pipeline.close();
  }
}
