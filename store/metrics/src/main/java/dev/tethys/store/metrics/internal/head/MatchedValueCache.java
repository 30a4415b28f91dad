package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.Matcher;
import dev.tethys.model.cancellation.Cancellation;
import dev.tethys.store.metrics.internal.index.ValueMatches;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/**
 * Tests the label values of an index with expressions and keeps the outcome for later queries,
 * which test only values that came since.
 *
 * <p>Invariant: at most {@link #MAX_ENTRIES} expressions with {@link #MAX_KEPT} numbers in total,
 * of which the one that was used longest ago leaves first. Thread-safe.
 */
final class MatchedValueCache {
  static final int MAX_ENTRIES = 256;
  private static final int MAX_KEPT = 1 << 20;

  /** Values between two questions whether the response is still wanted. */
  private static final int PIECE = 64;

  /** Values of a label in the order of arrival, as they were under the index's lock. */
  record Values(int[] pairs, int count) {
    static final Values NONE = new Values(new int[0], 0);
  }

  private record Key(String name, String expression) {
    // By hand: what a record makes of itself is assembled when it is first needed, which takes
    // milliseconds.
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Key k && name.equals(k.name) && expression.equals(k.expression);
    }

    @Override
    public int hashCode() {
      return 31 * name.hashCode() + expression.hashCode();
    }
  }

  private final LabelIndex index;
  private final LinkedHashMap<Key, ValueMatches> kept = new LinkedHashMap<>(16, 0.75f, true);

  MatchedValueCache(LabelIndex index) {
    this.index = index;
  }

  /** Cached matches of an expression. */
  synchronized ValueMatches of(Matcher m) {
    Key key = new Key(m.name(), m.value());
    ValueMatches v = kept.get(key);
    if (v == null) {
      v = new ValueMatches();
      kept.put(key, v);
      long numbers = 0;
      for (ValueMatches k : kept.values()) {
        numbers += k.state().met().length;
      }
      Iterator<Map.Entry<Key, ValueMatches>> oldest = kept.entrySet().iterator();
      while (kept.size() > 1 && (numbers > MAX_KEPT || kept.size() > MAX_ENTRIES)) {
        numbers -= oldest.next().getValue().state().met().length;
        oldest.remove();
      }
    }
    return v;
  }

  /** Tests values that were not tested before. Needs no lock. */
  ValueMatches.State test(Matcher m, ValueMatches of, Values values) {
    ValueMatches.State s = of.state();
    if (s.tested() >= values.count) {
      return s;
    }
    boolean positive = m.type() == Matcher.Type.REGEX;
    int[] met = s.met();
    int n = s.count();
    BitSet candidates = LiteralScan.find(index.pairs(), values.pairs, s.tested(), values.count, m);
    int checked = 0;
    for (int i = next(candidates, s.tested()); i >= 0 && i < values.count; ) {
      if (checked++ % PIECE == 0) {
        Cancellation.check();
      }
      int pair = values.pairs[i];
      if (index.pairs().meets(pair, m) == positive) {
        if (n == met.length || met == s.met()) {
          met = Arrays.copyOf(met, Math.max(8, n + (n >>> 1) + 1));
        }
        met[n++] = pair;
      }
      i = next(candidates, i + 1);
    }
    ValueMatches.State next = new ValueMatches.State(values.count, met, n);
    of.publish(next);
    return next;
  }

  private static int next(@Nullable BitSet candidates, int from) {
    return candidates == null ? from : candidates.nextSetBit(from);
  }

  /**
   * Returns all series with a value that matches, or does not match, a matcher. The caller must
   * hold the index's lock.
   *
   * @param known earlier result, or null
   */
  RoaringBitmap join(Matcher m, boolean wanted, Values values, @Nullable ValueMatches known) {
    boolean positive = m.type() == Matcher.Type.EQUAL || m.type() == Matcher.Type.REGEX;
    int[] out;
    int n = 0;
    if (m.type() == Matcher.Type.EQUAL || m.type() == Matcher.Type.NOT_EQUAL) {
      out = new int[values.count];
      for (int i = 0; i < values.count; i++) {
        if (index.pairs().meets(values.pairs[i], m) == wanted) {
          out[n++] = values.pairs[i];
        }
      }
      return index.union(out, n);
    }
    ValueMatches.State s = test(m, known == null ? of(m) : known, values);
    // Another query may have tested values that came since.
    int met = s.count();
    int last = values.count == 0 ? -1 : values.pairs[values.count - 1];
    while (met > 0 && s.met()[met - 1] > last) {
      met--;
    }
    if (positive == wanted) {
      return index.union(s.met(), met);
    }
    out = new int[values.count - met];
    for (int i = 0, k = 0; i < values.count; i++) {
      if (k < met && s.met()[k] == values.pairs[i]) {
        k++;
      } else {
        out[n++] = values.pairs[i];
      }
    }
    return index.union(out, n);
  }

  /** Returns the approximate number of bytes in use. */
  synchronized long bytes() {
    long b = 0;
    for (Map.Entry<Key, ValueMatches> e : kept.entrySet()) {
      b += 200 + 2L * e.getKey().expression.length() + 4L * e.getValue().state().met().length;
    }
    return b;
  }
}
