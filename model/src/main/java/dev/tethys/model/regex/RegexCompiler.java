package dev.tethys.model.regex;

import dev.tethys.model.regex.RegexNode.Alternate;
import dev.tethys.model.regex.RegexNode.Assert;
import dev.tethys.model.regex.RegexNode.Chars;
import dev.tethys.model.regex.RegexNode.Concat;
import dev.tethys.model.regex.RegexNode.Group;
import dev.tethys.model.regex.RegexNode.Literal;
import dev.tethys.model.regex.RegexNode.Repeat;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Turns a tree into a program, from its end to its beginning. Only whether there is a match counts,
 * so that order, greediness and groups are dropped and alternatives share their beginnings.
 */
final class RegexCompiler {
  /** Maximum depth to which common prefixes of alternatives are shared. */
  private static final int MAX_SHARED = 200;

  private final RegexProgram p;

  /** Shapes of dots, which most expressions have. */
  private static final Map<CharSet, Utf8Shape> DOTS =
      Map.of(
          CharSet.ANY,
          Objects.requireNonNull(Utf8Shape.of(CharSet.ANY)),
          CharSet.ANY_BUT_NEWLINE,
          Objects.requireNonNull(Utf8Shape.of(CharSet.ANY_BUT_NEWLINE)));

  private final Map<CharSet, Utf8Shape> shapes = new HashMap<>(DOTS);
  private final int match;
  private final int all;

  private RegexCompiler(String expression) {
    p = new RegexProgram(expression);
    match = p.add(RegexProgram.MATCH, 0, 0);
    all = p.add(RegexProgram.ALL, 0, 0);
  }

  /**
   * Compiles a tree.
   *
   * @param fromStart whether a match must start at the start of the text
   * @param toEnd whether it must end at the end of the text
   */
  static RegexProgram compile(String expression, RegexNode tree, boolean fromStart, boolean toEnd) {
    RegexCompiler c = new RegexCompiler(expression);
    int start = c.node(tree, toEnd ? c.match : c.all);
    if (!fromStart && start != c.all) {
      start = c.loop(new Chars(CharSet.ANY), start);
    }
    c.p.close(start);
    return c.p;
  }

  private int node(RegexNode n, int next) {
    if (n instanceof Literal l) {
      return literal(l.text().getBytes(StandardCharsets.UTF_8), 0, next);
    }
    if (n instanceof Chars c) {
      return chars(c.set(), next);
    }
    if (n instanceof Assert t) {
      return next == RegexProgram.FAIL
          ? next
          : p.add(RegexProgram.ASSERT, t.kind().ordinal(), next);
    }
    if (n instanceof Alternate t) {
      return alternatives(t, next);
    }
    if (n instanceof Repeat r) {
      return repeat(r, next);
    }
    int to = next;
    for (RegexNode part : n.parts().reversed()) {
      to = node(part, to);
    }
    return to;
  }

  private int literal(byte[] bytes, int from, int next) {
    int to = next;
    for (int i = bytes.length - 1; i >= from; i--) {
      to = p.range(bytes[i] & 0xFF, bytes[i] & 0xFF, to);
    }
    return to;
  }

  private int chars(CharSet set, int next) {
    if (next == RegexProgram.FAIL) {
      return next;
    }
    Utf8Shape shape = shapes.computeIfAbsent(set, Utf8Shape::of);
    if (shape == null) {
      return RegexProgram.FAIL;
    }
    int[] at = new int[shape.nodes()];
    at[0] = next;
    for (int i = 1; i < at.length; i++) {
      int[] t = shape.transitions(i);
      if (t.length == 3) {
        at[i] = p.range(t[0], t[1], at[t[2]]);
      } else {
        int pool = p.reserve(2 * t.length / 3);
        for (int k = 0; k < t.length; k += 3) {
          p.pool[pool + 2 * k / 3] = t[k] << 8 | t[k + 1];
          p.pool[pool + 2 * k / 3 + 1] = at[t[k + 2]];
        }
        at[i] = p.add(RegexProgram.RANGES, pool, t.length / 3);
      }
    }
    return at[at.length - 1];
  }

  private int split(List<Integer> to) {
    if (to.size() == 1) {
      return to.getFirst();
    }
    int pool = p.reserve(to.size());
    for (int i = 0; i < to.size(); i++) {
      p.pool[pool + i] = to.get(i);
    }
    return p.add(RegexProgram.SPLIT, pool, to.size());
  }

  private int loop(RegexNode part, int next) {
    int pool = p.reserve(2);
    int loop = p.add(RegexProgram.SPLIT, pool, 2);
    int body = node(part, loop); // the pool may be another then
    p.pool[pool] = body;
    p.pool[pool + 1] = next;
    return loop;
  }

  private int repeat(Repeat r, int next) {
    int to = next;
    if (r.max() == RegexNode.INFINITE) {
      boolean anything = plain(r.part()) instanceof Chars c && c.set().isAll();
      if (anything && (next == match || next == all)) {
        to = all;
      } else if (r.min() == 0) {
        return loop(r.part(), next);
      } else {
        int pool = p.reserve(2);
        int loop = p.add(RegexProgram.SPLIT, pool, 2);
        to = node(r.part(), loop);
        p.pool[pool] = to;
        p.pool[pool + 1] = next;
      }
      for (int i = anything && to == all ? 0 : 1; i < r.min(); i++) {
        to = node(r.part(), to);
      }
      return to;
    }
    for (int i = r.min(); i < r.max(); i++) {
      to = split(List.of(node(r.part(), to), next));
    }
    for (int i = 0; i < r.min(); i++) {
      to = node(r.part(), to);
    }
    return to;
  }

  private static RegexNode plain(RegexNode n) {
    RegexNode out = n;
    while (out instanceof Group g) {
      out = g.part();
    }
    return out;
  }

  // ---- alternatives

  /** An alternative: its literal prefix, and the rest. */
  private record Choice(byte[] text, int from, RegexNode rest) {}

  private int alternatives(Alternate t, int next) {
    List<Choice> choices = new ArrayList<>(t.choices().size());
    for (RegexNode n : t.choices()) {
      add(choices, plain(n));
    }
    return shared(choices, next, 0);
  }

  private static void add(List<Choice> to, RegexNode n) {
    if (n instanceof Literal l) {
      to.add(new Choice(l.text().getBytes(StandardCharsets.UTF_8), 0, RegexNode.EMPTY));
    } else if (n instanceof Concat c && c.parts().getFirst() instanceof Literal l) {
      to.add(
          new Choice(
              l.text().getBytes(StandardCharsets.UTF_8),
              0,
              new Concat(c.parts().subList(1, c.parts().size()))));
    } else {
      to.add(new Choice(new byte[0], 0, n));
    }
  }

  private int shared(List<Choice> choices, int next, int depth) {
    List<Integer> to = new ArrayList<>();
    TreeMap<Integer, List<Choice>> byByte = new TreeMap<>();
    for (Choice c : choices) {
      if (c.from == c.text.length) {
        int rest = node(c.rest, next);
        if (rest != RegexProgram.FAIL && !(rest == next && to.contains(next))) {
          to.add(rest);
        }
      } else {
        byByte.computeIfAbsent(c.text[c.from] & 0xFF, k -> new ArrayList<>()).add(c);
      }
    }
    List<int[]> bytes = new ArrayList<>();
    byByte.forEach(
        (first, group) -> {
          int target = behind(group, next, depth);
          if (target != RegexProgram.FAIL) {
            bytes.add(new int[] {first << 8 | first, target});
          }
        });
    if (bytes.size() == 1) {
      to.add(p.add(RegexProgram.RANGE, bytes.getFirst()[0], bytes.getFirst()[1]));
    } else if (!bytes.isEmpty()) {
      int pool = p.reserve(2 * bytes.size());
      for (int i = 0; i < bytes.size(); i++) {
        p.pool[pool + 2 * i] = bytes.get(i)[0];
        p.pool[pool + 2 * i + 1] = bytes.get(i)[1];
      }
      to.add(p.add(RegexProgram.RANGES, pool, bytes.size()));
    }
    return to.isEmpty() ? RegexProgram.FAIL : split(to);
  }

  /** Compiles the remainder of alternatives that share a first byte. */
  private int behind(List<Choice> group, int next, int depth) {
    Choice first = group.getFirst();
    int from = first.from + 1;
    if (group.size() == 1) {
      return literal(first.text, from, node(first.rest, next));
    }
    if (depth >= MAX_SHARED) {
      List<Integer> to = new ArrayList<>();
      for (Choice c : group) {
        int target = literal(c.text, from, node(c.rest, next));
        if (target != RegexProgram.FAIL) {
          to.add(target);
        }
      }
      return to.isEmpty() ? RegexProgram.FAIL : split(to);
    }
    int to = first.text.length;
    for (Choice c : group) {
      int i = from;
      while (i < to && i < c.text.length && c.text[i] == first.text[i]) {
        i++;
      }
      to = i;
    }
    int end = to;
    int target =
        shared(group.stream().map(c -> new Choice(c.text, end, c.rest)).toList(), next, depth + 1);
    for (int i = end - 1; i >= from; i--) {
      target = p.range(first.text[i] & 0xFF, first.text[i] & 0xFF, target);
    }
    return target;
  }

  /** Whether a tree can read the character that replaces bytes that are not UTF-8 in Go. */
  static boolean readsReplacement(@Nullable RegexNode n) {
    if (n == null) {
      return false;
    }
    if (n instanceof Chars c) {
      return c.set().contains(CharSet.REPLACEMENT);
    }
    for (RegexNode part : n.parts()) {
      if (readsReplacement(part)) {
        return true;
      }
    }
    return false;
  }
}
