package dev.tethys.store.metrics.internal.block;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.cancellation.Cancellation;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.Function;
import org.roaringbitmap.IntIterator;
import org.roaringbitmap.RoaringBitmap;

/**
 * Label names and values of a block's series. Work is in proportion to the series found, or to the
 * values of the label if these are fewer.
 */
public final class BlockLabels {
  private final Dictionary dictionary;
  private final BlockPostings postings;
  private final SeriesPages pages;
  private final TimeSets times;
  private final Function<List<Matcher>, RoaringBitmap> finder;

  /**
   * Of a block.
   *
   * @param finder numbers of the series that meet matchers
   */
  BlockLabels(
      Dictionary dictionary,
      BlockPostings postings,
      SeriesPages pages,
      TimeSets times,
      Function<List<Matcher>, RoaringBitmap> finder) {
    this.dictionary = dictionary;
    this.postings = postings;
    this.pages = pages;
    this.times = times;
    this.finder = finder;
  }

  /** Names of labels of matching series, ascending by bytes; of all without matchers. */
  public List<String> names(List<Matcher> matchers) {
    return matchers.isEmpty()
        ? postings.names()
        : dictionary.namesOf(marks(finder.apply(matchers)));
  }

  /**
   * Values of a label of matching series, ascending by bytes; of all without matchers.
   *
   * @param limit the most values, 0 for all
   */
  public List<String> values(String name, List<Matcher> matchers, int limit) {
    BitSet marks = new BitSet();
    int first = dictionary.first(name);
    int end = first + dictionary.count(name);
    if (matchers.isEmpty()) {
      marks.set(first, end);
    } else {
      RoaringBitmap found = finder.apply(matchers);
      if (end - first > found.getLongCardinality()) {
        marks = marks(found);
      } else if (!found.isEmpty()) {
        for (int pair = first; pair < end; pair++) {
          marks.set(pair, RoaringBitmap.intersects(found, postings.get(pair)));
        }
      }
    }
    List<String> out = new ArrayList<>();
    dictionary.values(
        name,
        marks::get,
        value -> {
          out.add(value);
          return limit <= 0 || out.size() < limit;
        });
    return out;
  }

  /**
   * Returns the first label sets of matching series that have chunks in a closed time range,
   * ascending.
   *
   * @param most maximum number
   */
  public List<Labels> some(long min, long max, List<Matcher> matchers, int most) {
    List<Labels> out = new ArrayList<>();
    SeriesPages.Page page = null;
    IntIterator it = finder.apply(matchers).getIntIterator();
    while (out.size() < most && it.hasNext()) {
      int s = it.next();
      if (page == null || !page.holds(s)) {
        Cancellation.check();
        page = pages.page(SeriesPages.pageOf(s));
      }
      if (isIn(page.chunks(s), min, max)) {
        out.add(page.labels(s));
      }
    }
    return out;
  }

  private boolean isIn(ChunkRef[] chunks, long min, long max) {
    for (ChunkRef c : chunks) {
      if (times.overlaps(c.set(), min, max)) {
        return true;
      }
    }
    return false;
  }

  private BitSet marks(RoaringBitmap series) {
    BitSet out = new BitSet(dictionary.pairs());
    SeriesPages.Page page = null;
    for (IntIterator it = series.getIntIterator(); it.hasNext(); ) {
      int s = it.next();
      if (page == null || !page.holds(s)) {
        page = pages.page(SeriesPages.pageOf(s));
      }
      for (int pair : page.pairs(s)) {
        out.set(pair);
      }
    }
    return out;
  }
}
