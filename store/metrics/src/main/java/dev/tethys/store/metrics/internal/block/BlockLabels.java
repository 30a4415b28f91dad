package dev.tethys.store.metrics.internal.block;

import dev.tethys.model.Matcher;
import dev.tethys.store.metrics.internal.index.Matching;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.roaringbitmap.IntIterator;
import org.roaringbitmap.RoaringBitmap;

/**
 * Label names and label values of the series of a block. Work is in proportion to the series found,
 * or to the values of the label if these are fewer.
 */
public final class BlockLabels {
  private final Dictionary dictionary;
  private final BlockPostings postings;
  private final SeriesPages pages;

  BlockLabels(Dictionary dictionary, BlockPostings postings, SeriesPages pages) {
    this.dictionary = dictionary;
    this.postings = postings;
    this.pages = pages;
  }

  /** Names of labels of matching series, ascending by bytes; of all without matchers. */
  public List<String> names(List<Matcher> matchers) {
    return matchers.isEmpty()
        ? postings.names()
        : dictionary.namesOf(marks(Matching.find(postings, matchers)));
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
      RoaringBitmap found = Matching.find(postings, matchers);
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
