package dev.tethys.collect.logs.file;

import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/** The open files of a job; their number is limited over all jobs. Guarded by the job. */
final class OpenFiles {
  private final FileOptions options;
  private final FileMetrics metrics;
  private final AtomicInteger ofAllJobs;
  private final int most;
  private final Set<TailedFile> open = new LinkedHashSet<>(); // those read last at the end

  OpenFiles(FileOptions options, FileMetrics metrics, AtomicInteger ofAllJobs, int most) {
    this.options = options;
    this.metrics = metrics;
    this.ofAllJobs = ofAllJobs;
    this.most = most;
  }

  /** Whether another one may be opened. */
  boolean isRoom() {
    return ofAllJobs.get() < most;
  }

  /** Opens a file; false on failure, which the file reports. */
  boolean open(TailedFile f) {
    // A file that was found compressed once, as a copy, is compressed regardless of the options.
    boolean there = open(f, f.isCompressed() ? anyCompression() : options);
    if (there) {
      f.recovered();
    }
    return there;
  }

  /** Opens a file that may be compressed regardless of the options. */
  boolean openAny(TailedFile f) {
    return open(f, anyCompression());
  }

  private boolean open(TailedFile f, FileOptions how) {
    try {
      f.open(how);
      opened(f);
      return true;
    } catch (IOException e) {
      f.fail(e);
      return false;
    }
  }

  /** A file was opened. */
  void opened(TailedFile f) {
    open.add(f);
    count(1);
  }

  /** A file is read now. */
  void used(TailedFile f) {
    open.remove(f);
    open.add(f);
  }

  void close(TailedFile f) {
    if (open.remove(f)) {
      f.close();
      count(-1);
    }
  }

  /** Closes the file that was read longest ago, if too many are open. */
  void makeRoom(Predicate<TailedFile> mayBeClosed) {
    if (ofAllJobs.get() > most) {
      open.stream().filter(mayBeClosed).findFirst().ifPresent(this::close);
    }
  }

  void closeAll() {
    List.copyOf(open).forEach(this::close);
  }

  private void count(int change) {
    metrics.openFiles.set(ofAllJobs.addAndGet(change));
  }

  /** The same options for files that may be compressed. */
  FileOptions anyCompression() {
    return new FileOptions(
        options.encoding(), Decompression.GZIP, options.decompressionDelay(), options.maxLine());
  }
}
