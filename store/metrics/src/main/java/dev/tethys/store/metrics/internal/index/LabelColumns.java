package dev.tethys.store.metrics.internal.index;

import java.util.List;
import org.roaringbitmap.RoaringBitmap;

/**
 * Labels of a series set, read one column at a time, for counting series without creating their
 * label sets. Values appear as hashes ({@link PairHash}) that are the same in every part.
 */
public interface LabelColumns {
  /** Returns the highest number of a series, plus one. */
  int numbers();

  /** Returns the series that count. */
  RoaringBitmap series();

  /** Names of labels that some of them may have. */
  List<String> names();

  /**
   * Writes the hash of each series' value of a label; nothing for series without it.
   *
   * @param into output array; must hold at least {@link #numbers} entries
   */
  void hashes(String name, long[] into);

  /** Visits the values of a label that start with a prefix and have series that count. */
  void values(String name, String prefix, ValueVisitor to);

  /** Receives one value of a label. */
  @FunctionalInterface
  interface ValueVisitor {
    void value(String value, long hash, int series);
  }
}
