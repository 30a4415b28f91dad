package dev.tethys.collect.logs.file;

import dev.tethys.model.logs.LogEntry;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Lines of a file that were read together, and the position to save once all of them are delivered.
 *
 * <p>Invariant: until the block is closed, {@code owed} is {@link #OPEN} plus the entries given
 * minus those settled; afterwards it is the number of entries not yet settled.
 */
final class Block implements LogEntry.Origin {
  private static final int OPEN = 1 << 30;

  private final Progress progress;
  private final AtomicInteger unsettled = new AtomicInteger(OPEN);
  private @Nullable Checkpoint end; // set before the block is closed

  private final int epoch;

  Block(Progress progress, int epoch) {
    this.progress = progress;
    this.epoch = epoch;
  }

  /** Number of the file's content, counted over truncations. */
  int epoch() {
    return epoch;
  }

  @Override
  public void settled() {
    settled(1);
  }

  @Override
  public void settled(int entries) {
    if (unsettled.addAndGet(-entries) == 0) {
      progress.advance();
    }
  }

  /** Closes the block: no more entries follow. */
  void close(int entries, Checkpoint at) {
    end = at;
    if (unsettled.addAndGet(entries - OPEN) == 0) {
      progress.advance();
    }
  }

  boolean isDone() {
    return unsettled.get() == 0;
  }

  @Nullable Checkpoint end() {
    return end;
  }
}
