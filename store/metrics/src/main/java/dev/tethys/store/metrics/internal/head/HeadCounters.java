package dev.tethys.store.metrics.internal.head;

import java.util.concurrent.atomic.LongAdder;

/** Counters of events in the head since its creation. */
public final class HeadCounters {
  public final LongAdder floats = new LongAdder();
  public final LongAdder histograms = new LongAdder();
  public final LongAdder late = new LongAdder();
  public final LongAdder created = new LongAdder();
  public final LongAdder removed = new LongAdder();
  public final LongAdder limited = new LongAdder();

  public final LongAdder outOfOrder = new LongAdder();
  public final LongAdder outOfBounds = new LongAdder();
  public final LongAdder tooOld = new LongAdder();

  /** Samples that met another of the same time while two batches raced, and were not stored. */
  public final LongAdder raced = new LongAdder();

  /** Commits that were rejected because memory was used up. */
  public final LongAdder refusedCommits = new LongAdder();

  /** Writes of the log that failed. */
  public final LongAdder logFailures = new LongAdder();

  /** Samples for a reference that no longer has a series. */
  public final LongAdder notFound = new LongAdder();

  /** Samples of the log whose series is unknown. */
  public final LongAdder orphans = new LongAdder();
}
