package dev.tethys.query.promql.ast;

import dev.tethys.model.Matcher;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A PromQL expression. Positions are byte offsets into the query text; durations and times are
 * milliseconds. Trees are immutable.
 *
 * <p>What every query passes through tells kinds apart by {@code instanceof}: for a {@code switch}
 * over types the JVM makes a class where it is first reached, a third of a millisecond, which no
 * start-up cache keeps (JDK 25), so that a dozen of them were most of the first response.
 */
public sealed interface Expr {
  /** Returns the expression's position in the text. */
  Span span();

  /** Returns the type it evaluates to. */
  ValueType type();

  /** Returns the direct subexpressions, in the order in which Prometheus walks them. */
  List<Expr> children();

  /** Calls the visitor for this expression and everything inside it, outside first. */
  default void walk(Consumer<Expr> visitor) {
    visitor.accept(this);
    for (Expr e : children()) {
      e.walk(visitor);
    }
  }

  /** Part of the query text: bytes {@code [start, end)}. */
  record Span(int start, int end) {}

  /** A number, or a duration used as a number of seconds. */
  record NumberLiteral(Span span, double value, boolean duration) implements Expr {
    @Override
    public List<Expr> children() {
      return List.of();
    }

    @Override
    public ValueType type() {
      return ValueType.SCALAR;
    }
  }

  /** A text. */
  record StringLiteral(Span span, String value) implements Expr {
    @Override
    public List<Expr> children() {
      return List.of();
    }

    @Override
    public ValueType type() {
      return ValueType.STRING;
    }
  }

  /** An expression in parentheses, kept so that formatting and positions stay true. */
  record Paren(Span span, Expr inner) implements Expr {
    @Override
    public List<Expr> children() {
      return List.of(inner);
    }

    @Override
    public ValueType type() {
      return inner.type();
    }
  }

  /** Minus or plus before an expression. */
  record Unary(Span span, boolean negative, Expr operand) implements Expr {
    @Override
    public List<Expr> children() {
      return List.of(operand);
    }

    @Override
    public ValueType type() {
      return operand.type();
    }
  }

  /**
   * Two operands.
   *
   * @param returnBool whether {@code bool} follows a comparison
   * @param matching vector matching; in a checked tree, null if an operand is a scalar
   */
  record Binary(
      Span span,
      BinaryOp op,
      Expr left,
      Expr right,
      boolean returnBool,
      @Nullable VectorMatching matching)
      implements Expr {
    @Override
    public List<Expr> children() {
      return List.of(left, right);
    }

    @Override
    public ValueType type() {
      return left.type() == ValueType.SCALAR && right.type() == ValueType.SCALAR
          ? ValueType.SCALAR
          : ValueType.VECTOR;
    }
  }

  /** An aggregation; {@code parameter} for those that take one (topk, quantile, count_values …). */
  record Aggregate(
      Span span,
      AggregateOp op,
      Expr inner,
      @Nullable Expr parameter,
      List<String> grouping,
      boolean without)
      implements Expr {
    @Override
    public List<Expr> children() {
      return parameter == null ? List.of(inner) : List.of(inner, parameter);
    }

    @Override
    public ValueType type() {
      return ValueType.VECTOR;
    }
  }

  /**
   * A function call with the arguments as written; missing optional arguments are not filled in.
   */
  record Call(Span span, PromqlFunction function, List<Expr> arguments) implements Expr {
    @Override
    public List<Expr> children() {
      return arguments;
    }

    @Override
    public ValueType type() {
      return function.returnType();
    }
  }

  /**
   * Series by name and matchers, the name among the matchers.
   *
   * @param name the metric name written before the braces, {@code ""} for none
   */
  record VectorSelector(
      Span span, String name, List<Matcher> matchers, TimeShift shift, Extension extension)
      implements Expr {
    @Override
    public List<Expr> children() {
      return List.of();
    }

    @Override
    public ValueType type() {
      return ValueType.VECTOR;
    }
  }

  /** Selector with a range; the inner selector holds the offset. */
  record MatrixSelector(Span span, VectorSelector selector, Duration range) implements Expr {
    @Override
    public List<Expr> children() {
      return List.of(selector);
    }

    @Override
    public ValueType type() {
      return ValueType.MATRIX;
    }
  }

  /** A query evaluated over a range; {@code step} null for the default resolution. */
  record Subquery(Span span, Expr inner, Duration range, @Nullable Duration step, TimeShift shift)
      implements Expr {
    @Override
    public List<Expr> children() {
      return List.of(inner);
    }

    @Override
    public ValueType type() {
      return ValueType.MATRIX;
    }
  }

  /**
   * Duration as written: a constant, or an expression that is resolved once the query's start, end
   * and step are known.
   *
   * @param millis the value when {@code expression} is null
   * @param expression arithmetic over durations, {@code step()}, {@code range()}, {@code min_of},
   *     {@code max_of}; null for a fixed duration
   */
  record Duration(long millis, @Nullable DurationExpr expression) {
    /** Creates a fixed duration. */
    public static Duration ofMillis(long millis) {
      return new Duration(millis, null);
    }
  }

  /** Arithmetic over durations; numbers are seconds. */
  sealed interface DurationExpr {
    /** Returns the position in the text; for two operands, from the first to the second. */
    Span span();

    /** A number of seconds, or a duration literal. */
    record Literal(Span span, double seconds, boolean duration) implements DurationExpr {}

    /** Parentheses. */
    record Wrapped(Span span, DurationExpr inner) implements DurationExpr {}

    /** Minus or plus before an operand. */
    record Signed(Span span, boolean negative, DurationExpr operand) implements DurationExpr {}

    /** Two operands and one of {@code + - * / % ^}. */
    record Arithmetic(Span span, BinaryOp op, DurationExpr left, DurationExpr right)
        implements DurationExpr {}

    /** {@code step()}. */
    record Step(Span span) implements DurationExpr {}

    /** {@code range()}. */
    record Range(Span span) implements DurationExpr {}

    /** {@code min_of(a, b)} or {@code max_of(a, b)}. */
    record Extreme(Span span, boolean max, DurationExpr left, DurationExpr right)
        implements DurationExpr {}
  }

  /**
   * {@code offset} and {@code @}.
   *
   * @param offset distance to look back in time; may be negative
   * @param at fixed evaluation time in milliseconds; null if not given or when {@code atAnchor} is
   * @param atAnchor {@code start()} or {@code end()} of the query
   */
  record TimeShift(Duration offset, @Nullable Long at, @Nullable AtAnchor atAnchor) {
    /** No shift. */
    public static final TimeShift NONE = new TimeShift(Duration.ofMillis(0), null, null);
  }

  /** The two moving anchors of {@code @}. */
  enum AtAnchor {
    START,
    END
  }

  /** Treatment of samples beyond the borders of a range. */
  enum Extension {
    NONE,
    ANCHORED,
    SMOOTHED
  }

  /** Type of an expression's result. */
  enum ValueType {
    SCALAR("scalar", "scalar"),
    STRING("string", "string"),
    VECTOR("vector", "instant vector"),
    MATRIX("matrix", "range vector");

    private final String text;
    private final String documented;

    ValueType(String text, String documented) {
      this.text = text;
      this.documented = documented;
    }

    /**
     * Returns the name used in the API: {@code scalar}, {@code string}, {@code vector}, {@code
     * matrix}.
     */
    public String text() {
      return text;
    }

    /** Returns the name used in most error messages, such as {@code instant vector}. */
    public String documented() {
      return documented;
    }
  }

  /**
   * Matching between the sides of a vector operation.
   *
   * @param on true for {@code on}, false for {@code ignoring} (also when neither is written)
   * @param labels the labels of {@code on} or {@code ignoring}
   * @param include the labels copied by {@code group_left} or {@code group_right}
   * @param fillLeft value for a missing left side, null if none
   * @param fillRight value for a missing right side, null if none
   */
  record VectorMatching(
      Cardinality cardinality,
      boolean on,
      List<String> labels,
      List<String> include,
      @Nullable Double fillLeft,
      @Nullable Double fillRight) {
    /** Returns a copy with another cardinality. */
    public VectorMatching withCardinality(Cardinality other) {
      return new VectorMatching(other, on, labels, include, fillLeft, fillRight);
    }
  }

  /** Cardinality of a match: the side that may have several series. */
  enum Cardinality {
    ONE_TO_ONE,
    MANY_TO_ONE,
    ONE_TO_MANY,
    MANY_TO_MANY
  }
}
