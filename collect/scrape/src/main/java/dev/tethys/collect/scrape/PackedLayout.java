package dev.tethys.collect.scrape;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.compression.SimilarBytes;
import dev.tethys.model.storage.SeriesLayout;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Series of a target's page and the scrape's own series, in scrape order; labels are compressed
 * like in {@link PackedSeries}.
 */
final class PackedLayout implements SeriesLayout {
  /**
   * Maximum number of makers whose results are cached: destinations with different external labels,
   * and a few more.
   */
  private static final int MAX_KEPT = 8;

  private final SimilarBytes packed;
  private final int size;

  @GuardedBy("itself")
  private final Map<Object, Object> kept = new LinkedHashMap<>();

  /**
   * Creates the layout from packed labels.
   *
   * @param packed {@code uvarint(length) canonical labels} of each series; length 0 means no entry
   * @param size number of series
   */
  PackedLayout(SimilarBytes packed, int size) {
    this.packed = packed;
    this.size = size;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public void forEach(Visitor to) {
    byte[] r = packed.open();
    for (int p = 0; p < r.length; ) {
      int n = PackedSeries.length(r, p);
      p = PackedSeries.after(r, p);
      if (n > 0) {
        to.series(r, p, n);
      }
      p += n;
    }
  }

  @Override
  @SuppressWarnings("unchecked") // what is kept by a maker is what that maker made
  public <T> T kept(Object by, Supplier<T> make) {
    synchronized (kept) {
      Object known = kept.get(by);
      if (known == null) {
        known = make.get();
        kept.put(by, known);
        if (kept.size() > MAX_KEPT) {
          kept.remove(kept.keySet().iterator().next());
        }
      }
      return (T) known;
    }
  }
}
