package dev.tethys.collect.observe.container;

import dev.tethys.collect.observe.process.ProcessFiles.Mount;
import java.io.File;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Sizes of the file systems of mounts, read through the root directory of a process by separate
 * threads: a dead disk or server may hang a reading forever. The reader waits for a moment, and not
 * again until the reading has ended.
 */
final class DiskSizes {
  private static final int MAX_HANGING = 4;
  private static final int MAX_KNOWN = 4096;
  private static final long PATIENCE_MILLIS = 500;
  private static final long MILLI = 1_000_000;
  private static final long FRESH_NANOS = 5_000_000_000L;

  /**
   * Size of a file system in bytes.
   *
   * @param reserved space reserved for the superuser: free, but not available to other users
   */
  record Size(double total, double used, double reserved) {}

  private record Key(String device, String source) {}

  private record Known(@Nullable Size size, long time, boolean reading) {}

  private final Path proc;
  private final LongSupplier nanos;
  private final Function<File, @Nullable Size> reader;
  private final Map<Key, Known> known = new ConcurrentHashMap<>();
  private final ThreadPoolExecutor threads =
      new ThreadPoolExecutor(
          0,
          MAX_HANGING,
          10,
          TimeUnit.SECONDS,
          new SynchronousQueue<>(),
          r -> Thread.ofPlatform().name("observe-disks").daemon().unstarted(r));

  /**
   * @param proc mount point of /proc
   * @param nanos clock that does not go back
   */
  DiskSizes(Path proc, LongSupplier nanos) {
    this(proc, nanos, DiskSizes::read);
  }

  DiskSizes(Path proc, LongSupplier nanos, Function<File, @Nullable Size> reader) {
    this.proc = proc;
    this.nanos = nanos;
    this.reader = reader;
  }

  private static @Nullable Size read(File folder) {
    double total = folder.getTotalSpace(); // 0 when it cannot be read
    double free = folder.getFreeSpace();
    return total == 0 ? null : new Size(total, total - free, free - folder.getUsableSpace());
  }

  /**
   * Size of a mount; null if it cannot be read, or not in time.
   *
   * @param process a process that has it mounted
   */
  @Nullable Size of(int process, Mount m) {
    // Mounts of the same part of a device have one size; a project of a file system may have a
    // different one.
    Key key = new Key(m.device(), m.source());
    long now = nanos.getAsLong();
    Known k = known.get(key);
    if (k != null && k.reading) {
      return now - k.time < PATIENCE_MILLIS * MILLI ? k.size : null;
    }
    if (k != null && now - k.time < FRESH_NANOS) {
      return k.size;
    }
    if (known.size() >= MAX_KNOWN) {
      known.values().removeIf(other -> !other.reading);
    }
    Known marker = new Known(k == null ? null : k.size, now, true);
    if (k == null ? known.putIfAbsent(key, marker) != null : !known.replace(key, k, marker)) {
      return k == null ? null : k.size; // another thread has begun to read it
    }
    File folder = proc.resolve(process + "/root" + m.mountPoint()).toFile();
    FutureTask<@Nullable Size> reading =
        new FutureTask<>(
            () -> {
              Size size = null;
              try {
                size = reader.apply(folder);
              } finally {
                known.put(key, new Known(size, nanos.getAsLong(), false));
              }
              return size;
            });
    try {
      threads.execute(reading);
      return reading.get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      known.put(key, new Known(null, now, false)); // all threads hang
      return null;
    } catch (TimeoutException | ExecutionException e) {
      return null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    }
  }
}
