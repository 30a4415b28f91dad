package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.store.metrics.internal.encoding.ColumnCache;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * 64 series with neighbouring slots. Series that come in one scrape or request are neighbours, so
 * that their samples are written as rows with one timestamp ({@link RowPage}).
 *
 * <p>Invariants: only the last page grows; a page holds rows of one block range; what a bit of a
 * page means does not change while the page lives (a slot is reused only when no page has a sample
 * of it that is in no block, and older ones are not read). Guarded by the lock of the head.
 */
final class Stripe {
  private static final long NEVER = NewestTimes.NEVER;

  /** Times of the newest in-order samples. */
  final NewestTimes newest = new NewestTimes();

  /** Bits of the newest in-order float by series. */
  final long[] lastBits = new long[64];

  /** Bytes of a stripe without its samples. */
  static final long BYTES = 64 * 8 + 16 + 112;

  private Page[] pages = new Page[2];
  private int count;
  private boolean sealed; // the last page takes no more rows

  /** Owner in the cache; replaced whenever pages change or move, but not when one is appended. */
  private long name = ColumnCache.newOwner();

  private @Nullable SeriesExtras @Nullable [] extras;

  /** Last commit group that had samples here. */
  int touched;

  @Nullable SeriesExtras extras(int k) {
    return extras == null ? null : extras[k];
  }

  SeriesExtras makeExtras(int k) {
    if (extras == null) {
      extras = new SeriesExtras[64];
    }
    SeriesExtras e = extras[k];
    if (e == null) {
      e = new SeriesExtras();
      extras[k] = e;
    }
    return e;
  }

  boolean hasExtras() {
    return extras != null;
  }

  void dropExtras(int k) {
    if (extras != null) {
      extras[k] = null;
    }
  }

  /**
   * Appends samples of one time; all are newer than the samples of their series.
   *
   * @param gone receives pages that get no more rows
   */
  void append(
      long time,
      long range,
      int[] slots,
      long[] bits,
      int from,
      int to,
      RowPage.Scratch s,
      SealedPages gone) {
    long rangeStart = Math.floorDiv(time, range) * range;
    RowPage open = count > 0 && pages[count - 1] instanceof RowPage p ? p : null;
    if (open == null || open.rangeStart != rangeStart || sealed || gone.isDue(open)) {
      open = newPage(open, rangeStart, (to - from) * 4 + 64, gone);
    }
    newest.setAll(open.append(time, slots, bits, from, to, lastBits, s), time);
  }

  private RowPage newPage(
      @Nullable RowPage before, long rangeStart, int capacity, SealedPages gone) {
    sealed = false;
    RowPage p =
        before == null ? new RowPage(rangeStart, 8, capacity) : RowPage.after(before, rangeStart);
    push(p, gone);
    return p;
  }

  /** Appends a page; the previous page accepts no more rows. */
  private void push(Page p, SealedPages gone) {
    if (count > 0) {
      gone.add(this, pages[count - 1]);
    }
    if (count == pages.length) {
      pages = Arrays.copyOf(pages, count * 2);
    }
    pages[count++] = p;
  }

  int pageCount() {
    return count;
  }

  Page page(int i) {
    return pages[i];
  }

  /** Adds a page of a snapshot; {@code from} as for {@link #truncate}. */
  void addPage(Page p, long from, SealedPages gone) {
    if (!p.hasRows() || p.maxTime() < from) {
      return; // a block was finished after the snapshot
    }
    sealed |= p.minTime() < from;
    push(p, gone);
  }

  /** Snapshot for a reader: the pages that overlap a closed time range, as they are now. */
  static final class View {
    /** More than this would not go into a number. */
    private static final int MAX_CLASS_BITS = 30;

    private final Page.View[] pages;
    private final @Nullable PageRun run; // pages that accept no more rows; null: read one by one
    private final Page.View[] rest; // the others
    private final long special; // a bit a series that is so in any of them
    private final boolean divided; // series are in different rows of some pages

    View(Page.View[] pages, @Nullable PageRun run, Page.View[] rest) {
      this.pages = pages;
      this.run = run;
      this.rest = rest;
      long odd = 0;
      boolean some = false;
      for (Page.View p : pages) {
        odd |= p.special();
        some |= p.same() != RowClasses.ALL;
      }
      special = odd;
      divided = some;
    }

    Page.View[] pages() {
      return pages;
    }

    /** Whether a series may have samples here. */
    boolean has(int k) {
      for (Page.View p : pages) {
        if ((p.seen() & 1L << k) != 0) {
          return true;
        }
      }
      return false;
    }

    void readTimes(int k, long minTime, long maxTime, SampleBuffer into) {
      boolean some = run != null && run.readTimes(k, minTime, maxTime, into);
      for (Page.View p : some ? rest : pages) {
        p.readTimes(k, minTime, maxTime, into);
      }
    }

    /**
     * A small number that two series share only if they are in the same rows, all finite; 0 if the
     * masks of the pages do not show that.
     */
    int timesClass(int k) {
      if ((special & 1L << k) != 0) {
        return 0;
      }
      int word = 1;
      int bits = 0;
      if (divided) {
        for (Page.View p : pages) {
          int c = p.same().of(k);
          bits += p.same().bits();
          if (c < 0 || bits > MAX_CLASS_BITS) {
            return 0;
          }
          word = word << p.same().bits() | c;
        }
      }
      return word;
    }

    void read(int k, long minTime, long maxTime, SampleBuffer into) {
      boolean some = run != null && run.read(k, minTime, maxTime, into);
      for (Page.View p : some ? rest : pages) {
        p.read(k, minTime, maxTime, into);
      }
    }
  }

  View view(long minTime, long maxTime) {
    return view(minTime, maxTime, null, new TimeLists());
  }

  /**
   * The pages that overlap a closed time range.
   *
   * @param ahead read-ahead for a caller that reads all data once; null otherwise
   * @param lists time lists shared by all views that are read together
   */
  View view(long minTime, long maxTime, @Nullable ReadAhead ahead, TimeLists lists) {
    int n = 0;
    int first = -1;
    int last = -1;
    for (int i = 0; i < count; i++) {
      if (pages[i].maxTime() >= minTime && pages[i].minTime() <= maxTime) {
        first = first < 0 ? i : first;
        last = i;
        n++;
      }
    }
    Page.View[] v = new Page.View[n];
    n = 0;
    for (int i = Math.max(first, 0); i <= last; i++) {
      if (pages[i].maxTime() >= minTime && pages[i].minTime() <= maxTime) {
        v[n++] = ahead != null ? pages[i].sparingView(ahead) : pages[i].view();
      }
    }
    int closed = Math.min(last + 1, count - 1) - first; // how many of them take no more rows
    if (ahead != null || closed < 1 || n != last + 1 - first) {
      return new View(v, null, v);
    }
    PageRun.Name shared = new PageRun.Name(name, first, first + closed - 1);
    PageRun run = new PageRun(Arrays.copyOf(v, closed), shared, lists);
    return new View(v, run, Arrays.copyOfRange(v, closed, n));
  }

  /**
   * Replaces neighbouring pages by one with the same content.
   *
   * @return whether they were still present
   */
  boolean replace(List<Page> run, Page same) {
    int n = run.size();
    for (int i = count - n; i >= 0; i--) { // mostly near the end
      if (pages[i] == run.getFirst() && Arrays.asList(pages).subList(i, i + n).equals(run)) {
        pages[i] = same;
        System.arraycopy(pages, i + n, pages, i + 1, count - i - n);
        Arrays.fill(pages, count - n + 1, count, null);
        count -= n - 1;
        name = n == 1 ? name : ColumnCache.newOwner();
        return true;
      }
    }
    return false;
  }

  /**
   * Drops the pages without rows from a time on. A page that also has older rows is kept whole and
   * accepts no further rows: a new series of a slot must not continue from the values of the series
   * before.
   */
  void truncate(long time) {
    int n = 0;
    sealed |= count > 0 && pages[count - 1].maxTime() < time; // what is last then is in a file soon
    for (int i = 0; i < count; i++) {
      if (pages[i].maxTime() >= time) {
        sealed |= pages[i].minTime() < time;
        pages[n++] = pages[i];
      }
    }
    Arrays.fill(pages, n, count, null);
    name = n == count ? name : ColumnCache.newOwner();
    count = n;
    if (pages.length > 4 && count < pages.length / 4) {
      pages = Arrays.copyOf(pages, Math.max(2, count * 2));
    }
  }

  /**
   * Removes floats of one series in a closed range by rewriting the pages that hold them. The old
   * pages remain unchanged for readers that refer to them.
   */
  void remove(int k, long minTime, long maxTime, UnpackedRows rows, SealedPages gone) {
    SampleBuffer b = new SampleBuffer();
    int n = 0;
    for (int i = 0; i < count; i++) {
      Page p = pages[i];
      boolean last = i == count - 1;
      if (p.find(k, minTime, maxTime, b)) {
        p = rows.without(p, k, minTime, maxTime);
        if (last) {
          // What comes next is written as a difference to the newest value of the page.
          b.clear();
          p.view().read(k, NEVER, Long.MAX_VALUE, b);
          lastBits[k] = b.size == 0 ? 0 : Double.doubleToRawLongBits(b.values[b.size - 1]);
        } else if (p.hasRows()) {
          gone.add(this, p);
        }
      }
      if (last || p.hasRows()) {
        pages[n++] = p;
      }
    }
    Arrays.fill(pages, n, count, null);
    count = n;
    name = ColumnCache.newOwner();
  }

  /** Returns the full pages in memory, each with the preceding ones to merge it with. */
  void sealedInMemory(Consumer<List<Page>> to) {
    for (int i = 0; i < count - (sealed ? 0 : 1); i++) {
      if (pages[i].fileBytes() == 0 && pages[i].hasRows()) {
        int first = SealedPages.runBefore(pages, i);
        to.accept(List.of(Arrays.copyOfRange(pages, first, i + 1)));
      }
    }
  }

  /** Uses the newest float in memory as the newest sample of a series. */
  void findNewest(int k) {
    SampleBuffer b = new SampleBuffer();
    view(NEVER, Long.MAX_VALUE).read(k, NEVER, Long.MAX_VALUE, b);
    newest.set(k, b.size == 0 ? NEVER : b.timestamps[b.size - 1]);
    lastBits[k] = b.size == 0 ? 0 : Double.doubleToRawLongBits(b.values[b.size - 1]);
  }

  /** Whether there is an in-order float at the time of the buffer's only sample. */
  boolean find(int k, long time, SampleBuffer scratch) {
    for (int i = 0; i < count; i++) {
      if (pages[i].find(k, time, time, scratch)) {
        return true;
      }
    }
    return false;
  }

  long minTime() {
    long t = Long.MAX_VALUE;
    for (int i = 0; i < count; i++) {
      t = Math.min(t, pages[i].minTime());
    }
    return t;
  }

  /** Bytes of the pages and histograms that are in files. */
  long fileBytes() {
    long b = 0;
    for (int i = 0; i < count; i++) {
      b += pages[i].fileBytes();
    }
    for (int k = 0; hasExtras() && k < 64; k++) {
      SeriesExtras e = extras(k);
      b += e == null || e.histograms == null ? 0 : e.histograms.fileBytes();
    }
    return b;
  }

  /** Bytes of the rows and of the samples outside rows. */
  long sampleBytes() {
    long b = pages.length * 4L + newest.bytes();
    for (int i = 0; i < count; i++) {
      b += pages[i].bytes();
    }
    if (extras != null) {
      for (SeriesExtras e : extras) {
        if (e != null) {
          b += 36;
          b += e.starts == null ? 0 : e.starts.bytes();
          b += e.histograms == null ? 0 : e.histograms.bytes();
          b += e.late == null ? 0 : e.late.bytes();
        }
      }
    }
    return b;
  }
}
