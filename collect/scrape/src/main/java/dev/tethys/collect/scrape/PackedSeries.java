package dev.tethys.collect.scrape;

import dev.tethys.codec.compression.SimilarBytes;
import dev.tethys.model.Labels;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.LayoutAppender;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Series of a target in an agent, for appenders without series references. Stores final labels,
 * after joining and relabelling, so that a known sample needs neither; compressed between scrapes,
 * all of a target together, in the order of its page. Between scrapes a series costs 11 bytes and
 * its share of that: 5 to 10 more, or next to nothing where another target has nearly the same
 * series.
 *
 * <p>Invariants: {@link #raw} holds {@code uvarint(length) canonical labels} of each slot, dropped
 * ones with length 0, at {@link #offsets}, from {@link #begin} to the end of a scrape and is null
 * otherwise; {@link #packed} then is its compressed form. Not thread-safe.
 */
final class PackedSeries extends PageSlots {
  /**
   * Number of scrapes with the same series in the same order before a layout is used; doubled each
   * time a layout breaks.
   */
  private static final int FIRST_PATIENCE = 1;

  private static final int MAX_PATIENCE = 64;

  /** Number of scrapes after which a layout may break without doubling the patience. */
  private static final int LONG_STEADY = 240;

  private static final byte[] NONE = {};

  private final SimilarBytes.ReferenceGroup references;
  private @Nullable SimilarBytes packed; // a layout's has more behind the slots' labels
  private int rawSize; // of the slots' labels

  private @Nullable PackedLayout layout;
  private List<Labels> own =
      List.of(); // series that a scrape writes about itself, behind the page's
  private int kept; // slots that are not dropped
  private int steady; // scrapes in a row that could have had a layout, or had one
  private int timeLimit = FIRST_PATIENCE;

  // of the running scrape
  private byte @Nullable [] raw;
  private int[] offsets = {};
  private @Nullable SteadyAppender running;
  private @Nullable List<Labels>
      plain; // what a scrape that could have had a layout wrote about itself
  private boolean changed;

  /**
   * Of no series yet.
   *
   * @param references labels of other targets
   */
  PackedSeries(SimilarBytes.ReferenceGroup references) {
    this.references = references;
  }

  @Override
  public void begin() {
    super.begin();
    if (layout == null) {
      open();
    }
    plain = null;
  }

  /** The labels of all series, decompressed. */
  private byte[] open() {
    byte[] r = raw;
    if (r != null) {
      return r;
    }
    r = packed == null ? new byte[64] : packed.open();
    offsets = new int[Math.max(size(), 16)];
    int p = 0;
    for (int i = 0; i < size(); i++) {
      offsets[i] = p;
      p = after(r, p) + length(r, p);
    }
    raw = r;
    return r;
  }

  static int length(byte[] b, int p) {
    int n = 0;
    for (int shift = 0; ; shift += 7) {
      byte c = b[p++];
      n |= (c & 0x7f) << shift;
      if (c >= 0) {
        return n;
      }
    }
  }

  static int after(byte[] b, int p) {
    int q = p;
    while (b[q] < 0) {
      q++;
    }
    return q + 1;
  }

  /**
   * Appender of a scrape, which passes only values while the page keeps its form.
   *
   * @param to receives them; returned unchanged if it does not support layouts
   */
  @Override
  public Appender steady(Appender to) {
    running = to instanceof LayoutAppender l ? new SteadyAppender(l, this, layout) : null;
    return running == null ? to : running;
  }

  /** Whether the series at an index after those of the page is a scrape's own metric. */
  boolean isOwn(int index, Labels labels) {
    int i = index - kept;
    return i >= 0 && i < own.size() && own.get(i).equals(labels);
  }

  /** Records that a scrape differs from the layout. */
  void broken() {
    if (steady < LONG_STEADY) {
      timeLimit = Math.min(MAX_PATIENCE, timeLimit * 2);
    } else {
      timeLimit = FIRST_PATIENCE;
    }
    steady = 0;
    layout = null;
  }

  /**
   * A scrape was committed that had no layout.
   *
   * @param about the series that it wrote about itself; null if it could not have had one
   */
  void committed(@Nullable List<Labels> about) {
    plain = about;
  }

  @Override
  public long reference(int slot, Appender app) {
    if (app instanceof SteadyAppender s && s.isSteady()) {
      // The layout contains all slots so far, and none of its slots was skipped.
      if (isInOrderUpTo(slot) && s.isNext(keptVisits() - 1)) {
        return s.nextInPage();
      }
      s.breakUp();
    }
    byte[] r = open();
    int at = offsets[slot];
    return app.series(r, after(r, at), length(r, at), Appender.CANONICAL);
  }

  /** References are valid only briefly, so there is nothing to keep. */
  @Override
  public void reference(int slot, long reference) {}

  @Override
  public int add(long hash, long reference, @Nullable Labels labels) {
    byte[] canonical = labels == null ? NONE : labels.canonicalBytes();
    byte[] r = open();
    if (r.length - rawSize < canonical.length + 5) {
      r = Arrays.copyOf(r, Math.max(r.length * 2, rawSize + canonical.length + 5));
      raw = r;
    }
    int slot = add(hash, labels == null);
    if (slot >= offsets.length) {
      offsets = Arrays.copyOf(offsets, Math.max(16, slot * 2));
    }
    offsets[slot] = rawSize;
    rawSize = put(r, rawSize, canonical, 0, canonical.length);
    changed = true;
    SteadyAppender s = running;
    if (s != null && labels != null) {
      s.newInPage();
    }
    return slot;
  }

  private static int put(byte[] to, int at, byte[] from, int offset, int length) {
    int p = at;
    int n = length;
    while (n >= 0x80) {
      to[p++] = (byte) (n | 0x80);
      n >>>= 7;
    }
    to[p++] = (byte) n;
    System.arraycopy(from, offset, to, p, length);
    return p + length;
  }

  @Override
  long identity(int slot) {
    byte[] r = open();
    int at = offsets[slot];
    return Labels.hash64(r, after(r, at), length(r, at));
  }

  @Override
  void room(int capacity) {} // labels have their own

  @Override
  void keep(int[] slots) {
    byte[] from = open();
    byte[] to = new byte[rawSize];
    int[] at = new int[Math.max(slots.length, 16)];
    int n = 0;
    for (int i = 0; i < slots.length; i++) {
      at[i] = n;
      int o = offsets[slots[i]];
      n = put(to, n, from, after(from, o), length(from, o));
    }
    raw = to;
    rawSize = n;
    offsets = at;
    changed = true;
  }

  @Override
  public void forEachTracked(Appender app, LongPredicate takenOver, Ended to) {
    boolean idle = raw == null;
    super.forEachTracked(app, takenOver, to);
    if (idle) {
      close();
    }
  }

  @Override
  public void forEachTrackedIdentity(LongConsumer to) {
    boolean idle = raw == null;
    super.forEachTrackedIdentity(to);
    if (idle) {
      close();
    }
  }

  @Override
  public void succeed() {
    steady(settle());
    close();
  }

  /** Counts scrapes that are eligible for a layout and creates one after enough of them. */
  private void steady(boolean complete) {
    List<Labels> about = plain;
    if (layout != null) {
      steady++;
      return;
    }
    boolean same = about != null && own.equals(about);
    if (about != null) {
      own = about;
    }
    if (changed || !complete || !same) {
      steady = 0;
    } else if (++steady >= timeLimit) {
      lay(own);
    }
  }

  /** Packs the labels of all series of a scrape, in their order. */
  private void lay(List<Labels> about) {
    byte[] r = open();
    int n = rawSize;
    for (Labels l : about) {
      byte[] b = l.canonicalBytes();
      if (r.length - n < b.length + 5) {
        r = Arrays.copyOf(r, Math.max(r.length * 2, n + b.length + 5));
      }
      n = put(r, n, b, 0, b.length);
    }
    kept = 0;
    for (int i = 0; i < size(); i++) {
      kept += isDropped(i) ? 0 : 1;
    }
    raw = r;
    SimilarBytes p = references.pack(r, n, packed);
    packed = p;
    layout = new PackedLayout(p, kept + about.size());
  }

  @Override
  public boolean fail() {
    boolean flushed = settleFailure();
    close();
    return flushed;
  }

  private void pack() {
    byte[] r = open();
    packed = references.pack(r, rawSize, packed);
    layout = null;
    trim();
    changed = false;
  }

  /** Releases state needed only during a scrape. */
  private void close() {
    if (changed) {
      pack();
    }
    raw = null;
    offsets = new int[0];
    running = null;
    forgetScrape();
  }

  @Override
  long bytes() {
    long labels = 0;
    for (Labels l : own) {
      labels += l.canonicalBytes().length;
    }
    return super.bytes() + labels + (packed == null ? 0 : packed.held());
  }
}
