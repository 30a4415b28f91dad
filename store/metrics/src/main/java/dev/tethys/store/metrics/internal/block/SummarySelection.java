package dev.tethys.store.metrics.internal.block;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.Summaries;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * Chosen series of a downsampled block, within a part of its time range. Holds a reference to the
 * block until it is closed.
 */
final class SummarySelection implements SourceSelection {
  private final BlockReader block;
  private final Tombstones dead;
  private final Labels[] labels;
  private final ChunkRef[][] series;
  private final int[] numbers;
  private final long from;
  private final long to;
  private final long fill;
  private final Consumer<String> lost;
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * Selects the found series that have chunks in a closed time range.
   *
   * @param from rows start at or after this time
   * @param to rows end at or before this time
   * @param fill see {@link SummaryReader#readKept}
   * @param lost notified when chunks are omitted for damage
   */
  SummarySelection(
      BlockReader block,
      FoundChunks found,
      long min,
      long max,
      long from,
      long to,
      long fill,
      Consumer<String> lost) {
    this.lost = lost;
    this.block = block;
    this.dead = block.tombstones();
    this.from = from;
    this.to = to;
    this.fill = fill;
    SummaryReader r = block.summaries();
    FoundChunks in = found.in(block.times(), Math.max(from, r.begin(min)), r.end(max));
    labels = in.labels();
    series = in.chunks();
    numbers = in.numbers();
  }

  @Override
  public int size() {
    return labels.length;
  }

  @Override
  public Labels labels(int i) {
    return labels[i];
  }

  @Override
  public void adopt(int i, Labels same) {
    labels[i] = same;
  }

  @Override
  public boolean isDownsampled() {
    return true;
  }

  @Override
  public void read(int i, long min, long max, SampleBuffer into) {
    for (ChunkRef c : series[i]) {
      int before = into.size;
      if (!block.passOver(
          () -> block.summaries().readKept(c, Math.max(min, from), Math.min(max, to), fill, into),
          lost)) {
        into.size = before;
      }
    }
    dead.erase(numbers[i], into);
  }

  @Override
  public void readSummaries(int i, long min, long max, Summaries into, SampleBuffer histograms) {
    SummaryReader r = block.summaries();
    int at = into.size;
    for (ChunkRef c : series[i]) {
      int rows = into.size;
      int samples = histograms.size;
      if (!block.passOver(
          () -> r.read(c, Math.max(r.begin(min), from), Math.min(r.end(max), to), into, histograms),
          lost)) {
        into.size = rows;
        histograms.size = samples;
      }
    }
    // A row that the part of another resolution begins or ends within is that one's.
    int n = at;
    for (int k = at; k < into.size; k++) {
      if (into.firstTimes[k] >= from && into.lastTimes[k] <= to) {
        into.copy(into, k, n++);
      }
    }
    into.size = n;
    dead.erase(numbers[i], at, into);
    dead.erase(numbers[i], histograms);
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      block.release();
    }
  }
}
