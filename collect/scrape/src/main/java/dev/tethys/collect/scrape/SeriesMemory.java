package dev.tethys.collect.scrape;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.Appender;
import java.util.function.LongConsumer;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Series of one target between scrapes, found by a hash of the raw bytes that name them.
 *
 * <p>A scrape is {@link #begin()}, lookups and {@link #track}s, then {@link #succeed} or {@link
 * #fail}. Not thread-safe.
 */
interface SeriesMemory {
  /** The appender for a scrape whose samples all have its time, over the sink's. */
  default Appender steady(Appender to) {
    return to;
  }

  /** Starts a scrape. */
  void begin();

  /** The slot of a key; negative when it is unknown. Slots hold until the scrape ends. */
  int find(long hash);

  /** Length of the next key if the page equals the last one; 0 if unknown. */
  default int expectedLength() {
    return 0;
  }

  /** Returns the hash of the expected key. */
  default long expectedHash() {
    throw new IllegalStateException("no key is expected");
  }

  /** Receives the length of a slot's key. */
  default void keyLength(int slot, int length) {}

  /** Marks a slot as seen in this scrape; returns true if it had been already. */
  boolean seen(int slot);

  /** Whether relabelling drops the series. */
  boolean isDropped(int slot);

  /** Returns the reference used to append to the series. */
  long reference(int slot, Appender app);

  /** Sets the reference of the series. */
  void reference(int slot, long reference);

  /**
   * Adds a key that {@link #find} did not find, seen in this scrape; gives its slot.
   *
   * @param labels null for a series that relabelling drops
   */
  int add(long hash, long reference, @Nullable Labels labels);

  /** Records that the series has a sample in this scrape and must be ended when it disappears. */
  void track(int slot, boolean histogram);

  /** Whether the last good scrape had noted the series as one to be ended. */
  boolean wasTracked(int slot);

  /** The start timestamp last used for a series, 0 if none. */
  long start(int slot);

  void start(int slot, long start);

  /** Start of a series whose target exposes none; null if it exposes one. */
  @Nullable SynthesizedStart synthesized(int slot);

  void synthesized(int slot, @Nullable SynthesizedStart start);

  /** Handles ended series. */
  interface Ended {
    void series(long reference, boolean histogram);
  }

  /**
   * Iterates over the series of the last successful scrape that are absent from the current one.
   */
  void forEachVanished(Appender app, Ended to);

  /**
   * Passes each series of the last successful scrape except those that another target has taken
   * over.
   */
  void forEachTracked(Appender app, LongPredicate takenOver, Ended to);

  /** Visits the identities of the series in the last good scrape, unordered. */
  void forEachTrackedIdentity(LongConsumer to);

  /** Ends a successful scrape: series that it did not have are removed. */
  void succeed();

  /**
   * Ends a scrape that stored nothing: all series become absent. True if the memory had to be
   * flushed, because failing scrapes with ever new labels made it grow.
   */
  boolean fail();

  int size();
}
