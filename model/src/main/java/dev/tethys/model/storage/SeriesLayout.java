package dev.tethys.model.storage;

import java.util.function.Supplier;

/**
 * Fixed order of the series of one source, the same from one scrape to the next, so that a writer
 * computes their encoding only once. Thread-safe.
 */
public interface SeriesLayout {
  /** Receives the series one after another. */
  @FunctionalInterface
  interface Visitor {
    /** A series by canonical bytes of its labels, see {@link dev.tethys.model.Labels}. */
    void series(byte[] buf, int offset, int length);
  }

  /** Returns the number of series. */
  int size();

  /** Passes all series in their order. */
  void forEach(Visitor to);

  /**
   * A value derived from this layout and kept for as long as the layout lives; if there are several
   * keys, the oldest is evicted.
   *
   * @param by identifies the kind of value by {@code equals}
   * @param make called if there is no value yet
   */
  <T> T kept(Object by, Supplier<T> make);
}
