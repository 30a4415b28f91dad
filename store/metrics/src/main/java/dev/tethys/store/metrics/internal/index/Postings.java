package dev.tethys.store.metrics.internal.index;

import dev.tethys.model.Matcher;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/**
 * Postings: the series of each label, from which matchers are evaluated. Returned bitmaps are
 * shared and must not be modified.
 */
public interface Postings {
  /** The label names, of which each has at least one series. */
  java.util.List<String> names();

  /** Returns the numbers of all series. */
  RoaringBitmap all();

  /** Series with this label value; null or empty if there is none. */
  @Nullable RoaringBitmap of(String name, String value);

  /**
   * Calls back for each value of a label that starts with a prefix and may have series, in any
   * order.
   */
  void values(String name, String prefix, ValueVisitor to);

  /**
   * All series with a value that meets a matcher, or that does not.
   *
   * @param wanted whether the value has to meet it
   * @param known earlier results
   */
  default RoaringBitmap join(Matcher m, boolean wanted, Expressions known) {
    RoaringBitmap out = new RoaringBitmap();
    values(
        m.name(),
        "",
        (number, value, postings) -> {
          if (m.matches(value) == wanted) {
            out.or(postings.get());
          }
        });
    return out;
  }

  /** Receives one value of a label. */
  @FunctionalInterface
  interface ValueVisitor {
    /**
     * @param number number assigned to this name and value only, stable for the life of the index
     */
    void value(int number, String value, Supplier<RoaringBitmap> postings);
  }
}
