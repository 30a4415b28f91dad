package dev.tethys.store.metrics.internal.block;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.Summaries;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.ObjIntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads all series of a block in order on a single thread, holding only one page of series at a
 * time. Holds a reference to the block until it is closed.
 */
public final class BlockPass implements SourceSelection {
  private final BlockReader block;
  private final Tombstones dead;
  private final AtomicBoolean closed = new AtomicBoolean();
  private SeriesPages.@Nullable Page page;

  BlockPass(BlockReader block) {
    this.block = block;
    this.dead = block.tombstones();
  }

  private SeriesPages.Page page(int series) {
    SeriesPages.Page p = page;
    if (p == null || !p.holds(series)) {
      p = block.guard(() -> block.pages().page(SeriesPages.pageOf(series)));
      page = p;
    }
    return p;
  }

  @Override
  public int size() {
    return (int) block.meta().series();
  }

  @Override
  public Labels labels(int i) {
    return block.guard(() -> page(i).labels(i));
  }

  @Override
  public void read(int i, long min, long max, SampleBuffer into) {
    SeriesPages.Page p = page(i);
    boolean summaries = block.meta().resolution() > 0;
    block.guard(
        () -> {
          for (ChunkRef c : p.chunks(i, min, summaries ? block.summaries().end(max) : max)) {
            if (summaries) {
              block.summaries().readKept(c, min, max, 0, into);
            } else {
              block.chunks().read(c, min, max, into);
            }
          }
          return "";
        });
    dead.erase(i, into);
  }

  /**
   * Yields the chunks of a series one by one, with their bytes; they include deleted samples.
   *
   * @param part a buffer for the samples of one chunk
   * @throws IllegalStateException for a downsampled block, whose chunks hold no samples
   */
  public void readChunks(int i, SampleBuffer part, ObjIntConsumer<SampleBuffer> to) {
    if (block.meta().resolution() > 0) {
      throw new IllegalStateException("a downsampled block has no chunks of samples");
    }
    SeriesPages.Page p = page(i);
    ChunkRef[] chunks = block.guard(() -> p.chunks(i, Long.MIN_VALUE, Long.MAX_VALUE));
    for (ChunkRef c : chunks) {
      part.clear();
      block.guard(
          () -> {
            block.chunks().read(c, Long.MIN_VALUE, Long.MAX_VALUE, part);
            return "";
          });
      to.accept(part, c.length());
    }
  }

  @Override
  public void readSummaries(int i, long min, long max, Summaries into, SampleBuffer histograms) {
    if (block.meta().resolution() == 0) {
      SourceSelection.super.readSummaries(i, min, max, into, histograms);
      return;
    }
    SeriesPages.Page p = page(i);
    int at = into.size;
    block.guard(
        () -> {
          for (ChunkRef c : p.chunks(i, min, block.summaries().end(max))) {
            block.summaries().read(c, min, max, into, histograms);
          }
          return "";
        });
    dead.erase(i, at, into);
    dead.erase(i, histograms);
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      block.release();
    }
  }
}
