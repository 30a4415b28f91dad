package dev.tethys.store.metrics.internal.head;

import static dev.tethys.store.metrics.internal.head.Varints.number;
import static dev.tethys.store.metrics.internal.head.Varints.put;
import static dev.tethys.store.metrics.internal.head.Varints.size;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.store.metrics.internal.index.Expressions;
import dev.tethys.store.metrics.internal.index.Postings;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.FastAggregation;
import org.roaringbitmap.RoaringBitmap;

/**
 * The labels of the series in memory and which series have them. Each distinct label (a name with a
 * value, "pair") is kept once, as the very bytes that it takes in a canonical label set, so that
 * the labels of a series are its pairs laid end to end. A series is a list of pair numbers; a pair
 * knows its series.
 *
 * <p>Invariants: pair numbers only grow; bytes of a pair never change. Guarded by the lock of the
 * head: changed under its write lock, read under its read lock.
 */
final class LabelIndex implements Postings {
  private static final AtomicLong VERSIONS = new AtomicLong();

  /** Usual maximum number of labels of a series. */
  private static final int ROOM = 32;

  /**
   * Series of one target have adjacent slots, which as a run take four bytes instead of two bytes
   * each; runs are rebuilt after this number of slots. Series that leave from between others make
   * many runs of one, and each of them costs a list when it is counted: so runs are rebuilt then as
   * well. A prime, because the series of a target come at even distances.
   */
  private static final int RUN_EVERY = 509;

  /** Marks that are fewer than this share of all pairs are looked up one by one. */
  private static final int FEW_MARKS = 8;

  /** From so many values on, sorting by keys is worth making them. */
  private static final int KEYED = 32;

  private final ByteArena lists = new ByteArena();
  private final PairTable pairs;

  private int[] single = new int[256]; // the only series of a pair; 0 when there is none
  private @Nullable RoaringBitmap[] many = new RoaringBitmap[256]; // all its series, when > 1

  private final TreeMap<String, Name> names = new TreeMap<>();
  private final RoaringBitmap all = new RoaringBitmap();
  private long added; // series, those that left among them
  private long version = VERSIONS.getAndAdd(1L << 40); // another after every change, here or anew
  private byte[] scratch = new byte[256];
  private final MatchedValueCache tested = new MatchedValueCache(this);
  private volatile PairOrder pairOrder = new PairOrder(new int[0], new int[0]);

  private static final class Name {
    int[] pairs = new int[4];
    int count;

    /** Some of these by their values; a later one may lose to an earlier one in a race. */
    volatile int[] ordered = {};

    void add(int pair) {
      if (count == pairs.length) {
        pairs = Arrays.copyOf(pairs, count * 2);
      }
      pairs[count++] = pair;
    }
  }

  LabelIndex(Fingerprint key) {
    this.pairs = new PairTable(key);
  }

  /**
   * Adds a series; the name of its list of pairs.
   *
   * @throws dev.tethys.model.storage.StorageException if there is no space: no posting names it
   */
  int add(int slot, byte[] canonical) {
    int n = 0;
    int p = 0;
    while (p < canonical.length) {
      int start = p;
      int nameLength = number(canonical, p);
      int nameAt = p + size(nameLength);
      p = nameAt + nameLength;
      int valueLength = number(canonical, p);
      p += size(valueLength) + valueLength;
      int pair = pair(canonical, start, p, nameAt, nameLength);
      if (scratch.length < n + 5) {
        scratch = Arrays.copyOf(scratch, scratch.length * 2);
      }
      n = put(scratch, n, pair + 1);
    }
    if (scratch.length < n + 5) {
      scratch = Arrays.copyOf(scratch, scratch.length * 2);
    }
    // The list ends with a zero: pair numbers are stored one higher.
    scratch[n++] = 0;
    int list = lists.put(scratch, 0, n);
    for (int at = list, pair = pairAt(at); pair >= 0; pair = pairAt(at)) {
      addPosting(pair, slot);
      at = next(at, pair);
    }
    all.add(slot);
    optimize(all, slot);
    added++;
    version++;
    return list;
  }

  /** Removes a series from the postings; its labels stay readable. */
  void remove(int slot, int list) {
    byte[] page = lists.page(list);
    int p = lists.offset(list);
    while (page[p] != 0) {
      int pair = number(page, p);
      p += size(pair);
      pair--;
      RoaringBitmap b = many[pair];
      if (b == null) {
        single[pair] = 0;
      } else {
        b.remove(slot);
        optimize(b, slot);
        if (!b.cardinalityExceeds(1)) { // without counting all of them
          single[pair] = b.first();
          many[pair] = null;
        }
      }
    }
    all.remove(slot);
    optimize(all, slot);
    version++;
  }

  /** A number that no other state of any index has. */
  long version() {
    return version;
  }

  private static void optimize(RoaringBitmap slots, int changed) {
    if (changed % RUN_EVERY == 0) {
      slots.runOptimize();
    }
  }

  private void addPosting(int pair, int slot) {
    RoaringBitmap b = many[pair];
    if (b != null) {
      b.add(slot);
      optimize(b, slot);
    } else if (single[pair] == 0) {
      single[pair] = slot;
    } else {
      many[pair] = RoaringBitmap.bitmapOf(single[pair], slot);
    }
  }

  private int pair(byte[] b, int start, int end, int nameAt, int nameLength) {
    int h = pairs.hash(b, start, end);
    int pair = pairs.find(h, b, start, end);
    if (pair >= 0) {
      return pair;
    }
    pair = pairs.add(h, b, start, end);
    if (pair == single.length) {
      single = Arrays.copyOf(single, pair * 2);
      many = Arrays.copyOf(many, pair * 2);
    }
    names
        .computeIfAbsent(new String(b, nameAt, nameLength, StandardCharsets.UTF_8), k -> new Name())
        .add(pair);
    return pair;
  }

  /** Distinct labels by number; what is read by number needs no lock. */
  PairTable pairs() {
    return pairs;
  }

  /** The labels of a series by the name of its list. */
  Labels labels(int list) {
    byte[] page = lists.page(list);
    int start = lists.offset(list);
    int n = 0;
    for (int p = start; page[p] != 0; ) {
      int v = number(page, p);
      p += size(v);
      n += pairs.length(v - 1);
    }
    byte[] out = new byte[n];
    n = 0;
    for (int p = start; page[p] != 0; ) {
      int v = number(page, p);
      p += size(v);
      n = pairs.copy(v - 1, out, n);
    }
    return Labels.ofCanonicalBytes(out);
  }

  /** Compares the labels of two series as {@link Labels#compareTo} does, without making them. */
  int compare(int listA, int listB) {
    byte[] a = lists.page(listA);
    byte[] b = lists.page(listB);
    int p = lists.offset(listA);
    int q = lists.offset(listB);
    while (true) {
      int x = number(a, p);
      int y = number(b, q);
      if (x != y) {
        return x == 0 ? -1 : y == 0 ? 1 : pairs.compare(x - 1, y - 1);
      }
      if (x == 0) {
        return 0;
      }
      p += size(x);
      q += size(y);
    }
  }

  /**
   * Rank of each pair among the pairs that existed at the time of the call, ordered by name, then
   * by value. Computed on the first call, and again when pairs have been added.
   *
   * @param lists series lists whose pairs receive a rank
   * @param most the most pairs that may be put in order for this
   * @return null if that would be too many
   */
  int @Nullable [] places(int[] lists, long most) {
    int highest = -1;
    for (int list : lists) {
      for (int pair = pairAt(list); pair >= 0; pair = pairAt(list)) {
        highest = Math.max(highest, pair);
        list = next(list, pair);
      }
    }
    PairOrder o = pairOrder;
    if (highest >= o.places().length) {
      if (highest >= most) {
        return null;
      }
      o = o.with(highest + 1, pairs::compare);
      pairOrder = o;
    }
    return o.places();
  }

  /** Returns the first pair of a list or of the rest of a list; -1 at its end. Needs no lock. */
  int pairAt(int list) {
    return number(lists.page(list), lists.offset(list)) - 1;
  }

  /** Returns the rest of a list after its first pair. */
  int next(int list, int pair) {
    return list + size(pair + 1);
  }

  /** Returns the length of a series' labels in bytes. */
  int length(int list) {
    int n = 0;
    for (int pair = pairAt(list); pair >= 0; pair = pairAt(list)) {
      n += pairs.length(pair);
      list = next(list, pair);
    }
    return n;
  }

  /** Whether a list spells these canonical bytes. */
  boolean hasText(int list, byte[] canonical) {
    byte[] page = lists.page(list);
    int p = lists.offset(list);
    int at = 0;
    while (page[p] != 0) {
      int v = number(page, p);
      p += size(v);
      if (!pairs.starts(v - 1, canonical, at)) {
        return false;
      }
      at += pairs.length(v - 1);
    }
    return at == canonical.length;
  }

  // ---- lookups of labels, by {@link LabelLookup}

  /** Marks the pairs of a series. */
  void mark(int list, BitSet marks) {
    byte[] page = lists.page(list);
    int p = lists.offset(list);
    while (page[p] != 0) {
      int v = number(page, p);
      p += size(v);
      marks.set(v - 1);
    }
  }

  /** Names of which a pair is marked, ascending as strings are. */
  List<String> namesOf(BitSet marks) {
    if (marks.cardinality() < pairs.count() / FEW_MARKS) {
      TreeSet<String> some = new TreeSet<>();
      marks.stream().forEach(pair -> some.add(pairs.name(pair)));
      return List.copyOf(some);
    }
    List<String> out = new ArrayList<>();
    names.forEach(
        (name, n) -> {
          for (int i = 0; i < n.count; i++) {
            if (marks.get(n.pairs[i])) {
              out.add(name);
              return;
            }
          }
        });
    return out;
  }

  /** Returns the number of values a name has had; 0 for an unknown name. */
  int valueCount(String name) {
    Name n = names.get(name);
    return n == null ? 0 : n.count;
  }

  /** Marks the pairs of a name that have any series, or one of those given. */
  void markValues(String name, @Nullable RoaringBitmap series, BitSet marks) {
    Name n = names.get(name);
    for (int i = 0; n != null && i < n.count; i++) {
      int pair = n.pairs[i];
      RoaringBitmap b = many[pair];
      if (b != null
          ? series == null || RoaringBitmap.intersects(b, series)
          : single[pair] != 0 && (series == null || series.contains(single[pair]))) {
        marks.set(pair);
      }
    }
  }

  /** Returns the first pairs of an order that have any series. */
  int[] first(int[] ordered, int most) {
    int[] out = new int[Math.min(most, ordered.length)];
    int n = 0;
    for (int i = 0; i < ordered.length && n < out.length; i++) {
      int pair = ordered[i];
      RoaringBitmap b = many[pair];
      if (b != null ? !b.isEmpty() : single[pair] != 0) {
        out[n++] = pair;
      }
    }
    return Arrays.copyOf(out, n);
  }

  /** Removes the marks of all pairs of other names. */
  void keepMarks(String name, BitSet marks) {
    Name n = names.get(name);
    if (n != null && marks.cardinality() < n.count / FEW_MARKS) {
      byte[][] only = {name.getBytes(StandardCharsets.UTF_8)};
      for (int pair = marks.nextSetBit(0); pair >= 0; pair = marks.nextSetBit(pair + 1)) {
        if (!pairs.isNamed(pair, only)) {
          marks.clear(pair);
        }
      }
      return;
    }
    BitSet mine = new BitSet(pairs.count());
    for (int i = 0; n != null && i < n.count; i++) {
      mine.set(n.pairs[i]);
    }
    marks.and(mine);
  }

  /**
   * The pairs of a name, to be put in order of their values without the lock.
   *
   * @param known the order that was made before
   * @param all the pairs that exist
   */
  record Values(Name name, int[] known, int[] all) {}

  @Nullable Values orderable(String name) {
    Name n = names.get(name);
    if (n == null) {
      return null;
    }
    int[] known = n.ordered;
    boolean complete = known.length == n.count;
    return new Values(n, known, complete ? known : Arrays.copyOf(n.pairs, n.count));
  }

  /**
   * All pairs of a name by their values, which is kept and only brought up to date. Needs no lock.
   */
  int[] ordered(Values v) {
    if (v.known.length == v.all.length) {
      return v.known;
    }
    int[] out = v.all.clone(); // the order of pairs of a name is that in which they came
    System.arraycopy(v.known, 0, out, 0, v.known.length);
    sortByValue(out);
    v.name.ordered = out;
    return out;
  }

  /** Marked pairs of one name, ordered by value. Needs no lock. */
  int[] inOrder(BitSet marks) {
    int[] out = marks.stream().toArray();
    sortByValue(out);
    return out;
  }

  /**
   * Sorts pairs of one name. Differences between values are mostly in the first bytes after their
   * common prefix, which are compared as one number.
   */
  private void sortByValue(int[] some) {
    int n = some.length;
    if (n < KEYED) {
      IntOrder.sort(some, pairs::compare);
      return;
    }
    int shared = pairs.sharedBytes(some);
    long[] keys = new long[n];
    for (int i = 0; i < n; i++) {
      keys[i] = pairs.valueKey(some[i], shared);
    }
    new KeyedOrder(keys, some).sort(0, n);
    for (int from = 0, to = 1; from < n; from = to++) {
      while (to < n && keys[to] == keys[from]) {
        to++;
      }
      if (to - from > 1) {
        int[] same = Arrays.copyOfRange(some, from, to);
        IntOrder.sort(same, pairs::compare);
        System.arraycopy(same, 0, some, from, same.length);
      }
    }
  }

  // ---- Postings

  @Override
  public RoaringBitmap all() {
    return all;
  }

  @Override
  public @Nullable RoaringBitmap of(String name, String value) {
    byte[] canonical = Labels.of(name, value).canonicalBytes();
    if (canonical.length == 0) {
      return null;
    }
    int pair =
        pairs.find(pairs.hash(canonical, 0, canonical.length), canonical, 0, canonical.length);
    return pair < 0 ? null : bitmap(pair);
  }

  private RoaringBitmap bitmap(int pair) {
    RoaringBitmap b = many[pair];
    return b != null
        ? b
        : single[pair] == 0 ? new RoaringBitmap() : RoaringBitmap.bitmapOf(single[pair]);
  }

  private int cardinality(int pair) {
    RoaringBitmap b = many[pair];
    return b != null ? b.getCardinality() : single[pair] == 0 ? 0 : 1;
  }

  /** The pairs of each label name: for {@link HeadColumns}. */
  TreeMap<String, int[]> pairsByName() {
    TreeMap<String, int[]> out = new TreeMap<>();
    names.forEach((name, n) -> out.put(name, Arrays.copyOf(n.pairs, n.count)));
    return out;
  }

  /**
   * Writes the pairs of a list as far as there is space; returns the length of the list. Needs no
   * lock.
   */
  int pairs(int list, int[] into) {
    byte[] page = lists.page(list);
    int p = lists.offset(list);
    int n = 0;
    while (page[p] != 0) {
      int v = number(page, p);
      p += size(v);
      if (n < into.length) {
        into[n] = v - 1;
      }
      n++;
    }
    return n;
  }

  @Override
  public void values(String name, String prefix, ValueVisitor to) {
    Name n = names.get(name);
    if (n == null) {
      return;
    }
    for (int i = 0; i < n.count; i++) {
      int pair = n.pairs[i];
      if (many[pair] == null && single[pair] == 0) {
        continue;
      }
      String v = pairs.value(pair);
      if (v.startsWith(prefix)) {
        to.value(pair, v, () -> bitmap(pair));
      }
    }
  }

  /** The values of a label, in the order of arrival. */
  MatchedValueCache.Values valuesOf(String name) {
    Name n = names.get(name);
    return n == null
        ? MatchedValueCache.Values.NONE
        : new MatchedValueCache.Values(n.pairs, n.count);
  }

  /** Values that were tested with expressions. */
  MatchedValueCache tested() {
    return tested;
  }

  @Override
  public RoaringBitmap join(Matcher m, boolean wanted, Expressions known) {
    return tested.join(m, wanted, valuesOf(m.name()), known.of(m, this));
  }

  /** Returns the series that have any of the given pairs. */
  RoaringBitmap union(int[] some, int n) {
    int[] alone = new int[n];
    int k = 0;
    List<RoaringBitmap> found = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      RoaringBitmap b = many[some[i]];
      if (b != null) {
        found.add(b);
      } else if (single[some[i]] != 0) {
        alone[k++] = single[some[i]];
      }
    }
    if (k > 0) {
      Arrays.sort(alone, 0, k);
      RoaringBitmap b = new RoaringBitmap();
      b.addN(alone, 0, k);
      found.add(b);
    }
    return switch (found.size()) {
      case 0 -> new RoaringBitmap();
      case 1 -> found.getFirst();
      default -> FastAggregation.or(found.iterator());
    };
  }

  @Override
  public List<String> names() {
    List<String> out = new ArrayList<>();
    names.forEach(
        (name, n) -> {
          for (int i = 0; i < n.count; i++) {
            if (cardinality(n.pairs[i]) > 0) {
              out.add(name);
              return;
            }
          }
        });
    return out;
  }

  /** Receives one label with series. */
  interface PairVisitor {
    void pair(String name, String value, int series);
  }

  /** Visits every label that has series. */
  void forEachPair(PairVisitor v) {
    names.forEach(
        (name, n) -> {
          for (int i = 0; i < n.count; i++) {
            int c = cardinality(n.pairs[i]);
            if (c > 0) {
              v.pair(name, pairs.value(n.pairs[i]), c);
            }
          }
        });
  }

  /** Returns the memory reserved for tables in bytes. */
  long reserved() {
    return pairs.reserved() + single.length * 8L + lists.bytes();
  }

  /** Bytes by which tables would grow for one more series with new labels. */
  long growth() {
    long b = pairs.growth(ROOM);
    if (pairs.count() + ROOM > single.length) {
      b += single.length * 8L;
    }
    return b;
  }

  /** Series ever added. */
  long added() {
    return added;
  }

  int pairCount() {
    return pairs.count();
  }

  /** Bytes in use; those of postings as estimated by Roaring. */
  long bytes() {
    long b = reserved() + pairOrder.bytes() + tested.bytes();
    for (Name n : names.values()) {
      b += n.ordered.length * 4L;
    }
    for (int i = 0; i < pairs.count(); i++) {
      RoaringBitmap m = many[i];
      if (m != null) {
        b += m.getSizeInBytes() + 80L;
      }
    }
    return b;
  }
}
