package dev.tethys.pipeline.operators.expr;

import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.operators.expr.ExprFunctions.Body;
import dev.tethys.pipeline.operators.expr.ExprFunctions.Function;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** List functions, with predicates on elements. */
final class ListFunctions {
  private ListFunctions() {}

  static ArrayValue list(@Nullable Object v, String what) {
    if (v instanceof ArrayValue a) {
      return a;
    }
    throw new ExpressionException(
        what + " requires a list, not a value of type " + Operators.type(v));
  }

  private static @Nullable Object search(
      Frame f,
      ExprNode predicate,
      @Nullable Object value,
      long index,
      @Nullable Object accumulator) {
    Frame.Element outer = f.element;
    f.element = new Frame.Element(value, index, accumulator);
    try {
      return predicate.value(f);
    } finally {
      f.element = outer;
    }
  }

  private static boolean holds(Frame f, ExprNode predicate, ArrayValue a, int i) {
    return Operators.isTrue(search(f, predicate, a.get(i), i, null));
  }

  private static long count(Frame f, ArrayValue a, @Nullable ExprNode predicate) {
    long n = 0;
    for (int i = 0; i < a.size(); i++) {
      if (predicate == null ? Operators.isTrue(a.get(i)) : holds(f, predicate, a, i)) {
        n++;
      }
    }
    return n;
  }

  private static long find(Frame f, ExprNode[] args, String what, boolean last) {
    ArrayValue a = list(args[0].value(f), what);
    for (int k = 0; k < a.size(); k++) {
      int i = last ? a.size() - 1 - k : k;
      if (holds(f, args[1], a, i)) {
        return i;
      }
    }
    return -1;
  }

  static void addTo(Map<String, Function> all) {
    predicate(all, "all", 2, 2, (f, a) -> firstThat(f, a, false) < 0);
    predicate(all, "any", 2, 2, (f, a) -> firstThat(f, a, true) >= 0);
    predicate(all, "none", 2, 2, (f, a) -> firstThat(f, a, true) < 0);
    predicate(all, "one", 2, 2, (f, a) -> count(f, list(a[0].value(f), "one"), a[1]) == 1);
    predicate(
        all,
        "count",
        1,
        2,
        (f, a) -> count(f, list(a[0].value(f), "count"), a.length > 1 ? a[1] : null));
    predicate(
        all,
        "filter",
        2,
        2,
        (f, a) -> {
          ArrayValue l = list(a[0].value(f), "filter");
          ArrayValue out = new ArrayValue();
          for (int i = 0; i < l.size(); i++) {
            if (holds(f, a[1], l, i)) {
              out.add(l.get(i));
            }
          }
          f.make(out.size());
          return out;
        });
    predicate(all, "map", 2, 2, (f, a) -> mapped(f, list(a[0].value(f), "map"), a[1]));
    predicate(
        all,
        "find",
        2,
        2,
        (f, a) -> element(list(a[0].value(f), "find"), find(f, a, "find", false)));
    predicate(all, "findIndex", 2, 2, (f, a) -> index(find(f, a, "findIndex", false)));
    predicate(
        all,
        "findLast",
        2,
        2,
        (f, a) -> element(list(a[0].value(f), "findLast"), find(f, a, "findLast", true)));
    predicate(all, "findLastIndex", 2, 2, (f, a) -> index(find(f, a, "findLastIndex", true)));
    predicate(
        all,
        "sum",
        1,
        2,
        (f, a) -> {
          ArrayValue l = list(a[0].value(f), "sum");
          Object sum = 0L;
          for (int i = 0; i < l.size(); i++) {
            Object v = a.length > 1 ? search(f, a[1], l.get(i), i, null) : l.get(i);
            sum = Operators.plus(f, sum, Operators.numeric(v, "sum"));
          }
          return sum;
        });
    predicate(
        all,
        "reduce",
        2,
        3,
        (f, a) -> {
          ArrayValue l = list(a[0].value(f), "reduce");
          Object sum = a.length > 2 ? a[2].value(f) : l.isEmpty() ? null : l.get(0);
          for (int i = a.length > 2 ? 0 : 1; i < l.size(); i++) {
            sum = search(f, a[1], l.get(i), i, sum);
          }
          return sum;
        });
    predicate(
        all,
        "groupBy",
        2,
        2,
        (f, a) -> {
          ArrayValue l = list(a[0].value(f), "groupBy");
          Attributes out = new Attributes();
          f.make(l.size());
          for (int i = 0; i < l.size(); i++) {
            Object k = search(f, a[1], l.get(i), i, null);
            if (k instanceof ArrayValue || k instanceof Attributes || k == null) {
              throw new ExpressionException("groupBy groups by strings, numbers and bools");
            }
            String key = k.toString();
            ArrayValue group = out.get(key) instanceof ArrayValue g ? g : new ArrayValue();
            group.add(l.get(i));
            out.put(key, group);
          }
          return out;
        });
    predicate(
        all,
        "sortBy",
        2,
        3,
        (f, a) -> {
          ArrayValue l = list(a[0].value(f), "sortBy");
          return sorted(f, l, mapped(f, l, a[1]), a.length > 2 ? a[2].value(f) : "asc");
        });
    plain(
        all,
        "sort",
        1,
        2,
        (f, a) -> {
          ArrayValue l = list(a[0].value(f), "sort");
          return sorted(f, l, l, a.length > 1 ? a[1].value(f) : "asc");
        });
    plain(all, "max", 1, Integer.MAX_VALUE, (f, a) -> extreme(f, a, "max", 1));
    plain(all, "min", 1, Integer.MAX_VALUE, (f, a) -> extreme(f, a, "min", -1));
    plain(
        all,
        "mean",
        1,
        Integer.MAX_VALUE,
        (f, a) -> {
          List<Object> n = numbers(f, a, "mean");
          double sum = 0;
          for (Object v : n) {
            sum += Operators.number(v, "mean");
          }
          return n.isEmpty() ? 0.0 : sum / n.size();
        });
    plain(
        all,
        "median",
        1,
        Integer.MAX_VALUE,
        (f, a) -> {
          double[] n =
              numbers(f, a, "median").stream()
                  .mapToDouble(v -> Operators.number(v, "median"))
                  .sorted()
                  .toArray();
          int mid = n.length / 2;
          return n.length == 0 ? 0.0 : n.length % 2 == 1 ? n[mid] : (n[mid - 1] + n[mid]) / 2;
        });
    plain(all, "first", 1, 1, (f, a) -> element(list(a[0].value(f), "first"), 0));
    plain(
        all,
        "last",
        1,
        1,
        (f, a) -> {
          ArrayValue l = list(a[0].value(f), "last");
          return element(l, l.size() - 1);
        });
    plain(
        all,
        "take",
        2,
        2,
        (f, a) -> {
          long n = Operators.whole(a[1].value(f), "take");
          if (n < 0) {
            throw new ExpressionException("take must not be negative");
          }
          return Operators.slice(list(a[0].value(f), "take"), 0L, n);
        });
    plain(
        all,
        "reverse",
        1,
        1,
        (f, a) -> {
          ArrayValue l = list(a[0].value(f), "reverse");
          ArrayValue out = new ArrayValue();
          f.make(l.size());
          for (int i = l.size() - 1; i >= 0; i--) {
            out.add(l.get(i));
          }
          return out;
        });
    plain(
        all,
        "uniq",
        1,
        1,
        (f, a) -> {
          ArrayValue l = list(a[0].value(f), "uniq");
          ArrayValue out = new ArrayValue();
          for (int i = 0; i < l.size(); i++) {
            // Each is compared with the previous ones, so this counts like created elements.
            f.make(out.size());
            if (!Operators.in(l.get(i), out)) {
              out.add(l.get(i));
            }
          }
          return out;
        });
    plain(
        all,
        "concat",
        1,
        Integer.MAX_VALUE,
        (f, a) -> {
          ArrayValue out = new ArrayValue();
          for (ExprNode n : a) {
            ArrayValue l = list(n.value(f), "concat");
            f.make(l.size());
            for (int i = 0; i < l.size(); i++) {
              out.add(l.get(i));
            }
          }
          return out;
        });
    plain(
        all,
        "flatten",
        1,
        1,
        (f, a) -> {
          ArrayValue out = new ArrayValue();
          flatten(f, list(a[0].value(f), "flatten"), out, 0);
          return out;
        });
    plain(
        all,
        "join",
        1,
        2,
        (f, a) -> {
          ArrayValue l = list(a[0].value(f), "join");
          String by = a.length > 1 ? ExprFunctions.string(a[1].value(f), "join") : "";
          StringBuilder sb = new StringBuilder();
          for (int i = 0; i < l.size(); i++) {
            sb.append(i == 0 ? "" : by).append(ExprFunctions.string(l.get(i), "join"));
          }
          f.make(sb.length());
          return sb.toString();
        });
  }

  private static void predicate(
      Map<String, Function> all, String name, int least, int most, Body body) {
    all.put(name, new Function(least, most, true, body));
  }

  private static void plain(
      Map<String, Function> all, String name, int least, int most, Body body) {
    all.put(name, new Function(least, most, false, body));
  }

  /** Returns the index of the first element for which the predicate has this result. */
  private static int firstThat(Frame f, ExprNode[] a, boolean what) {
    ArrayValue l = list(a[0].value(f), "the function");
    for (int i = 0; i < l.size(); i++) {
      if (holds(f, a[1], l, i) == what) {
        return i;
      }
    }
    return -1;
  }

  private static @Nullable Object element(ArrayValue a, long i) {
    return i < 0 || i >= a.size() ? null : a.get((int) i);
  }

  private static @Nullable Object index(long i) {
    return i < 0 ? null : i;
  }

  private static ArrayValue mapped(Frame f, ArrayValue l, ExprNode predicate) {
    ArrayValue out = new ArrayValue();
    f.make(l.size());
    for (int i = 0; i < l.size(); i++) {
      out.add(Operators.element(search(f, predicate, l.get(i), i, null)));
    }
    return out;
  }

  private static ArrayValue sorted(Frame f, ArrayValue l, ArrayValue keys, @Nullable Object order) {
    boolean down = "desc".equals(order);
    if (!down && !"asc".equals(order)) {
      throw new ExpressionException("the sort order must be \"asc\" or \"desc\"");
    }
    f.make(l.size());
    List<Integer> places = new ArrayList<>();
    for (int i = 0; i < l.size(); i++) {
      places.add(i);
    }
    places.sort(
        (x, y) -> {
          int c = Operators.compare(keys.get(x), keys.get(y), "order");
          return down ? -c : c;
        });
    ArrayValue out = new ArrayValue();
    places.forEach(i -> out.add(l.get(i)));
    return out;
  }

  private static List<Object> numbers(Frame f, ExprNode[] args, String what) {
    List<Object> out = new ArrayList<>();
    for (ExprNode n : args) {
      numbers(n.value(f), what, out, 0);
    }
    return out;
  }

  private static void numbers(@Nullable Object v, String what, List<Object> out, int depth) {
    if (v instanceof ArrayValue a && depth < 100) {
      for (int i = 0; i < a.size(); i++) {
        numbers(a.get(i), what, out, depth + 1);
      }
    } else {
      out.add(Operators.numeric(v, what));
    }
  }

  private static Object extreme(Frame f, ExprNode[] args, String what, int sign) {
    List<Object> n = numbers(f, args, what);
    if (n.isEmpty()) {
      throw new ExpressionException("nil has no " + what);
    }
    Object best = n.getFirst();
    for (Object v : n) {
      if (Operators.compare(v, best, what) * sign > 0) {
        best = v;
      }
    }
    return best;
  }

  private static void flatten(Frame f, ArrayValue l, ArrayValue out, int depth) {
    if (depth > 100) {
      throw new ExpressionException("a list is nested too deeply to be flattened");
    }
    f.make(l.size());
    for (int i = 0; i < l.size(); i++) {
      if (l.get(i) instanceof ArrayValue inner) {
        flatten(f, inner, out, depth + 1);
      } else {
        out.add(l.get(i));
      }
    }
  }
}
