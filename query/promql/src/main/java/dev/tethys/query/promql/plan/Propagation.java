package dev.tethys.query.promql.plan;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.query.promql.ast.AggregateOp;
import dev.tethys.query.promql.ast.BinaryOp;
import dev.tethys.query.promql.ast.Expr;
import dev.tethys.query.promql.ast.Expr.Aggregate;
import dev.tethys.query.promql.ast.Expr.Binary;
import dev.tethys.query.promql.ast.Expr.Call;
import dev.tethys.query.promql.ast.Expr.Cardinality;
import dev.tethys.query.promql.ast.Expr.MatrixSelector;
import dev.tethys.query.promql.ast.Expr.Paren;
import dev.tethys.query.promql.ast.Expr.Subquery;
import dev.tethys.query.promql.ast.Expr.Unary;
import dev.tethys.query.promql.ast.Expr.ValueType;
import dev.tethys.query.promql.ast.Expr.VectorMatching;
import dev.tethys.query.promql.ast.Expr.VectorSelector;
import dev.tethys.query.promql.exec.Propagated;
import dev.tethys.query.promql.function.FunctionTrait;
import dev.tethys.query.promql.function.PromqlFunctions;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Gives the matchers of one side of an operation between vectors to the other, so that series
 * without a partner are not read. In {@code a * on (job) b{job="x"}} only series of {@code a} with
 * that job have a partner.
 *
 * <p>Only if no result and no error changes:
 *
 * <ul>
 *   <li>The matcher's label is one that both sides are matched by.
 *   <li>From the one side to the many side (between two sides of one, from right to left): many
 *       without a partner are dropped in silence. The one side is searched for duplicates even
 *       where no series of the other side matches, so it is given matchers only when it cannot have
 *       any: an aggregation by labels that are matched. Whether the many side is empty decides
 *       whether it is looked through at all: see {@link Propagated.Undecided}.
 *   <li>{@code and} both ways, {@code unless} from left to right, {@code or} and fills never.
 *   <li>Down through operations that compute each series alone, or groups that the label is part
 *       of, and that add no annotations about their float series. Annotations about native
 *       histograms without a partner are lost.
 * </ul>
 */
@SuppressWarnings("ReferenceEquality") // what was not changed is itself
final class Propagation {
  /**
   * Queries with more operations are left unchanged: each operation visits all that is inside it.
   */
  static final int MAX_OPERATIONS = 64;

  /** Maximum number of matchers added to one side. */
  private static final int MAX_MATCHERS = 8;

  private static final List<String> COUNTER_SUFFIXES =
      List.of("_total", "_sum", "_count", "_bucket");

  private final boolean enabled;
  private final boolean namesTellCounters;

  /**
   * @param namesTellCounters whether metric names decide which series are counters
   */
  Propagation(Expr root, boolean wanted, boolean namesTellCounters) {
    this.enabled = wanted && operations(root) <= MAX_OPERATIONS;
    this.namesTellCounters = namesTellCounters;
  }

  private static int operations(Expr root) {
    int[] n = new int[1];
    root.walk(e -> n[0] += e instanceof Binary ? 1 : 0);
    return n[0];
  }

  /** Sides of an operation with the matchers that they were given. */
  record Sides(Expr left, Expr right, Propagated given) {}

  /**
   * Analyses an operation between two vectors.
   *
   * @param keep expressions that must stay unchanged, because they are computed once for several
   *     places
   */
  Sides sides(Binary b, Predicate<Expr> keep) {
    Sides as = new Sides(b.left(), b.right(), Propagated.NONE);
    VectorMatching m = b.matching();
    if (!enabled || m == null || m.fillLeft() != null || m.fillRight() != null) {
      return as;
    }
    boolean toLeft;
    boolean toRight;
    switch (b.op()) {
      case OR -> {
        return as;
      }
      case AND -> {
        toLeft = true;
        toRight = true;
      }
      case UNLESS -> {
        toLeft = false;
        toRight = true;
      }
      default -> {
        boolean oneIsLeft = m.cardinality() == Cardinality.ONE_TO_MANY;
        toLeft = !oneIsLeft || isUnique(b.left(), m);
        toRight = oneIsLeft || isUnique(b.right(), m);
      }
    }
    List<Matcher> ofLeft = toRight ? matched(b.left(), m) : List.of();
    List<Matcher> ofRight = toLeft ? matched(b.right(), m) : List.of();
    List<Matcher> toTheRight = new ArrayList<>();
    List<Matcher> toTheLeft = new ArrayList<>();
    Expr right = withMatchers(b.right(), ofLeft, keep, toTheRight);
    Expr left = withMatchers(b.left(), ofRight, keep, toTheLeft);
    return toTheLeft.isEmpty() && toTheRight.isEmpty()
        ? as
        : new Sides(left, right, new Propagated(toTheLeft, toTheRight));
  }

  /** Whether no two series of an expression can have the same labels to be matched by. */
  private static boolean isUnique(Expr e, VectorMatching m) {
    return Planner.unwrap(e) instanceof Aggregate a
        && !a.without()
        && switch (a.op()) {
          case SUM, AVG, MIN, MAX, COUNT, GROUP, STDDEV, STDVAR, QUANTILE -> true;
          case TOPK, BOTTOMK, LIMITK, LIMIT_RATIO, COUNT_VALUES -> false;
        }
        && a.grouping().stream().allMatch(l -> isMatched(l, m));
  }

  private static boolean isMatched(String label, VectorMatching m) {
    return m.on() == m.labels().contains(label);
  }

  private static List<Matcher> matched(Expr e, VectorMatching m) {
    List<Matcher> out = new ArrayList<>();
    for (Matcher x : impliedMatchers(e)) {
      if (isMatched(x.name(), m) && out.size() < MAX_MATCHERS) {
        out.add(x);
      }
    }
    return out;
  }

  // ---- known properties of series

  /** Matchers that all series of an expression meet. */
  private static Set<Matcher> impliedMatchers(Expr e) {
    if (e instanceof VectorSelector v) {
      return impliedMatchers(v);
    }
    if (e instanceof Paren || e instanceof Unary || e instanceof MatrixSelector) {
      return impliedMatchers(e.children().getFirst());
    }
    if (e instanceof Subquery s) {
      return impliedMatchers(s.inner());
    }
    if (e instanceof Aggregate a) {
      return impliedMatchers(a);
    }
    if (e instanceof Call c) {
      String f = c.function().name();
      boolean keepsLabels =
          PromqlFunctions.has(f, FunctionTrait.PER_SERIES)
              || PromqlFunctions.has(f, FunctionTrait.PER_SERIES_OF_COUNTERS);
      return keepsLabels ? impliedMatchers(vector(c)) : Set.of();
    }
    return e instanceof Binary b ? impliedMatchers(b) : Set.of(); // a number or a text
  }

  private static Set<Matcher> impliedMatchers(VectorSelector v) {
    Set<Matcher> out = new LinkedHashSet<>();
    for (Matcher m : v.matchers()) {
      boolean selects = m.type() == Matcher.Type.EQUAL || m.type() == Matcher.Type.REGEX;
      // Labels of the system's own may go with the name.
      if (selects && !m.matchesEmpty() && !m.name().startsWith("__")) {
        out.add(m);
      }
    }
    return out;
  }

  private static Set<Matcher> impliedMatchers(Aggregate a) {
    Set<Matcher> out = new LinkedHashSet<>(impliedMatchers(a.inner()));
    switch (a.op()) {
      case TOPK, BOTTOMK, LIMITK, LIMIT_RATIO -> {}
      case COUNT_VALUES -> out.clear();
      default -> out.removeIf(m -> a.without() == a.grouping().contains(m.name()));
    }
    return out;
  }

  private static Set<Matcher> impliedMatchers(Binary b) {
    VectorMatching m = b.matching();
    if (b.left().type() == ValueType.SCALAR) {
      return impliedMatchers(b.right());
    }
    if (m == null || b.right().type() == ValueType.SCALAR) {
      return impliedMatchers(b.left());
    }
    if (b.op() == BinaryOp.OR || m.fillLeft() != null || m.fillRight() != null) {
      return Set.of();
    }
    if (b.op() == BinaryOp.UNLESS) {
      return impliedMatchers(b.left());
    }
    boolean swapped = m.cardinality() == Cardinality.ONE_TO_MANY;
    Set<Matcher> out = new LinkedHashSet<>(impliedMatchers(swapped ? b.right() : b.left()));
    if (m.cardinality() == Cardinality.ONE_TO_ONE) {
      out.removeIf(x -> !isMatched(x.name(), m));
    }
    for (Matcher x : impliedMatchers(swapped ? b.left() : b.right())) {
      if (isMatched(x.name(), m)) {
        out.add(x);
      }
    }
    out.removeIf(x -> m.include().contains(x.name()));
    return out;
  }

  private static Expr vector(Call c) {
    for (Expr a : c.arguments()) {
      if (a.type() == ValueType.VECTOR || a.type() == ValueType.MATRIX) {
        return a;
      }
    }
    return c.arguments().isEmpty() ? c : c.arguments().getFirst();
  }

  // ---- down to the selectors

  private Expr withMatchers(
      Expr to, List<Matcher> matchers, Predicate<Expr> keep, List<Matcher> taken) {
    Expr e = to;
    for (Matcher m : matchers) {
      Expr next = withMatchers(e, m, keep);
      if (next != e) {
        taken.add(m);
        e = next;
      }
    }
    return e;
  }

  /** Returns the expression without series that do not match a matcher; unchanged if impossible. */
  private Expr withMatchers(Expr e, Matcher m, Predicate<Expr> keep) {
    if (keep.test(e)) {
      return e;
    }
    if (e instanceof VectorSelector v) {
      return withMatchers(v, m);
    }
    if (e instanceof Paren p) {
      Expr inner = withMatchers(p.inner(), m, keep);
      return inner == p.inner() ? p : new Paren(p.span(), inner);
    }
    if (e instanceof Unary u) {
      Expr inner = withMatchers(u.operand(), m, keep);
      return inner == u.operand() ? u : new Unary(u.span(), u.negative(), inner);
    }
    if (e instanceof MatrixSelector x) {
      VectorSelector v = withMatchers(x.selector(), m);
      return v == x.selector() ? x : new MatrixSelector(x.span(), v, x.range());
    }
    if (e instanceof Subquery s) {
      Expr inner = withMatchers(s.inner(), m, keep);
      return inner == s.inner() ? s : new Subquery(s.span(), inner, s.range(), s.step(), s.shift());
    }
    if (e instanceof Aggregate a) {
      boolean whole = a.without() != a.grouping().contains(m.name());
      boolean silent = a.op() != AggregateOp.QUANTILE && a.op() != AggregateOp.COUNT_VALUES;
      Expr inner = whole && silent ? withMatchers(a.inner(), m, keep) : a.inner();
      return inner == a.inner()
          ? a
          : new Aggregate(a.span(), a.op(), inner, a.parameter(), a.grouping(), a.without());
    }
    if (e instanceof Call c) {
      return withMatchers(c, m, keep);
    }
    return e instanceof Binary b ? withMatchers(b, m, keep) : e; // a number or a text
  }

  private static VectorSelector withMatchers(VectorSelector v, Matcher m) {
    if (name(v).isEmpty() || v.matchers().contains(m)) {
      return v; // series that differ by their names alone may be an error
    }
    List<Matcher> all = new ArrayList<>(v.matchers());
    all.add(m);
    return new VectorSelector(v.span(), v.name(), all, v.shift(), v.extension());
  }

  /** Returns the only metric of a selector; empty if there may be several. */
  private static String name(VectorSelector v) {
    for (Matcher m : v.matchers()) {
      if (m.type() == Matcher.Type.EQUAL && m.name().equals(Labels.METRIC_NAME)) {
        return m.value();
      }
    }
    return "";
  }

  private Expr withMatchers(Call c, Matcher m, Predicate<Expr> keep) {
    String f = c.function().name();
    Expr vector = vector(c);
    boolean alone =
        PromqlFunctions.has(f, FunctionTrait.PER_SERIES)
            || PromqlFunctions.has(f, FunctionTrait.PER_SERIES_OF_COUNTERS)
                && namesTellCounters
                && isOfCounter(vector);
    Expr inner = alone ? withMatchers(vector, m, keep) : vector;
    if (inner == vector) {
      return c;
    }
    List<Expr> arguments = new ArrayList<>(c.arguments());
    arguments.replaceAll(a -> a == vector ? inner : a);
    return new Call(c.span(), c.function(), arguments);
  }

  private static boolean isOfCounter(Expr e) {
    return e instanceof MatrixSelector x
        && COUNTER_SUFFIXES.stream().anyMatch(name(x.selector())::endsWith);
  }

  private Expr withMatchers(Binary b, Matcher m, Predicate<Expr> keep) {
    boolean leftScalar = b.left().type() == ValueType.SCALAR;
    boolean filter = b.op() == BinaryOp.AND || b.op() == BinaryOp.UNLESS;
    if (leftScalar) {
      Expr right = withMatchers(b.right(), m, keep);
      return right == b.right() ? b : with(b, b.left(), right);
    }
    if (filter || b.right().type() == ValueType.SCALAR) {
      Expr left = withMatchers(b.left(), m, keep);
      return left == b.left() ? b : with(b, left, b.right());
    }
    return b;
  }

  private static Binary with(Binary b, Expr left, Expr right) {
    return new Binary(b.span(), b.op(), left, right, b.returnBool(), b.matching());
  }
}
