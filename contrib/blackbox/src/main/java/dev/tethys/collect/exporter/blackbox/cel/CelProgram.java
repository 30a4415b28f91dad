package dev.tethys.collect.exporter.blackbox.cel;

import dev.tethys.collect.exporter.blackbox.cel.CelExpr.Over;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An expression of CEL over the variable {@code body}, evaluated on the tree that it was parsed to.
 * What an evaluation may do is bounded by {@link #MAX_STEPS}, and by the thread's interruption.
 * Safe for several threads.
 */
public final class CelProgram {
  /** Parts of expressions that one evaluation may visit. */
  static final long MAX_STEPS = 10_000_000;

  private final String text;
  private final CelExpr expression;

  private CelProgram(String text, CelExpr expression) {
    this.text = text;
    this.expression = expression;
  }

  /**
   * Parses an expression.
   *
   * @throws CelException if the expression is invalid, with its column
   */
  public static CelProgram parse(String text) {
    return new CelProgram(text, CelParser.parse(text, Set.of("body")));
  }

  /** Source text. */
  public String text() {
    return text;
  }

  /**
   * Whether the expression is true.
   *
   * @param json as {@link dev.tethys.codec.json.JsonValues} reads it
   * @throws CelException when it has no value, or one that is neither true nor false
   */
  public boolean isTrue(@Nullable Object json) {
    Object v = new Evaluation().of(expression, new Scope("body", CelValues.ofJson(json), null));
    if (v instanceof Boolean b) {
      return b;
    }
    throw new CelException("the value must be a bool but is a " + CelValues.type(v).name());
  }

  /** A variable that is in sight. */
  private record Scope(String name, Object value, @Nullable Scope outer) {
    static @Nullable Object find(@Nullable Scope from, String name) {
      for (Scope s = from; s != null; s = s.outer) {
        if (s.name.equals(name)) {
          return s.value;
        }
      }
      return null;
    }
  }

  /** One evaluation. */
  private static final class Evaluation {
    private long steps;

    Object of(CelExpr e, Scope scope) {
      if (++steps > MAX_STEPS) {
        throw new CelException("more than " + MAX_STEPS + " steps");
      }
      if ((steps & 0xfff) == 0 && Thread.currentThread().isInterrupted()) {
        throw new CelException("the time is up");
      }
      return switch (e) {
        case CelExpr.Literal l -> l.value();
        case CelExpr.Name n -> {
          Object v = Scope.find(scope, n.name());
          yield v == null ? new CelValues.Type(n.name()) : v;
        }
        case CelExpr.Field f -> field(f, of(f.of(), scope));
        case CelExpr.Element x -> CelValues.element(of(x.of(), scope), of(x.index(), scope));
        case CelExpr.Call c ->
            CelFunctions.call(c.name(), c.arguments().stream().map(x -> of(x, scope)).toList());
        case CelExpr.Binary b ->
            CelValues.binary(b.operator(), of(b.left(), scope), of(b.right(), scope));
        case CelExpr.Logical l -> logical(l, scope);
        case CelExpr.Negation n -> !truth("!", of(n.of(), scope));
        case CelExpr.Minus m -> CelValues.negated(of(m.of(), scope));
        case CelExpr.Choice c ->
            truth("?:", of(c.condition(), scope)) ? of(c.then(), scope) : of(c.otherwise(), scope);
        case CelExpr.ListOf l -> l.elements().stream().map(x -> of(x, scope)).toList();
        case CelExpr.MapOf m -> {
          Map<Object, Object> all = new HashMap<>();
          m.entries()
              .forEach(x -> CelValues.put(all, of(x.getKey(), scope), of(x.getValue(), scope)));
          yield all;
        }
        case CelExpr.Comprehension c -> over(c, scope);
      };
    }

    private static boolean truth(String what, Object v) {
      if (v instanceof Boolean b) {
        return b;
      }
      throw new CelException("there is no " + what + " of " + CelValues.type(v).name());
    }

    private static Object field(CelExpr.Field f, Object of) {
      if (f.test() && !(of instanceof Map<?, ?>) && !(of instanceof List<?>)) {
        return false;
      }
      if (!(of instanceof Map<?, ?> m)) {
        throw new CelException(CelValues.type(of).name() + " has no field " + f.name());
      }
      return f.test() ? (Object) m.containsKey(f.name()) : CelValues.element(m, f.name());
    }

    /** A side that decides the result does so regardless of the other one. */
    private boolean logical(CelExpr.Logical l, Scope scope) {
      String what = l.and() ? "&&" : "||";
      try {
        boolean left = truth(what, of(l.left(), scope));
        return left != l.and() ? left : truth(what, of(l.right(), scope));
      } catch (CelException e) {
        Object right = of(l.right(), scope);
        if (right instanceof Boolean b && b != l.and()) {
          return b;
        }
        throw e;
      }
    }

    private Object over(CelExpr.Comprehension c, Scope scope) {
      Iterable<?> range =
          switch (of(c.range(), scope)) {
            case List<?> l -> l;
            case Map<?, ?> m -> m.keySet();
            case Object o ->
                throw new CelException("a " + CelValues.type(o).name() + " is not a list");
          };
      boolean lists = c.kind() == Over.MAP || c.kind() == Over.FILTER;
      List<Object> out = new ArrayList<>();
      int hits = 0;
      CelException failure = null;
      for (Object x : range) {
        Scope inner = new Scope(c.variable(), x, scope);
        try {
          if (c.filter() != null && !truth("map", of(c.filter(), inner))) {
            continue;
          }
          Object v = of(c.body(), inner);
          if (c.kind() == Over.MAP) {
            out.add(v);
          } else if (truth("a macro", v)) {
            out.add(x);
            hits++;
          }
          if (c.kind() == Over.EXISTS && hits > 0
              || c.kind() == Over.ALL && Boolean.FALSE.equals(v)) {
            return c.kind() == Over.EXISTS;
          }
        } catch (CelException e) {
          // Another element may decide, as the other side of && and || may.
          if (lists || c.kind() == Over.EXISTS_ONE || steps > MAX_STEPS) {
            throw e;
          }
          failure = e;
        }
      }
      if (failure != null) {
        throw failure;
      }
      return switch (c.kind()) {
        case ALL -> true;
        case EXISTS -> false;
        case EXISTS_ONE -> hits == 1;
        case MAP, FILTER -> out;
      };
    }
  }
}
