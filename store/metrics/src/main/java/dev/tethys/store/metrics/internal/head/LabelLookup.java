package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.store.metrics.internal.index.Expressions;
import dev.tethys.store.metrics.internal.index.Matching;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.IntIterator;
import org.roaringbitmap.RoaringBitmap;

/**
 * Label names, label values and label sets of the series in memory. Work is in proportion to the
 * series found, or to the values of the label if these are fewer; only labels that are given are
 * spelled out.
 */
public final class LabelLookup {
  /** Fewer values than this share of all are put in order by themselves. */
  private static final int FEW_SHARE = 8;

  /** The same if the overall order is known and only the marks are tested. */
  private static final int KNOWN_SHARE = 40;

  /** Bytes for names of labels, to be found again by the same matchers. */
  static final long MAX_NAMES_BYTES = 1 << 18;

  private final Head head;

  LabelLookup(Head head) {
    this.head = head;
  }

  /** Names of labels of matching series, ascending as strings are; of all without matchers. */
  public List<String> names(List<Matcher> matchers, Expressions known) {
    head.view.readLock().lock();
    try {
      LabelIndex index = head.table.index;
      if (matchers.isEmpty()) {
        return index.names();
      }
      List<String> before = head.namesFound.get(head, index.version(), matchers);
      if (before != null) {
        return before;
      }
      BitSet marks = new BitSet(index.pairCount());
      mark(index, Matching.find(index, matchers, known), marks);
      List<String> names = List.copyOf(index.namesOf(marks));
      long bytes = 64;
      for (String n : names) {
        bytes += 64 + 2L * n.length();
      }
      head.namesFound.put(head, index.version(), matchers, names, bytes);
      return names;
    } finally {
      head.view.readLock().unlock();
    }
  }

  private void mark(LabelIndex index, RoaringBitmap series, BitSet marks) {
    for (IntIterator it = series.getIntIterator(); it.hasNext(); ) {
      index.mark(head.table.list(it.next()), marks);
    }
  }

  /**
   * Values of a label of matching series, ascending by bytes; of all without matchers.
   *
   * @param limit the most values, 0 for all
   */
  public List<String> values(String name, List<Matcher> matchers, Expressions known, int limit) {
    LabelIndex index;
    LabelIndex.Values all;
    BitSet marks;
    head.view.readLock().lock();
    try {
      index = head.table.index;
      all = index.orderable(name);
      if (all == null) {
        return List.of();
      }
      if (limit > 0 && matchers.isEmpty() && all.known().length == all.all().length) {
        return pairTexts(index, index.first(all.known(), limit));
      }
      marks = marks(index, name, matchers.isEmpty() ? null : Matching.find(index, matchers, known));
    } finally {
      head.view.readLock().unlock();
    }
    int n = marks.cardinality();
    int[] ordered = isSortedAlone(n, all) ? index.inOrder(marks) : index.ordered(all);
    int most = limit <= 0 ? n : Math.min(n, limit);
    List<String> out = new ArrayList<>(most);
    for (int i = 0; out.size() < most; i++) {
      if (marks.get(ordered[i])) {
        out.add(index.pairs().value(ordered[i]));
      }
    }
    return out;
  }

  /** Whether sorting some values is cheaper than iterating over all of them in order. */
  private static boolean isSortedAlone(int n, LabelIndex.Values all) {
    boolean known = all.known().length == all.all().length;
    return n < all.all().length / (known ? KNOWN_SHARE : FEW_SHARE);
  }

  private static List<String> pairTexts(LabelIndex index, int[] pairs) {
    List<String> out = new ArrayList<>(pairs.length);
    for (int pair : pairs) {
      out.add(index.pairs().value(pair));
    }
    return out;
  }

  private BitSet marks(LabelIndex index, String name, @Nullable RoaringBitmap series) {
    BitSet marks = new BitSet(index.pairCount());
    if (series == null || index.valueCount(name) <= series.getLongCardinality()) {
      index.markValues(name, series, marks);
    } else {
      mark(index, series, marks);
      index.keepMarks(name, marks);
    }
    return marks;
  }

  /**
   * Returns the label sets of some matching series that have samples in a closed time range:
   * sorted, but not the first ones of all in this order, for which all would have to be put in
   * order.
   *
   * @param most maximum number
   */
  public List<Labels> some(
      long min, long max, List<Matcher> matchers, Expressions known, int most) {
    LabelIndex index;
    int[] lists = new int[Math.min(most, 1024)];
    int n = 0;
    head.view.readLock().lock();
    try {
      index = head.table.index;
      RoaringBitmap found = Matching.find(index, matchers, known);
      Head.Views views = head.views(found.isEmpty() ? 0 : found.last(), min, max);
      for (IntIterator it = found.getIntIterator(); n < most && it.hasNext(); ) {
        int slot = it.next();
        if (views.has(slot)) {
          lists = n == lists.length ? Arrays.copyOf(lists, n * 2) : lists;
          lists[n++] = head.table.list(slot);
        }
      }
    } finally {
      head.view.readLock().unlock();
    }
    lists = Arrays.copyOf(lists, n);
    List<Labels> out = new ArrayList<>(n);
    for (int i : SeriesOrder.of(index, lists)) {
      out.add(index.labels(lists[i]));
    }
    return out;
  }
}
