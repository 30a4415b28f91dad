package dev.tethys.collect.logs.file;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.tethys.collect.logs.EntrySink;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** All files tailed by this process: the jobs, and the shared watcher that wakes them. */
public final class FileTailing implements AutoCloseable {
  /** Maximum number of files of one job. */
  public static final int MAX_FILES = 100_000;

  /** Maximum number of open files, if the limit of the process allows it. */
  static final int MAX_OPEN = 16_384;

  /** Files of the process that others may open. */
  private static final int RESERVED = 256;

  /**
   * Poll intervals.
   *
   * @param minPoll poll interval of a file without change notifications, after a change
   * @param maxPoll the same after a long time without changes
   * @param sync interval of a complete scan
   */
  public record Frequency(Duration minPoll, Duration maxPoll, Duration sync) {
    /** Promtail's. */
    public static final Frequency DEFAULT =
        new Frequency(Duration.ofMillis(250), Duration.ofMillis(250), Duration.ofSeconds(10));
  }

  private final Positions positions;
  private final FileMetrics metrics;
  private final InstantSource clock;
  private final AtomicInteger openFiles = new AtomicInteger();
  private final List<FileJob> jobs = new CopyOnWriteArrayList<>();
  private final FileWatcher watcher;
  private final int maxOpen;

  public FileTailing(
      Frequency frequency, Positions positions, FileMetrics metrics, InstantSource clock) {
    this(frequency, positions, metrics, clock, maxOpen());
  }

  FileTailing(
      Frequency frequency,
      Positions positions,
      FileMetrics metrics,
      InstantSource clock,
      int maxOpen) {
    this.positions = positions;
    this.metrics = metrics;
    this.clock = clock;
    this.maxOpen = maxOpen;
    this.watcher = new FileWatcher(jobs, frequency);
  }

  private static int maxOpen() {
    long limit =
        ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean u
            ? u.getMaxFileDescriptorCount()
            : MAX_OPEN;
    return Math.clamp((limit - RESERVED) / 2, 16, MAX_OPEN);
  }

  /** Starts to watch. */
  public void start() {
    watcher.start();
  }

  /** Looks as often as this from now on. */
  public void setFrequency(Frequency often) {
    watcher.setFrequency(often);
  }

  /** A job without targets yet; it is to be closed before this is. */
  public FileJob job(String name, FileOptions options, EntrySink sink) {
    FileJob job = prepared(name, options, sink);
    job.start();
    return job;
  }

  FileJob prepared(String name, FileOptions options, EntrySink sink) {
    FileJob job =
        new FileJob(
            name, options, sink, positions, metrics, clock, openFiles, maxOpen, watcher::changed);
    jobs.add(job);
    return job;
  }

  /** Ends a job. */
  public void end(FileJob job) {
    jobs.remove(job);
    job.close();
    watcher.changed();
  }

  /** Checks all folders and files now. */
  void scan() {
    watcher.scanAll();
  }

  @Override
  public void close() {
    watcher.close();
    jobs.forEach(this::end);
  }
}
