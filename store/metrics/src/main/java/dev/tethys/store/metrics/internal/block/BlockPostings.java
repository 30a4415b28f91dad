package dev.tethys.store.metrics.internal.block;

import dev.tethys.model.Matcher;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import dev.tethys.store.metrics.internal.index.Expressions;
import dev.tethys.store.metrics.internal.index.Postings;
import java.lang.ref.SoftReference;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/**
 * Postings of a block: the series that have a label. Results stay in memory while there is space.
 */
final class BlockPostings implements Postings {
  /** Maximum number of labels whose series are cached. */
  static final int MAX_HELD = 100_000;

  /** Maximum number of values of a label that is held for the next query that joins them. */
  private static final int FEW = 64;

  private final IndexFile index;
  private final Dictionary dictionary;
  private final long series;
  private final int[] firstPair; // of a page; one more: all
  private final long[] offsets;
  private final RoaringBitmap all = new RoaringBitmap();
  private final Map<Integer, SoftReference<RoaringBitmap>> held = new ConcurrentHashMap<>();

  /** The page that was unpacked last; a race only unpacks one again. */
  private volatile SoftReference<Page> newest = new SoftReference<>(null);

  BlockPostings(IndexFile index, Dictionary dictionary, long series) {
    this.index = index;
    this.dictionary = dictionary;
    this.series = series;
    ByteSource in = index.take(BlockLayout.POSTINGS_DIRECTORY);
    int pages = in.count();
    firstPair = new int[pages + 1];
    offsets = new long[pages + 1];
    offsets[0] = in.uvarint();
    for (int i = 0; i < pages; i++) {
      firstPair[i + 1] = firstPair[i] + in.count(Integer.MAX_VALUE / 2);
      offsets[i + 1] = offsets[i] + in.uvarint();
    }
    all.add(0L, series);
  }

  @Override
  public RoaringBitmap all() {
    return all;
  }

  @Override
  public @Nullable RoaringBitmap of(String name, String value) {
    int pair = dictionary.find(name, value);
    return pair < 0 ? null : get(pair);
  }

  @Override
  public void values(String name, String prefix, ValueVisitor to) {
    dictionary.values(name, prefix, (v, pair) -> to.value(pair, v, () -> get(pair)));
  }

  @Override
  public RoaringBitmap join(Matcher m, boolean wanted, Expressions known) {
    boolean positive = m.type() == Matcher.Type.EQUAL || m.type() == Matcher.Type.REGEX;
    RoaringBitmap out = new RoaringBitmap();
    int[] pairs = dictionary.matching(m, wanted, positive == wanted ? m.prefix() : "");
    if (pairs.length <= FEW) { // of these each may have many series
      for (int pair : pairs) {
        out.or(get(pair));
      }
      return out;
    }
    for (int pair : pairs) {
      SoftReference<RoaringBitmap> ref = held.get(pair);
      RoaringBitmap b = ref == null ? null : ref.get();
      if (b != null) {
        out.or(b);
      } else {
        int[] list = list(pair);
        out.addN(list, 0, list.length);
      }
    }
    return out;
  }

  @Override
  public List<String> names() {
    return List.of(dictionary.names);
  }

  /** Returns the series of a label by its number. */
  RoaringBitmap get(int pair) {
    SoftReference<RoaringBitmap> ref = held.get(pair);
    RoaringBitmap b = ref == null ? null : ref.get();
    if (b == null) {
      b = read(pair);
      if (held.size() > MAX_HELD) {
        held.clear();
      }
      held.put(pair, new SoftReference<>(b));
    }
    return b;
  }

  private RoaringBitmap read(int pair) {
    int[] list = list(pair);
    RoaringBitmap out = new RoaringBitmap();
    out.addN(list, 0, list.length);
    out.runOptimize();
    return out;
  }

  private int[] list(int pair) {
    int page = Arrays.binarySearch(firstPair, pair);
    page = page < 0 ? -page - 2 : page;
    Page p = newest.get();
    if (p == null || p.number != page) {
      p = new Page(page);
      newest = new SoftReference<>(p);
    }
    return p.list(pair);
  }

  /**
   * Postings of neighbouring labels. An expression over the values of a name requests them in
   * order, so a page is unpacked once for all of them, and none of its lists is skipped twice.
   */
  private final class Page {
    private final int number;
    private final ByteSource in;
    private final int[] starts; // of the lists before `known` and of that one
    private int known;

    Page(int number) {
      this.number = number;
      byte[] b =
          GroupWriter.read(index.file(), offsets[number], offsets[number + 1] - offsets[number]);
      in = new ByteSource(b, 0, b.length - ByteSink.SLACK);
      int first = in.count(Integer.MAX_VALUE);
      int n = in.count();
      if (first != firstPair[number] || n != firstPair[number + 1] - first) {
        throw new CorruptionException("a postings page is misplaced");
      }
      starts = new int[n];
      if (n > 0) {
        starts[0] = in.pos;
      }
    }

    /** Returns the series of a label, ascending. */
    synchronized int[] list(int pair) {
      int place = pair - firstPair[number];
      while (known < place) {
        in.pos = starts[known];
        in.skipNumbers(in.count());
        starts[++known] = in.pos;
      }
      in.pos = starts[place];
      int[] list = new int[in.count()];
      long before = -1;
      for (int i = 0; i < list.length; i++) {
        before += 1 + in.uvarint();
        if (before < 0 || before >= series) {
          throw new CorruptionException("a posting beyond the last series");
        }
        list[i] = (int) before;
      }
      return list;
    }
  }
}
