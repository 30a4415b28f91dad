package dev.tethys.store.metrics.internal.block;

import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import java.util.Arrays;
import java.util.List;

/**
 * Pages of series in the index of a block, which store similar data together for better
 * compression. A page begins with the position of the first chunk of its series, followed, each for
 * all of its series, by: number of labels shared with the previous series, number of further
 * labels, their numbers, number of chunks, their sets of timestamps, their lengths.
 */
final class SeriesPage {
  private final ByteSink shared = new ByteSink();
  private final ByteSink further = new ByteSink();
  private final ByteSink numbers = new ByteSink();
  private final ByteSink counts = new ByteSink();
  private final ByteSink sets = new ByteSink();
  private final ByteSink lengths = new ByteSink();
  private final List<ByteSink> parts = List.of(shared, further, numbers, counts, sets, lengths);

  /** Position of the next chunk, across all pages. */
  private int group = -1;

  private int offset;

  private int[] before = {};
  private long set;

  /** Starts a page of a number of series. */
  void begin(int series, ByteSink page) {
    parts.forEach(ByteSink::clear);
    before = new int[0];
    set = 0;
    // Either right after the last chunk or in a new group.
    page.uvarint(group + 1);
    page.uvarint(offset);
    page.uvarint(series);
  }

  /** Adds a series by the numbers of its labels, in ascending order. */
  void labels(int[] p) {
    int common = Arrays.mismatch(before, p);
    common = common < 0 ? p.length : common;
    shared.uvarint(common);
    further.uvarint(p.length - common);
    for (int k = common; k < p.length; k++) {
      numbers.uvarint(k == 0 ? p[k] : p[k] - p[k - 1] - 1);
    }
    before = p;
  }

  /** Adds the chunks of that series: their number, then the timestamp set and length of each. */
  void chunks(ByteSource refs) {
    int c = refs.count(Integer.MAX_VALUE);
    counts.uvarint(c);
    for (int k = 0; k < c; k++) {
      long s = refs.uvarint();
      sets.svarint(s - set);
      set = s;
      long length = refs.uvarint();
      lengths.uvarint(length);
      if ((length & 1) != 0) {
        group++;
        offset = 0;
      }
      offset += (int) (length >>> 2);
    }
  }

  /** Appends the additions. */
  void end(ByteSink page, BlockSizeBreakdown account) {
    for (ByteSink s : parts) {
      page.put(s.buf, 0, s.size);
    }
    account.raw(SizeShare.LABELS, shared.size + further.size + numbers.size);
    account.raw(SizeShare.DIRECTORY, counts.size + sets.size + lengths.size);
  }
}
