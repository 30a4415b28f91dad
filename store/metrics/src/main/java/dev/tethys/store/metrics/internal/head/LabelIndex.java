package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.store.metrics.internal.index.Expressions;
import dev.tethys.store.metrics.internal.index.PairHash;
import dev.tethys.store.metrics.internal.index.Postings;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
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

  /** Labels that one series may bring, as a rule. */
  private static final int ROOM = 32;

  /**
   * Series of one target have slots side by side, which are a run of four bytes instead of two
   * bytes each; it is looked at after so many slots. Series that leave from between others make
   * many runs of one, and each of them costs whoever counts a list: so it is looked at then as
   * well. A prime, for what a target brings comes at even distances.
   */
  private static final int RUN_EVERY = 509;

  private final ByteArena pairBytes = new ByteArena();
  private final ByteArena lists = new ByteArena();
  private final Fingerprint hash;

  private int pairs;
  private int[] pairAt = new int[256];
  private int[] pairLength = new int[256];
  private int[] pairHash = new int[256];
  private int[] single = new int[256]; // the only series of a pair; 0 when there is none
  private @Nullable RoaringBitmap[] many = new RoaringBitmap[256]; // all its series, when > 1
  private int[] table = new int[1024]; // pair + 1 by hash, open addressing

  private final TreeMap<String, Name> names = new TreeMap<>();
  private final RoaringBitmap all = new RoaringBitmap();
  private long added; // series, those that left among them
  private long version = VERSIONS.getAndAdd(1L << 40); // another after every change, here or anew
  private byte[] scratch = new byte[256];
  private final TestedValues tested = new TestedValues(this);
  private volatile PairOrder pairOrder = new PairOrder(new int[0], new int[0]);

  private static final class Name {
    int[] pairs = new int[4];
    int count;

    void add(int pair) {
      if (count == pairs.length) {
        pairs = Arrays.copyOf(pairs, count * 2);
      }
      pairs[count++] = pair;
    }
  }

  LabelIndex(Fingerprint key) {
    this.hash = key.sameKey();
  }

  /**
   * Adds a series; the name of its list of pairs.
   *
   * @throws dev.tethys.model.storage.StorageException when there is no room: no posting names it
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
      n = put(scratch, n, pair);
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

  /** Takes a series out of the postings; its labels stay readable. */
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
    int h = (int) hash.low(b, start, end - start, 0);
    int mask = table.length - 1;
    int i = h & mask;
    while (table[i] != 0) {
      int pair = table[i] - 1;
      if (pairHash[pair] == h
          && pairLength[pair] == end - start
          && Arrays.equals(
              pairBytes.page(pairAt[pair]),
              pairBytes.offset(pairAt[pair]),
              pairBytes.offset(pairAt[pair]) + end - start,
              b,
              start,
              end)) {
        return pair;
      }
      i = i + 1 & mask;
    }
    int pair = pairs;
    if (pair == pairAt.length) {
      int n = pair * 2;
      pairAt = Arrays.copyOf(pairAt, n);
      pairLength = Arrays.copyOf(pairLength, n);
      pairHash = Arrays.copyOf(pairHash, n);
      single = Arrays.copyOf(single, n);
      many = Arrays.copyOf(many, n);
    }
    pairAt[pair] = pairBytes.put(b, start, end - start);
    pairLength[pair] = end - start;
    pairHash[pair] = h;
    pairs++;
    table[i] = pair + 1;
    if (pairs * 4L > table.length * 3L) {
      rehash();
    }
    names
        .computeIfAbsent(new String(b, nameAt, nameLength, StandardCharsets.UTF_8), k -> new Name())
        .add(pair);
    return pair;
  }

  private void rehash() {
    int[] t = new int[table.length * 2];
    for (int pair = 0; pair < pairs; pair++) {
      int i = pairHash[pair] & t.length - 1;
      while (t[i] != 0) {
        i = i + 1 & t.length - 1;
      }
      t[i] = pair + 1;
    }
    table = t;
  }

  /** The labels of a series by the name of its list. */
  Labels labels(int list) {
    byte[] page = lists.page(list);
    int start = lists.offset(list);
    int n = 0;
    int p = start;
    while (page[p] != 0) {
      int v = number(page, p);
      p += size(v);
      n += pairLength[v - 1];
    }
    byte[] out = new byte[n];
    n = 0;
    p = start;
    while (page[p] != 0) {
      int v = number(page, p);
      p += size(v);
      int at = pairAt[v - 1];
      int length = pairLength[v - 1];
      System.arraycopy(pairBytes.page(at), pairBytes.offset(at), out, n, length);
      n += length;
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
        return x == 0 ? -1 : y == 0 ? 1 : comparePairs(x - 1, y - 1);
      }
      if (x == 0) {
        return 0;
      }
      p += size(x);
      q += size(y);
    }
  }

  private int comparePairs(int x, int y) {
    byte[] a = pairBytes.page(pairAt[x]);
    byte[] b = pairBytes.page(pairAt[y]);
    int p = pairBytes.offset(pairAt[x]);
    int q = pairBytes.offset(pairAt[y]);
    for (int half = 0; half < 2; half++) {
      int n = number(a, p);
      int m = number(b, q);
      p += size(n);
      q += size(m);
      int c = Arrays.compareUnsigned(a, p, p + n, b, q, q + m);
      if (c != 0) {
        return c;
      }
      p += n;
      q += m;
    }
    return 0;
  }

  /**
   * The place of each pair among all pairs that there were when it was asked, by name and then by
   * value. Made when it is first asked for, and again when there are more pairs.
   *
   * @param lists of series; their pairs have a place
   * @param most the most pairs that may be put in order for this
   * @return null when that would be too many
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
      o = o.with(highest + 1, this::comparePairs);
      pairOrder = o;
    }
    return o.places();
  }

  /** The first pair of a list, or of what is left of one; -1 at its end. Needs no lock. */
  int pairAt(int list) {
    return number(lists.page(list), lists.offset(list)) - 1;
  }

  /** What is left of a list after its first pair. */
  int next(int list, int pair) {
    return list + size(pair + 1);
  }

  /** How many bytes the labels of a series take. */
  int length(int list) {
    int n = 0;
    for (int pair = pairAt(list); pair >= 0; pair = pairAt(list)) {
      n += pairLength[pair];
      list = next(list, pair);
    }
    return n;
  }

  /** Whether a list spells these canonical bytes. */
  boolean spells(int list, byte[] canonical) {
    byte[] page = lists.page(list);
    int p = lists.offset(list);
    int at = 0;
    while (page[p] != 0) {
      int v = number(page, p);
      p += size(v);
      int length = pairLength[v - 1];
      int from = pairBytes.offset(pairAt[v - 1]);
      if (at + length > canonical.length
          || !Arrays.equals(
              pairBytes.page(pairAt[v - 1]), from, from + length, canonical, at, at + length)) {
        return false;
      }
      at += length;
    }
    return at == canonical.length;
  }

  private static int put(byte[] b, int p, int pair) {
    int v = pair + 1;
    while ((v & ~0x7f) != 0) {
      b[p++] = (byte) (v | 0x80);
      v >>>= 7;
    }
    b[p++] = (byte) v;
    return p;
  }

  private static int number(byte[] b, int p) {
    int v = 0;
    for (int shift = 0; ; shift += 7) {
      byte x = b[p++];
      v |= (x & 0x7f) << shift;
      if (x >= 0) {
        return v;
      }
    }
  }

  private static int size(int v) {
    return (38 - Integer.numberOfLeadingZeros(v | 1)) / 7;
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
    int h = (int) hash.low(canonical, 0, canonical.length, 0);
    int mask = table.length - 1;
    for (int i = h & mask; table[i] != 0; i = i + 1 & mask) {
      int pair = table[i] - 1;
      int at = pairBytes.offset(pairAt[pair]);
      if (pairHash[pair] == h
          && pairLength[pair] == canonical.length
          && Arrays.equals(
              pairBytes.page(pairAt[pair]),
              at,
              at + canonical.length,
              canonical,
              0,
              canonical.length)) {
        return bitmap(pair);
      }
    }
    return null;
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

  /** Writes the pairs of a list as far as there is room; how many it has. Needs no lock. */
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

  /** The hash of a pair, given that of its name. Needs no lock. */
  long valueHash(long name, int pair) {
    byte[] page = pairBytes.page(pairAt[pair]);
    int p = pairBytes.offset(pairAt[pair]);
    int n = number(page, p);
    p += size(n) + n;
    int length = number(page, p);
    return PairHash.of(name, page, p + size(length), length);
  }

  /** The value of a pair. Needs no lock. */
  String value(int pair) {
    byte[] page = pairBytes.page(pairAt[pair]);
    int p = pairBytes.offset(pairAt[pair]);
    int n = number(page, p);
    p += size(n) + n;
    int length = number(page, p);
    p += size(length);
    return new String(page, p, length, StandardCharsets.UTF_8);
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
      String v = value(pair);
      if (v.startsWith(prefix)) {
        to.value(pair, v, () -> bitmap(pair));
      }
    }
  }

  /** The values of a label, in the order in which they came. */
  TestedValues.Values valuesOf(String name) {
    Name n = names.get(name);
    return n == null ? TestedValues.Values.NONE : new TestedValues.Values(n.pairs, n.count);
  }

  /** Values that were tested with expressions. */
  TestedValues tested() {
    return tested;
  }

  @Override
  public RoaringBitmap join(Matcher m, boolean wanted, Expressions known) {
    return tested.join(m, wanted, valuesOf(m.name()), known.of(m, this));
  }

  /** Whether the value of a pair meets a matcher. Needs no lock. */
  boolean meets(int pair, Matcher m) {
    byte[] page = pairBytes.page(pairAt[pair]);
    int p = pairBytes.offset(pairAt[pair]);
    int n = number(page, p);
    p += size(n) + n;
    int length = number(page, p);
    p += size(length);
    return m.matches(page, p, p + length);
  }

  /** The series of some pairs. */
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
              v.pair(name, value(n.pairs[i]), c);
            }
          }
        });
  }

  /** Bytes of tables. */
  long reserved() {
    return pairAt.length * 20L + table.length * 4L + pairBytes.bytes() + lists.bytes();
  }

  /** Bytes by which tables would grow for one more series with new labels. */
  long growth() {
    long b = 0;
    if (pairs + ROOM > pairAt.length) {
      b += pairAt.length * 20L;
    }
    if ((pairs + ROOM) * 4L > table.length * 3L) {
      b += table.length * 4L;
    }
    return b;
  }

  /** Series ever added. */
  long added() {
    return added;
  }

  int pairCount() {
    return pairs;
  }

  /** Bytes held, postings estimated by what Roaring says of itself. */
  long bytes() {
    long b = reserved() + pairOrder.bytes() + tested.bytes();
    for (int i = 0; i < pairs; i++) {
      RoaringBitmap m = many[i];
      if (m != null) {
        b += m.getSizeInBytes() + 80L;
      }
    }
    return b;
  }
}
