package dev.tethys.store.metrics.internal.index;

import dev.tethys.model.Matcher;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.roaringbitmap.FastAggregation;
import org.roaringbitmap.RoaringBitmap;

/**
 * Finds the series that satisfy matchers. A matcher that the absent label meets is answered by
 * taking away the series whose value does not meet it; any other by joining those whose value does.
 * Expressions that name some values are evaluated without testing all values.
 */
public final class Matching {
  private Matching() {}

  /** The series that meet all matchers; the bitmap is the caller's own. */
  public static RoaringBitmap find(Postings index, List<Matcher> matchers) {
    return find(index, matchers, Expressions.NONE);
  }

  /** Same as the other overload, with known results for values. */
  public static RoaringBitmap find(Postings index, List<Matcher> matchers, Expressions known) {
    RoaringBitmap result = null;
    List<RoaringBitmap> away = new ArrayList<>();
    for (Matcher m : matchers) {
      if (m.matchesEmpty()) {
        RoaringBitmap no = join(index, m, false, known);
        if (!no.isEmpty()) {
          away.add(no);
        }
        continue;
      }
      RoaringBitmap yes = join(index, m, true, known);
      if (result == null) {
        result = yes;
      } else {
        result = RoaringBitmap.and(result, yes);
      }
      if (result.isEmpty()) {
        return new RoaringBitmap();
      }
    }
    RoaringBitmap out = result == null ? index.all().clone() : result.clone();
    for (RoaringBitmap b : away) {
      out.andNot(b);
    }
    return out;
  }

  /** The series that meet any of some sets of matchers; all of them if there is no set. */
  public static RoaringBitmap findAny(Postings index, List<List<Matcher>> matcherSets) {
    return findAny(index, matcherSets, Expressions.NONE);
  }

  /** Same as the other overload, with known results for values. */
  public static RoaringBitmap findAny(
      Postings index, List<List<Matcher>> matcherSets, Expressions known) {
    if (matcherSets.isEmpty()) {
      return index.all().clone();
    }
    RoaringBitmap out = new RoaringBitmap();
    for (List<Matcher> matchers : matcherSets) {
      out.or(find(index, matchers, known));
    }
    return out;
  }

  /** Whether the values of a label have to be tested one by one to find what meets a matcher. */
  public static boolean testsValues(Matcher m) {
    boolean positive = m.type() == Matcher.Type.REGEX;
    return (positive || m.type() == Matcher.Type.NOT_REGEX)
        && (m.values() == null || positive == m.matchesEmpty());
  }

  /** Series with a value that meets the matcher ({@code wanted}) or does not. */
  private static RoaringBitmap join(Postings index, Matcher m, boolean wanted, Expressions known) {
    // The values that the positive form of the matcher names; the matcher negates it or not.
    boolean positive = m.type() == Matcher.Type.EQUAL || m.type() == Matcher.Type.REGEX;
    Set<String> values = m.values();
    if (values == null || positive != wanted) {
      return index.join(m, wanted, known);
    }
    List<RoaringBitmap> found = new ArrayList<>();
    for (String v : values) {
      RoaringBitmap b = v.isEmpty() ? null : index.of(m.name(), v);
      if (b != null) {
        found.add(b);
      }
    }
    return switch (found.size()) {
      case 0 -> new RoaringBitmap();
      case 1 -> found.getFirst();
      default -> FastAggregation.or(found.iterator());
    };
  }
}
