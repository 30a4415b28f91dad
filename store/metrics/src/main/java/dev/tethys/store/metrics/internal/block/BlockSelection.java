package dev.tethys.store.metrics.internal.block;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.StepWindows;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Chosen series of a block. Holds a reference to the block until it is closed. */
final class BlockSelection implements SourceSelection {
  private final BlockReader block;
  private final Tombstones dead;
  private final Labels[] labels;
  private final ChunkRef[][] series;
  private final int[] numbers;
  private final @Nullable WindowSlices windows;
  private final Consumer<String> lost;
  private final Map<List<Integer>, Integer> setLists = new ConcurrentHashMap<>();
  private final AtomicInteger setListCount = new AtomicInteger();
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * Selects the found series that have chunks in a closed time range.
   *
   * @param windows outside which floats are omitted; null if none
   * @param lost notified when chunks are omitted for damage
   */
  BlockSelection(
      BlockReader block,
      FoundChunks found,
      long min,
      long max,
      @Nullable StepWindows windows,
      Consumer<String> lost) {
    this.windows = windows == null ? null : new WindowSlices(windows);
    this.lost = lost;
    this.block = block;
    this.dead = block.tombstones();
    FoundChunks in = found.in(block.times(), min, max);
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
  public void read(int i, long min, long max, SampleBuffer into) {
    for (ChunkRef c : series[i]) {
      int before = into.size;
      if (!block.passOver(() -> block.chunks().read(c, min, max, windows, into), lost)) {
        into.size = before;
      }
    }
    dead.erase(numbers[i], into);
  }

  @Override
  public boolean readsBehind(int i) {
    return !dead.touches(numbers[i]);
  }

  @Override
  public void readTimes(int i, long min, long max, SampleBuffer into) {
    if (dead.touches(numbers[i]) || special(series[i])) {
      read(i, min, max, into);
      return;
    }
    for (ChunkRef c : series[i]) {
      int before = into.size;
      if (!block.passOver(() -> block.chunks().readTimes(c, min, max, windows, into), lost)) {
        into.size = before;
      }
    }
  }

  private static boolean special(ChunkRef[] chunks) {
    for (ChunkRef c : chunks) {
      if (c.special()) {
        return true;
      }
    }
    return false;
  }

  @Override
  public long timesKey(int i) {
    ChunkRef[] c = series[i];
    if (dead.touches(numbers[i]) || special(c)) {
      return 0;
    }
    if (c.length == 1) {
      return c[0].set() + 1L;
    }
    List<Integer> sets = new ArrayList<>(c.length);
    for (ChunkRef x : c) {
      sets.add(x.set());
    }
    return 1L << 40 | setLists.computeIfAbsent(sets, k -> setListCount.incrementAndGet());
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      block.release();
    }
  }
}
