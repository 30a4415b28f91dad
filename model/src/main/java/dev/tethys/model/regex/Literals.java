package dev.tethys.model.regex;

import dev.tethys.model.regex.RegexNode.Alternate;
import dev.tethys.model.regex.RegexNode.Assert;
import dev.tethys.model.regex.RegexNode.Assertion;
import dev.tethys.model.regex.RegexNode.Chars;
import dev.tethys.model.regex.RegexNode.Concat;
import dev.tethys.model.regex.RegexNode.Empty;
import dev.tethys.model.regex.RegexNode.Group;
import dev.tethys.model.regex.RegexNode.Literal;
import dev.tethys.model.regex.RegexNode.Repeat;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Literals of a tree: the values that it matches, or text that every match contains. */
final class Literals {
  /** Total number of characters of all values, unless the expression itself has more. */
  private static final int MAX_CHARACTERS = 100_000;

  private static final Set<String> NOTHING = Set.of("");

  private Literals() {}

  /** A tree as a sequence, without groups. */
  static List<RegexNode> sequence(RegexNode tree) {
    List<RegexNode> out = new ArrayList<>();
    flatten(tree, out);
    return out;
  }

  private static void flatten(RegexNode n, List<RegexNode> to) {
    if (n instanceof Group g) {
      flatten(g.part(), to);
    } else if (n instanceof Concat c) {
      c.parts().forEach(p -> flatten(p, to));
    } else if (n instanceof Literal l) {
      if (!to.isEmpty() && to.getLast() instanceof Literal before) {
        to.set(to.size() - 1, new Literal(before.text() + l.text()));
      } else {
        to.add(l);
      }
    } else if (n instanceof Chars c && literal(c.set())) {
      flatten(new Literal(character(c.set())), to);
    } else if (!(n instanceof Empty)) {
      to.add(n);
    }
  }

  private static boolean literal(CharSet set) {
    int c = set.single();
    return c >= 0 && c != CharSet.REPLACEMENT && !isSurrogate(c);
  }

  private static boolean isSurrogate(int c) {
    return c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE;
  }

  private static String character(CharSet set) {
    return Character.toString(set.low(0));
  }

  /** Returns the longest text contained in every match; "" if there is none. */
  static String required(List<RegexNode> sequence) {
    String best = "";
    for (RegexNode n : sequence) {
      String found = "";
      if (n instanceof Literal l) {
        found = l.text();
      } else if (n instanceof Repeat r && r.min() > 0) {
        found = required(sequence(r.part()));
      }
      best = found.length() > best.length() ? found : best;
    }
    return best;
  }

  /**
   * Strings, one of which every match contains, as long as possible; empty if none are known.
   *
   * @param most maximum number of strings
   */
  static Set<String> requiredChoices(List<RegexNode> sequence, int most) {
    Set<String> best = Set.of();
    for (RegexNode n : sequence) {
      Set<String> found = Set.of();
      if (n instanceof Literal l) {
        found = Set.of(l.text());
      } else if (n instanceof Repeat r && r.min() > 0) {
        found = requiredChoices(sequence(r.part()), most);
      } else if (n instanceof Alternate a) {
        found = requiredChoices(a, most);
      }
      best = shortest(found) > shortest(best) ? found : best;
    }
    return best;
  }

  private static Set<String> requiredChoices(Alternate a, int most) {
    Set<String> out = new LinkedHashSet<>();
    for (RegexNode choice : a.choices()) {
      Set<String> some = requiredChoices(sequence(choice), most);
      out.addAll(some);
      if (some.isEmpty() || out.size() > most) {
        return Set.of();
      }
    }
    return out;
  }

  private static int shortest(Set<String> texts) {
    return texts.stream().mapToInt(String::length).min().orElse(0);
  }

  /**
   * Returns the longest text contained in every match, ignoring the case of ASCII letters; "" if
   * there is none.
   */
  static String requiredFolded(List<RegexNode> sequence) {
    String best = "";
    StringBuilder run = new StringBuilder();
    for (RegexNode n : sequence) {
      String next = "";
      if (n instanceof Literal l) {
        next = l.text();
      } else if (n instanceof Chars c) {
        next = foldedLetter(c.set());
      }
      if (next.isEmpty()) {
        best = run.length() > best.length() ? run.toString() : best;
        run.setLength(0);
        if (n instanceof Repeat r && r.min() > 0) {
          String part = requiredFolded(sequence(r.part()));
          best = part.length() > best.length() ? part : best;
        }
      }
      run.append(next);
    }
    return run.length() > best.length() ? run.toString() : best;
  }

  /** The letter of a set that is one ASCII letter in both cases; "" for any other set. */
  private static String foldedLetter(CharSet set) {
    for (char c = 'a'; c <= 'z'; c++) {
      if (set.contains(c)) {
        char upper = (char) (c - 'a' + 'A');
        return set.contains(upper) && set.size() == 2 ? String.valueOf(c) : "";
      }
    }
    return "";
  }

  /** Collects the names of groups; the first of equal names wins. */
  static void names(RegexNode tree, Map<String, Integer> to) {
    if (tree instanceof Group g) {
      if (g.name() != null) {
        to.putIfAbsent(g.name(), g.number());
      }
      names(g.part(), to);
    } else {
      tree.parts().forEach(p -> names(p, to));
    }
  }

  // ---- all values

  /**
   * Returns the complete set of values a tree matches, if limited; null if unknown.
   *
   * @param most maximum number of values
   * @param characters maximum number of characters of all values together
   */
  static @Nullable Set<String> values(RegexNode tree, int most, int characters) {
    Set<String> out = new Values(most, Math.max(MAX_CHARACTERS, characters)).of(tree, true, true);
    return out == null ? null : Collections.unmodifiableSet(out);
  }

  /** Combines alternatives up to a number. */
  private record Values(int most, int characters) {
    /**
     * @param first whether the part starts at the start of the text
     * @param last whether it ends at the end of the text
     */
    @Nullable Set<String> of(RegexNode n, boolean first, boolean last) {
      if (n instanceof Literal l) {
        return Set.of(l.text());
      }
      if (n instanceof Group g) {
        return of(g.part(), first, last);
      }
      if (n instanceof Chars c) {
        return characters(c.set());
      }
      if (n instanceof Assert a) {
        return a.kind() == Assertion.BEGIN_TEXT && first || a.kind() == Assertion.END_TEXT && last
            ? NOTHING
            : null;
      }
      if (n instanceof Concat c) {
        return concat(c.parts(), first, last);
      }
      if (n instanceof Alternate a) {
        return alternate(a, first, last);
      }
      return n instanceof Repeat r ? repeat(r, first, last) : NOTHING;
    }

    private @Nullable Set<String> alternate(Alternate a, boolean first, boolean last) {
      Set<String> out = new LinkedHashSet<>();
      for (RegexNode choice : a.choices()) {
        Set<String> some = of(choice, first, last);
        if (some == null || out.size() + some.size() > 2L * most) {
          return null;
        }
        out.addAll(some);
      }
      return out.size() <= most ? out : null;
    }

    private @Nullable Set<String> concat(List<RegexNode> parts, boolean first, boolean last) {
      int from = 0;
      int to = parts.size();
      while (from < to && parts.get(from) instanceof Assert) {
        from++;
      }
      while (to > from && parts.get(to - 1) instanceof Assert) {
        to--;
      }
      Set<String> out = NOTHING;
      for (int i = 0; i < parts.size() && out != null; i++) {
        Set<String> next = of(parts.get(i), first && i <= from, last && i >= to - 1);
        out = next == null ? null : joined(out, next);
      }
      return out;
    }

    private @Nullable Set<String> characters(CharSet set) {
      if (set.size() > most || set.contains(CharSet.REPLACEMENT)) {
        return null;
      }
      Set<String> out = new LinkedHashSet<>();
      for (int i = 0; i < set.ranges(); i++) {
        for (int c = set.low(i); c <= set.high(i); c++) {
          if (!isSurrogate(c)) {
            out.add(Character.toString(c));
          }
        }
      }
      return out;
    }

    private @Nullable Set<String> repeat(Repeat r, boolean first, boolean last) {
      if (r.max() == RegexNode.INFINITE) {
        return null;
      }
      // Of several rounds, none is both the first and the last.
      boolean once = r.max() == 1;
      Set<String> one = of(r.part(), first && once, last && once);
      if (one == null) {
        return null;
      }
      Set<String> out = NOTHING;
      for (int i = 0; i < r.max() && out != null; i++) {
        Set<String> next = one;
        if (i >= r.min()) {
          next = new LinkedHashSet<>(one);
          next.add("");
        }
        out = joined(out, next);
      }
      return out;
    }

    private @Nullable Set<String> joined(Set<String> before, Set<String> behind) {
      if (before.equals(NOTHING)) {
        return behind;
      }
      if (behind.equals(NOTHING)) {
        return before;
      }
      if ((long) before.size() * behind.size() > most) {
        return null;
      }
      Set<String> out = new LinkedHashSet<>();
      long made = 0;
      for (String a : before) {
        for (String b : behind) {
          made += a.length() + b.length();
          if (made > characters) {
            return null;
          }
          out.add(a + b);
        }
      }
      return out;
    }
  }

  // ---- beginnings

  /** Common prefix of all values that a tree matches as a whole; "" if unknown. */
  static String prefix(RegexNode tree) {
    StringBuilder out = new StringBuilder();
    for (RegexNode n : sequence(tree)) {
      if (n instanceof Literal l) {
        out.append(l.text());
      } else if (n instanceof Repeat r && r.min() > 0) {
        return out.append(prefix(r.part())).toString();
      } else if (n instanceof Alternate a) {
        return out.append(common(a)).toString();
      } else if (!(n instanceof Assert)) { // an assertion takes nothing
        return out.toString();
      }
    }
    return out.toString();
  }

  private static String common(Alternate a) {
    String common = null;
    for (RegexNode choice : a.choices()) {
      String p = prefix(choice);
      common = common == null ? p : common(common, p);
    }
    return common == null ? "" : common;
  }

  private static String common(String a, String b) {
    int n = 0;
    while (n < a.length() && n < b.length() && a.charAt(n) == b.charAt(n)) {
      n++;
    }
    if (n > 0 && Character.isHighSurrogate(a.charAt(n - 1))) {
      n--;
    }
    return a.substring(0, n);
  }
}
