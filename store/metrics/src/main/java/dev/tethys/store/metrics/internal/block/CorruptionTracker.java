package dev.tethys.store.metrics.internal.block;

import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.StorageException;
import dev.tethys.store.files.CorruptionException;
import dev.tethys.store.metrics.internal.encoding.TransientReadException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Damage of a block found since it was opened: logged once, and kept for status requests. Read
 * errors of the disk are also reported, but do not count as damage: a later read may succeed.
 * Thread-safe.
 */
final class CorruptionTracker {
  /** Further positions are neither logged nor kept: repairing the block repairs them all. */
  private static final int MAX_PLACES = 20;

  private static final Logger LOG = JulLogger.of(CorruptionTracker.class.getName());

  private final Supplier<Path> folder;
  private final Set<String> places = new ConcurrentSkipListSet<>();
  private final Set<String> unread = new ConcurrentSkipListSet<>();
  private final AtomicLong failures = new AtomicLong();

  CorruptionTracker(Supplier<Path> folder) {
    this.folder = folder;
  }

  boolean isEmpty() {
    return places.isEmpty();
  }

  /** Returns the number of reads that the disk failed. */
  long failures() {
    return failures.get();
  }

  /** A sentence for each damaged place, with the remedy. */
  List<String> texts() {
    return places.stream().map(this::text).toList();
  }

  /**
   * Reads something; returns false if damage ended that.
   *
   * @param lost receives the same text each time
   */
  boolean passOver(Runnable read, Consumer<String> lost) {
    try {
      read.run();
      return true;
    } catch (CorruptionException | IndexOutOfBoundsException | NegativeArraySizeException e) {
      return passedOver(e, lost);
    } catch (InternalError e) {
      return passedOver(new TransientReadException(e), lost);
    }
  }

  /** Reads data for callers that cannot skip damage. */
  <T> T guard(Supplier<T> read) {
    try {
      return read.get();
    } catch (CorruptionException | IndexOutOfBoundsException | NegativeArraySizeException e) {
      note(e);
      throw refusal(e);
    } catch (InternalError e) {
      TransientReadException unread = new TransientReadException(e);
      note(unread);
      throw refusal(unread);
    }
  }

  private boolean passedOver(RuntimeException e, Consumer<String> lost) {
    note(e);
    lost.accept(warning(e));
    return false;
  }

  private void note(RuntimeException e) {
    String place = String.valueOf(e.getMessage());
    if (e instanceof TransientReadException) {
      failures.incrementAndGet();
      if (unread.size() < MAX_PLACES && unread.add(place)) {
        LOG.log(
            Level.ERROR,
            "block "
                + folder.get()
                + " cannot be read: "
                + place
                + ". Queries continue without this data and return a warning; reads are retried,"
                + " and the block is neither merged nor downsampled until it can be read. Check the"
                + " disk");
      }
    } else if (places.size() < MAX_PLACES && places.add(place)) {
      LOG.log(Level.ERROR, text(place));
    }
  }

  private String text(String place) {
    return "block "
        + folder.get()
        + " is damaged: "
        + place
        + ". Queries continue without this data and return a warning; the block is neither merged"
        + " nor downsampled, and is removed when its retention ends. To repair it, stop the server"
        + " and restore the folder from a backup; tethys tool tsdb verify lists all damage";
  }

  /** Returns the warning for the reader of a response, without the location. */
  private String warning(RuntimeException e) {
    return "block "
        + folder.get().getFileName()
        + (e instanceof TransientReadException ? " cannot be read" : " is damaged")
        + ": its samples are missing from this result";
  }

  private StorageException refusal(RuntimeException e) {
    return e instanceof TransientReadException
        ? new StorageException(
            StorageException.Reason.UNAVAILABLE,
            "block "
                + folder.get().getFileName()
                + " cannot be read: "
                + e.getMessage()
                + ". Check the disk and retry",
            e)
        : new StorageException(
            StorageException.Reason.CORRUPT,
            "block "
                + folder.get().getFileName()
                + " is damaged: "
                + e.getMessage()
                + ". Restore it from a backup, or move the folder away to continue without it",
            e);
  }
}
