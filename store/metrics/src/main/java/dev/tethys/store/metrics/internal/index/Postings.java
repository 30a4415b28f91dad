package dev.tethys.store.metrics.internal.index;

import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/**
 * Which series have which label: what matchers are answered from. Bitmaps it gives are shared:
 * read, never write.
 */
public interface Postings {
  /** The label names, of which each has at least one series. */
  java.util.List<String> names();

  /** All series. */
  RoaringBitmap all();

  /** Series with this label value; null or empty when there is none. */
  @Nullable RoaringBitmap of(String name, String value);

  /**
   * Calls back for each value of a label that starts with a prefix and may have series, in any
   * order.
   */
  void values(String name, String prefix, BiConsumer<String, Supplier<RoaringBitmap>> to);
}
