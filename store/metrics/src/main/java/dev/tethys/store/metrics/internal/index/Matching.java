package dev.tethys.store.metrics.internal.index;

import dev.tethys.model.Matcher;
import dev.tethys.model.RegexLiterals;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.FastAggregation;
import org.roaringbitmap.RoaringBitmap;

/**
 * Finds the series that meet matchers. A matcher that the absent label meets is answered by taking
 * away the series whose value does not meet it; any other by joining those whose value does.
 * Expressions that are a set of literals, or a literal prefix and {@code .*}, are answered without
 * running them over all values.
 */
public final class Matching {
  /** Values that groups and classes make together; more are looked through. */
  private static final int MOST_COMBINED = 1000;

  private Matching() {}

  /** The series that meet all matchers; the bitmap is the caller's own. */
  public static RoaringBitmap find(Postings index, List<Matcher> matchers) {
    return find(index, matchers, Expressions.NONE);
  }

  /** The same with what is known about values. */
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

  /** The series that meet any of some sets of matchers; all of them when there is no set. */
  public static RoaringBitmap findAny(Postings index, List<List<Matcher>> matcherSets) {
    return findAny(index, matcherSets, Expressions.NONE);
  }

  /** The same with what is known about values. */
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

  /**
   * With what the values start over which a matcher's expression has to be run; null when it needs
   * not be run.
   */
  public static @Nullable String prefixOfValues(Matcher m) {
    boolean positive = m.type() == Matcher.Type.REGEX;
    if (!positive && m.type() != Matcher.Type.NOT_REGEX) {
      return null;
    }
    Form form = Form.of(m);
    if (form.literals != null || form.tail != Form.Tail.EXPRESSION) {
      return null;
    }
    return positive != m.matchesEmpty() ? form.prefix : "";
  }

  /** All series with a value that meets the matcher ({@code wanted}) or does not. */
  private static RoaringBitmap join(Postings index, Matcher m, boolean wanted, Expressions known) {
    List<RoaringBitmap> found = new ArrayList<>();
    Form form = Form.of(m);
    // The values that the positive form of the matcher names; the matcher negates it or not.
    boolean positive = m.type() == Matcher.Type.EQUAL || m.type() == Matcher.Type.REGEX;
    if (form.literals != null && positive == wanted) {
      for (String v : form.literals) {
        RoaringBitmap b = v.isEmpty() ? null : index.of(m.name(), v);
        if (b != null) {
          found.add(b);
        }
      }
    } else {
      String prefix = positive == wanted ? form.prefix : "";
      Predicate<String> test = form.test(m);
      index.values(
          m.name(),
          prefix,
          (number, value, postings) -> {
            if (known.test(index, m, number, value, test) == wanted) {
              found.add(postings.get());
            }
          });
    }
    return switch (found.size()) {
      case 0 -> new RoaringBitmap();
      case 1 -> found.getFirst();
      default -> FastAggregation.or(found.iterator());
    };
  }

  /** What can be known about an expression before it is run. */
  record Form(@Nullable Set<String> literals, String prefix, Tail tail) {
    /** What may follow the prefix. */
    enum Tail {
      EXPRESSION,
      ANYTHING,
      SOMETHING
    }

    static Form of(Matcher m) {
      String v = m.value();
      if (m.type() == Matcher.Type.EQUAL || m.type() == Matcher.Type.NOT_EQUAL) {
        return new Form(Set.of(v), "", Tail.EXPRESSION);
      }
      // A list of alternatives has as many as it has characters, at most.
      Set<String> values = RegexLiterals.values(v, Math.max(MOST_COMBINED, v.length()));
      if (values != null) {
        return new Form(values, "", Tail.EXPRESSION);
      }
      String prefix = RegexLiterals.prefix(v);
      return switch (v.substring(prefix.length())) {
        case ".*" -> new Form(null, prefix, Tail.ANYTHING);
        case ".+" -> new Form(null, prefix, Tail.SOMETHING);
        default -> new Form(null, prefix, Tail.EXPRESSION);
      };
    }

    Predicate<String> test(Matcher m) {
      if (m.type() == Matcher.Type.EQUAL || m.type() == Matcher.Type.NOT_EQUAL) {
        return m::matches;
      }
      boolean positive = m.type() == Matcher.Type.REGEX;
      if (literals != null) {
        return v -> literals.contains(v) == positive;
      }
      return switch (tail) {
        case ANYTHING -> v -> v.startsWith(prefix) == positive;
        case SOMETHING -> v -> (v.startsWith(prefix) && v.length() > prefix.length()) == positive;
        case EXPRESSION -> v -> m.matches(v);
      };
    }
  }
}
