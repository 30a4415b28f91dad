package dev.tethys.store.metrics.internal.index;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.roaringbitmap.RoaringBitmap;

/** The index finds the same series as a test of every series. */
class MatchingTest {
  private static final String[] VALUES = {
    "a",
    "b",
    "ab",
    "abc",
    "abd",
    "ac",
    "a.c",
    "a|b",
    "é",
    "ée",
    "\uD83D\uDE00",
    "\uD83D\uDE00x",
    "a\nb",
    "x-y",
    "(a)"
  };
  private static final String[] EXPRESSIONS = {
    "a",
    "a|b",
    "(a|b)",
    "(?:ab|abc)",
    "ab.*",
    "ab.+",
    ".*",
    ".+",
    "",
    "|a",
    "a||b",
    "ab?",
    "ab(?i)*",
    "(a|x-)[bc]?y?",
    "ab*",
    "ab+",
    "abc{0,1}",
    "a.c",
    "a\\.c",
    "a\\|b",
    "é.*",
    "ée?",
    "é+",
    "\uD83D\uDE00+",
    "\uD83D\uDE00x?",
    "a.b",
    "(?i)AB",
    "a[bc]",
    "(a)(b)",
    "a|b.*",
    "x-y",
    "x\\-y",
    "\\(a\\)",
    "^a$",
    "a$",
    "[^a].*",
    "ab|a.*",
    "(ab)|c",
    "((a|b))",
    "a{1}",
    "b|",
    "\\Qa.c\\E"
  };

  private static final class Plain implements Postings {
    final List<Labels> series = new ArrayList<>();
    final TreeMap<String, TreeMap<String, RoaringBitmap>> index = new TreeMap<>();
    final RoaringBitmap all = new RoaringBitmap();

    void add(Labels l) {
      int n = series.size();
      series.add(l);
      all.add(n);
      for (Map.Entry<String, String> e : l.toMap().entrySet()) {
        index
            .computeIfAbsent(e.getKey(), k -> new TreeMap<>())
            .computeIfAbsent(e.getValue(), k -> new RoaringBitmap())
            .add(n);
      }
    }

    private final Map<String, Integer> numbers = new HashMap<>();

    private int number(String name, String value) {
      return numbers.computeIfAbsent(name + "=" + value, k -> numbers.size());
    }

    @Override
    public List<String> names() {
      return List.copyOf(index.keySet());
    }

    @Override
    public RoaringBitmap all() {
      return all;
    }

    @Override
    public @Nullable RoaringBitmap of(String name, String value) {
      return index.getOrDefault(name, new TreeMap<>()).get(value);
    }

    @Override
    public void values(String name, String prefix, ValueVisitor to) {
      index
          .getOrDefault(name, new TreeMap<>())
          .forEach(
              (v, b) -> {
                if (v.startsWith(prefix)) {
                  to.value(number(name, v), v, () -> b);
                }
              });
    }
  }

  private static Plain series() {
    Plain p = new Plain();
    for (String v : VALUES) {
      for (String w : VALUES) {
        p.add(Labels.of("__name__", "m", "x", v, "y", w));
      }
      p.add(Labels.of("__name__", "m", "x", v));
      p.add(Labels.of("__name__", "n", "y", v));
    }
    return p;
  }

  private static void check(Plain p, List<Matcher> matchers) {
    RoaringBitmap got = Matching.find(p, matchers);
    for (int i = 0; i < p.series.size(); i++) {
      Labels l = p.series.get(i);
      boolean expected = matchers.stream().allMatch(m -> m.matches(l));
      assertThat(got.contains(i)).as("%s %s", matchers, l).isEqualTo(expected);
    }
  }

  @Test
  void supportsEveryExpressionOfEachKind() {
    Plain p = series();
    for (String e : EXPRESSIONS) {
      for (Matcher.Type t : Matcher.Type.values()) {
        check(p, List.of(Matcher.of(t, "x", e)));
        check(p, List.of(Matcher.of(t, "nothing", e)));
      }
    }
    for (String v : VALUES) {
      check(p, List.of(Matcher.equal("x", v)));
    }
  }

  @Property(tries = 500)
  void severalAtOnce(@ForAll long seed) {
    Random r = new Random(seed);
    Plain p = series();
    List<Matcher> matchers = new ArrayList<>();
    for (int i = 0; i < 1 + r.nextInt(4); i++) {
      String name = new String[] {"x", "y", "__name__", "nothing"}[r.nextInt(4)];
      Matcher.Type t = Matcher.Type.values()[r.nextInt(4)];
      matchers.add(Matcher.of(t, name, EXPRESSIONS[r.nextInt(EXPRESSIONS.length)]));
    }
    check(p, matchers);
  }
}
