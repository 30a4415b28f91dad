package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.Matcher;
import dev.tethys.model.cancellation.Cancellation;
import dev.tethys.model.regex.ByteSearch;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the values of a label that can meet an expression by the literals of the expression. Bytes
 * of labels are contiguous, so a single search through them takes a tenth of the time of testing
 * each value.
 */
final class LiteralScan {
  /** Fewer values are tested one by one. */
  static final int MIN_VALUES = 256;

  /** Bytes that are searched in the time of one test. */
  private static final int BYTES_OF_A_TEST = 200;

  private final PairTable table;
  private final int[] pairs;
  private final int end;
  private final BitSet found;

  private LiteralScan(PairTable table, int[] pairs, int end) {
    this.table = table;
    this.pairs = pairs;
    this.end = end;
    this.found = new BitSet(end);
  }

  /**
   * Positions of the values that can meet a matcher's expression; null if each has to be tested.
   * Needs no lock.
   *
   * @param pairs pairs of a single label, ascending
   * @param begin the first position
   * @param end the position after the last one
   */
  static @Nullable BitSet find(PairTable table, int[] pairs, int begin, int end, Matcher m) {
    if (end - begin < MIN_VALUES) {
      return null;
    }
    List<ByteSearch> choices = m.requiredChoices();
    long bytes = (long) table.endAddress(pairs[end - 1]) - table.address(pairs[begin]);
    if (choices.isEmpty() || bytes * choices.size() > (long) BYTES_OF_A_TEST * (end - begin)) {
      return null; // other labels have most of these bytes
    }
    LiteralScan scan = new LiteralScan(table, pairs, end);
    for (ByteSearch s : choices) {
      scan.search(s, begin);
    }
    return scan.found;
  }

  private void search(ByteSearch sought, int begin) {
    int at = table.address(pairs[begin]);
    int last = table.endAddress(pairs[end - 1]);
    int i = begin;
    while (at < last) {
      Cancellation.check();
      int page = at & -ByteArena.PAGE;
      int endOfPage = (int) Math.min(last, (long) page + ByteArena.PAGE);
      i = searchPage(sought, i, at, endOfPage);
      if (i == end) {
        return;
      }
      at = Math.max(endOfPage, table.address(pairs[i]));
    }
  }

  /** Returns the position of the first value that may be after the page. */
  private int searchPage(ByteSearch sought, int first, int from, int to) {
    byte[] b = table.page(from);
    int page = from & -ByteArena.PAGE;
    int i = first;
    int p = from - page;
    while (p < to - page) {
      int hit = sought.indexOf(b, p, to - page);
      if (hit < 0) {
        break;
      }
      while (i < end && table.endAddress(pairs[i]) <= page + hit) {
        i++;
      }
      if (i == end) {
        return end;
      }
      if (table.address(pairs[i]) <= page + hit) {
        found.set(i++);
        if (i == end) {
          return end;
        }
      }
      // The rest of this pair is settled, and pairs of other labels are skipped.
      p = table.address(pairs[i]) - page;
    }
    return i;
  }
}
