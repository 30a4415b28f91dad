package dev.tethys.store.metrics.internal.block;

import dev.tethys.model.Labels;
import dev.tethys.store.metrics.internal.index.MatchCache;
import java.util.Arrays;
import org.roaringbitmap.RoaringBitmap;

/**
 * Series of a block that matchers found, with all their chunks. Immutable, but equal labels may
 * replace others.
 *
 * @param numbers series numbers, ascending, which also orders them by labels
 * @param labels labels of each series
 * @param chunks chunks of each series in time order
 */
record FoundChunks(int[] numbers, Labels[] labels, ChunkRef[][] chunks) {
  static final FoundChunks NONE = new FoundChunks(new int[0], new Labels[0], new ChunkRef[0][]);

  /** Reads labels and chunks of series. */
  static FoundChunks of(SeriesPages pages, RoaringBitmap found) {
    int[] numbers = found.toArray();
    Labels[] labels = new Labels[numbers.length];
    ChunkRef[][] chunks = new ChunkRef[numbers.length][];
    SeriesPages.Page page = null;
    for (int i = 0; i < numbers.length; i++) {
      int n = numbers[i];
      if (page == null || !page.holds(n)) {
        page = pages.page(SeriesPages.pageOf(n));
      }
      labels[i] = page.labels(n);
      chunks[i] = page.chunks(n);
    }
    return new FoundChunks(numbers, labels, chunks);
  }

  /** Returns the approximate memory in bytes. */
  long weight() {
    long w = MatchCache.weight(labels, 64);
    for (ChunkRef[] c : chunks) {
      w += 36L * c.length;
    }
    return w;
  }

  /** Only the parts that may have samples in a closed range; this itself if all may. */
  FoundChunks in(TimeSets times, long min, long max) {
    int whole = 0;
    while (whole < chunks.length && count(times, chunks[whole], min, max) == chunks[whole].length) {
      whole++;
    }
    if (whole == chunks.length) {
      return this;
    }
    int[] n = Arrays.copyOf(numbers, numbers.length);
    Labels[] l = Arrays.copyOf(labels, numbers.length);
    ChunkRef[][] c = Arrays.copyOf(chunks, numbers.length);
    int k = whole;
    for (int i = whole; i < numbers.length; i++) {
      int some = count(times, chunks[i], min, max);
      if (some > 0) {
        n[k] = numbers[i];
        l[k] = labels[i];
        c[k++] = some == chunks[i].length ? chunks[i] : some(times, chunks[i], some, min, max);
      }
    }
    return new FoundChunks(Arrays.copyOf(n, k), Arrays.copyOf(l, k), Arrays.copyOf(c, k));
  }

  private static int count(TimeSets times, ChunkRef[] chunks, long min, long max) {
    int n = 0;
    for (ChunkRef c : chunks) {
      n += times.overlaps(c.set(), min, max) ? 1 : 0;
    }
    return chunks.length == 0 ? -1 : n;
  }

  private static ChunkRef[] some(TimeSets times, ChunkRef[] chunks, int n, long min, long max) {
    ChunkRef[] out = new ChunkRef[n];
    int k = 0;
    for (ChunkRef c : chunks) {
      if (times.overlaps(c.set(), min, max)) {
        out[k++] = c;
      }
    }
    return out;
  }
}
