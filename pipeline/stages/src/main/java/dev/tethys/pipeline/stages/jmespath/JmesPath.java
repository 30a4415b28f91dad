package dev.tethys.pipeline.stages.jmespath;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An expression of JMESPath over values as {@code JsonReader} gives them. Immutable, safe for
 * several threads.
 */
public final class JmesPath {
  private final JmesPathTree tree;

  private JmesPath(JmesPathTree tree) {
    this.tree = tree;
  }

  /**
   * Compiles an expression.
   *
   * @throws JmesPathException if it is not valid
   */
  public static JmesPath compile(String expression) throws JmesPathException {
    return new JmesPath(JmesPathParser.parse(expression));
  }

  /**
   * Evaluates the expression over a value.
   *
   * @throws JmesPathException if an argument of a function has the wrong type
   */
  public @Nullable Object search(@Nullable Object value) throws JmesPathException {
    return evaluate(tree, value);
  }

  /** Returns the keys of a plain key path; null for any other expression. */
  public @Nullable List<String> keys() {
    List<String> out = new ArrayList<>();
    return addKeys(tree, out) ? out : null;
  }

  private static boolean addKeys(JmesPathTree t, List<String> out) {
    return switch (t) {
      case JmesPathTree.Field f -> out.add(f.name());
      case JmesPathTree.Chain(JmesPathTree left, JmesPathTree right) ->
          addKeys(left, out) && addKeys(right, out);
      default -> false;
    };
  }

  static @Nullable Object evaluate(JmesPathTree tree, @Nullable Object value)
      throws JmesPathException {
    return switch (tree) {
      case JmesPathTree.Current c -> value;
      case JmesPathTree.Literal l -> l.value();
      case JmesPathTree.Field f -> value instanceof Map<?, ?> m ? m.get(f.name()) : null;
      case JmesPathTree.Index i -> index(value, i.at());
      case JmesPathTree.Slice s -> slice(value, s);
      case JmesPathTree.Chain c -> {
        Object left = evaluate(c.left(), value);
        yield left == null && !(c.right() instanceof JmesPathTree.Call)
            ? null
            : evaluate(c.right(), left);
      }
      case JmesPathTree.Pipe p -> evaluate(p.right(), evaluate(p.left(), value));
      case JmesPathTree.ListProjection p ->
          evaluate(p.left(), value) instanceof List<?> l ? each(p.right(), l) : null;
      case JmesPathTree.ValueProjection p ->
          evaluate(p.left(), value) instanceof Map<?, ?> m
              ? each(p.right(), new ArrayList<>(m.values()))
              : null;
      case JmesPathTree.Filter f -> filter(f, evaluate(f.left(), value));
      case JmesPathTree.Flatten f -> flatten(evaluate(f.of(), value));
      case JmesPathTree.Compare c ->
          JmesPathValues.compare(
              c.operator(), evaluate(c.left(), value), evaluate(c.right(), value));
      case JmesPathTree.And a -> {
        Object left = evaluate(a.left(), value);
        yield JmesPathValues.truth(left) ? evaluate(a.right(), value) : left;
      }
      case JmesPathTree.Or o -> {
        Object left = evaluate(o.left(), value);
        yield JmesPathValues.truth(left) ? left : evaluate(o.right(), value);
      }
      case JmesPathTree.Not n -> !JmesPathValues.truth(evaluate(n.of(), value));
      case JmesPathTree.MultiList m -> value == null ? null : all(m.items(), value);
      case JmesPathTree.MultiHash m -> {
        if (value == null) {
          yield null;
        }
        List<@Nullable Object> values = all(m.values(), value);
        Map<String, @Nullable Object> out = new LinkedHashMap<>();
        for (int i = 0; i < values.size(); i++) {
          out.put(m.keys().get(i), values.get(i));
        }
        yield out;
      }
      case JmesPathTree.Call c -> JmesPathFunctions.call(c.function(), all(c.arguments(), value));
      case JmesPathTree.Reference r -> r;
    };
  }

  private static List<@Nullable Object> all(List<JmesPathTree> trees, @Nullable Object value)
      throws JmesPathException {
    List<@Nullable Object> out = new ArrayList<>(trees.size());
    for (JmesPathTree t : trees) {
      out.add(evaluate(t, value));
    }
    return out;
  }

  private static List<@Nullable Object> each(JmesPathTree right, List<?> items)
      throws JmesPathException {
    List<@Nullable Object> out = new ArrayList<>(items.size());
    for (Object i : items) {
      Object v = evaluate(right, i);
      if (v != null) {
        out.add(v);
      }
    }
    return out;
  }

  private static @Nullable Object filter(JmesPathTree.Filter f, @Nullable Object left)
      throws JmesPathException {
    if (!(left instanceof List<?> l)) {
      return null;
    }
    List<@Nullable Object> kept = new ArrayList<>();
    for (Object i : l) {
      if (JmesPathValues.truth(evaluate(f.condition(), i))) {
        kept.add(i);
      }
    }
    return each(f.right(), kept);
  }

  private static @Nullable Object flatten(@Nullable Object value) {
    if (!(value instanceof List<?> l)) {
      return null;
    }
    List<@Nullable Object> out = new ArrayList<>();
    for (Object i : l) {
      if (i instanceof List<?> inner) {
        out.addAll(inner);
      } else {
        out.add(i);
      }
    }
    return out;
  }

  private static @Nullable Object index(@Nullable Object value, int at) {
    if (!(value instanceof List<?> l)) {
      return null;
    }
    int i = at < 0 ? at + l.size() : at;
    return i >= 0 && i < l.size() ? l.get(i) : null;
  }

  private static @Nullable Object slice(@Nullable Object value, JmesPathTree.Slice s)
      throws JmesPathException {
    if (s.step() == 0) {
      throw new JmesPathException("a slice cannot have a step of 0");
    }
    if (!(value instanceof List<?> l)) {
      return null;
    }
    int n = l.size();
    boolean up = s.step() > 0;
    long i = s.start() == null ? (up ? 0 : n - 1) : bound(s.start(), n, up);
    long stop = s.stop() == null ? (up ? n : -1) : bound(s.stop(), n, up);
    List<@Nullable Object> out = new ArrayList<>();
    for (; up ? i < stop : i > stop; i += s.step()) {
      out.add(l.get((int) i));
    }
    return out;
  }

  private static int bound(int at, int n, boolean up) {
    int i = at < 0 ? at + n : at;
    return i < 0 ? (up ? 0 : -1) : i >= n ? (up ? n : n - 1) : i;
  }
}
