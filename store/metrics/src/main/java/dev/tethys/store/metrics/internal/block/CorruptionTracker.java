package dev.tethys.store.metrics.internal.block;

import dev.tethys.model.storage.StorageException;
import dev.tethys.store.files.DamageException;
import dev.tethys.store.metrics.internal.encoding.UnreadException;
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
 * What of a block turned out to be damaged since it was opened: told in the log once, and kept for
 * who asks. What the disk did not give is told, too, but is no damage: it may give it next time.
 * Safe for several threads.
 */
final class CorruptionTracker {
  /** Further places are neither told nor kept: one who mends the block mends them all. */
  private static final int MAX_PLACES = 20;

  private static final Logger LOG = System.getLogger(CorruptionTracker.class.getName());

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

  /** How often the disk did not give what was asked for. */
  long failures() {
    return failures.get();
  }

  /** A sentence for each damaged place, with what to do. */
  List<String> texts() {
    return places.stream().map(this::text).toList();
  }

  /**
   * Reads something; false when damage ended that.
   *
   * @param lost is told, the same text each time
   */
  boolean passOver(Runnable read, Consumer<String> lost) {
    try {
      read.run();
      return true;
    } catch (DamageException | IndexOutOfBoundsException | NegativeArraySizeException e) {
      return passedOver(e, lost);
    } catch (InternalError e) {
      return passedOver(new UnreadException(e), lost);
    }
  }

  /** Reads something for who cannot pass over damage. */
  <T> T guard(Supplier<T> read) {
    try {
      return read.get();
    } catch (DamageException | IndexOutOfBoundsException | NegativeArraySizeException e) {
      note(e);
      throw refusal(e);
    } catch (InternalError e) {
      UnreadException unread = new UnreadException(e);
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
    if (e instanceof UnreadException) {
      failures.incrementAndGet();
      if (unread.size() < MAX_PLACES && unread.add(place)) {
        LOG.log(
            Level.ERROR,
            "block "
                + folder.get()
                + " cannot be read: "
                + place
                + ". Queries answer without what stands there and say so; it is tried again, and"
                + " neither merged nor downsampled until it can be read. See to the disk");
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
        + ". Queries answer without what stands there and say so; the block is neither merged nor"
        + " downsampled, and goes when its time is over. To mend it, stop the server and put the"
        + " folder back from a backup; tethys tool tsdb verify tells all that is damaged";
  }

  /** What the reader of an answer is told, whatever the place. */
  private String warning(RuntimeException e) {
    return "block "
        + folder.get().getFileName()
        + (e instanceof UnreadException ? " cannot be read" : " is damaged")
        + ": samples that stood in it are missing from this answer";
  }

  private StorageException refusal(RuntimeException e) {
    return e instanceof UnreadException
        ? new StorageException(
            StorageException.Reason.UNAVAILABLE,
            "block "
                + folder.get()
                + " cannot be read: "
                + e.getMessage()
                + ". See to the disk and ask again",
            e)
        : new StorageException(
            StorageException.Reason.CORRUPT,
            "block "
                + folder.get()
                + " is damaged: "
                + e.getMessage()
                + ". Restore it from a backup, or move the folder away to answer without it",
            e);
  }
}
