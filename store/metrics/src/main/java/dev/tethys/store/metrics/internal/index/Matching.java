package dev.tethys.store.metrics.internal.index;

import dev.tethys.model.Matcher;
import java.util.ArrayList;
import java.util.List;
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
  private static final String META = "\\.+*?()|[]{}^$";

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
  record Form(@Nullable List<String> literals, String prefix, Tail tail) {
    /** What may follow the prefix. */
    enum Tail {
      EXPRESSION,
      ANYTHING,
      SOMETHING
    }

    static Form of(Matcher m) {
      String v = m.value();
      if (m.type() == Matcher.Type.EQUAL || m.type() == Matcher.Type.NOT_EQUAL) {
        return new Form(List.of(v), "", Tail.EXPRESSION);
      }
      List<String> alternatives = literals(v);
      if (alternatives != null) {
        return new Form(alternatives, "", Tail.EXPRESSION);
      }
      int n = 0;
      while (n < v.length() && META.indexOf(v.charAt(n)) < 0) {
        n++;
      }
      String rest = v.substring(n);
      if (rest.equals(".*")) {
        return new Form(null, v.substring(0, n), Tail.ANYTHING);
      }
      if (rest.equals(".+")) {
        return new Form(null, v.substring(0, n), Tail.SOMETHING);
      }
      if (v.indexOf('|') >= 0 || rest.isEmpty() || "*?{".indexOf(rest.charAt(0)) >= 0) {
        // An alternative may start otherwise; a repetition may take the last character away.
        return new Form(null, "", Tail.EXPRESSION);
      }
      if (rest.charAt(0) == '+') {
        n = n == 0 ? 0 : v.offsetByCodePoints(n, -1); // what repeats may not be followed by itself
      }
      return new Form(null, v.substring(0, n), Tail.EXPRESSION);
    }

    /** {@code a|b|c}, with an outer group or without; null when it is anything else. */
    static @Nullable List<String> literals(String v) {
      String s = v;
      if (s.startsWith("(?:") && s.endsWith(")")) {
        s = s.substring(3, s.length() - 1);
      } else if (s.startsWith("(") && s.endsWith(")") && !s.startsWith("(?")) {
        s = s.substring(1, s.length() - 1);
      }
      List<String> out = new ArrayList<>();
      StringBuilder sb = new StringBuilder();
      for (int i = 0; i < s.length(); i++) {
        char c = s.charAt(i);
        if (c == '|') {
          out.add(sb.toString());
          sb.setLength(0);
        } else if (c == '\\'
            && i + 1 < s.length()
            && s.charAt(i + 1) < 128
            && !Character.isLetterOrDigit(s.charAt(i + 1))) {
          sb.append(s.charAt(++i));
        } else if (META.indexOf(c) >= 0) {
          return null;
        } else {
          sb.append(c);
        }
      }
      out.add(sb.toString());
      return out.stream().distinct().toList();
    }

    Predicate<String> test(Matcher m) {
      if (m.type() == Matcher.Type.EQUAL || m.type() == Matcher.Type.NOT_EQUAL) {
        return m::matches;
      }
      boolean positive = m.type() == Matcher.Type.REGEX;
      if (literals != null) {
        var set = new java.util.HashSet<>(literals);
        return v -> set.contains(v) == positive;
      }
      return switch (tail) {
        case ANYTHING -> v -> v.startsWith(prefix) == positive;
        case SOMETHING -> v -> (v.startsWith(prefix) && v.length() > prefix.length()) == positive;
        case EXPRESSION -> v -> m.matches(v);
      };
    }
  }
}
