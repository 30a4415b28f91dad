package dev.tethys.query.promql.parser;

import dev.tethys.model.GoQuote;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.query.promql.ast.AggregateOp;
import dev.tethys.query.promql.ast.BinaryOp;
import dev.tethys.query.promql.ast.Expr;
import dev.tethys.query.promql.ast.Expr.AtAnchor;
import dev.tethys.query.promql.ast.Expr.Cardinality;
import dev.tethys.query.promql.ast.Expr.Duration;
import dev.tethys.query.promql.ast.Expr.Extension;
import dev.tethys.query.promql.ast.Expr.Span;
import dev.tethys.query.promql.ast.Expr.TimeShift;
import dev.tethys.query.promql.ast.Expr.ValueType;
import dev.tethys.query.promql.ast.Expr.VectorMatching;
import dev.tethys.query.promql.ast.PromqlFunction;
import dev.tethys.query.promql.function.FunctionDefinition;
import dev.tethys.query.promql.function.PromqlFunctions;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A recursive parser with operator precedence over one query. It stops at the first error.
 *
 * <p>Error messages say in which construct a token was not expected. The reference derives that
 * from its table-driven parser, which falls back to the innermost construct on its stack that
 * handles errors; {@link #enter} names that construct here.
 */
final class PromqlExprParser extends PromqlTokenReader {
  private final ParserOptions options;

  /** Height of the tree that the last production returned. */
  private int height;

  PromqlExprParser(byte[] utf8, ParserOptions options) {
    super(utf8);
    this.options = options;
  }

  /** Parses the complete query. */
  Expr expression() {
    if (peek().kind() == PromqlTokenKind.EOF) {
      throw error(0, 0, "no expression found in input");
    }
    Expr e = expression(0);
    expectEnd();
    return e;
  }

  /** Parses the whole text as one selector. */
  List<Matcher> metricSelector() {
    if (!peek().kind().isMetricName() && peek().kind() != PromqlTokenKind.LEFT_BRACE) {
      throw unexpected();
    }
    Expr.VectorSelector v =
        peek().kind() == PromqlTokenKind.LEFT_BRACE ? selector(null) : selector(next());
    expectEnd();
    return v.matchers();
  }

  /** Parses the whole text as the labels of a series. */
  void metric(BiConsumer<String, String> into) {
    String name = "";
    if (peek().kind().isMetricName()) {
      name = next().text();
    }
    if (peek().kind() == PromqlTokenKind.LEFT_BRACE) {
      next();
      new PromqlMatcherParser(this).labelSet(into);
    }
    if (!name.isEmpty()) {
      into.accept(Labels.METRIC_NAME, name);
    }
    expectEnd();
  }

  private Expr expression(int minPrecedence) {
    descend();
    Expr left = operand();
    int leftHeight = height;
    while (true) {
      BinaryOp op = peek().kind().binaryOp;
      if (op == null || op.precedence() < minPrecedence) {
        break;
      }
      next();
      Modifiers m = Modifiers.read(this);
      Expr right = expression(op == BinaryOp.POW ? op.precedence() : op.precedence() + 1);
      left = binary(op, left, right, m);
      leftHeight = grow(left.span(), Math.max(leftHeight, height));
    }
    height = leftHeight;
    ascend();
    return left;
  }

  private int grow(Span at, int inner) {
    if (inner >= PromqlParser.MAX_HEIGHT) {
      throw error(
          at.start(),
          at.end(),
          "expression is a tree of more than " + PromqlParser.MAX_HEIGHT + " levels");
    }
    height = inner + 1;
    return height;
  }

  private Expr binary(BinaryOp op, Expr left, Expr right, Modifiers m) {
    Span span = new Span(left.span().start(), right.span().end());
    VectorMatching matching = m.matching();
    boolean fill = matching.fillLeft() != null || matching.fillRight() != null;
    if (fill && !options.binopFillModifiers()) {
      throw error(
          span.start(), span.end(), "binop fill modifiers are experimental and not enabled");
    }
    if (op.isSetOperator() && matching.cardinality() == Cardinality.ONE_TO_ONE) {
      matching = matching.withCardinality(Cardinality.MANY_TO_MANY);
    }
    boolean vectors = left.type() == ValueType.VECTOR && right.type() == ValueType.VECTOR;
    // Drop modifiers that have no effect between scalars; the type check handles the rest.
    boolean keep = vectors || fill || !matching.labels().isEmpty();
    return new Expr.Binary(span, op, left, right, m.returnBool(), keep ? matching : null);
  }

  /** Parses a sign with its operand, or a primary expression with its suffixes. */
  private Expr operand() {
    PromqlTokenKind k = peek().kind();
    if (k != PromqlTokenKind.ADD && k != PromqlTokenKind.SUB) {
      return suffixes(primary());
    }
    PromqlToken sign = next();
    boolean negative = sign.kind() == PromqlTokenKind.SUB;
    Expr e = expression(BinaryOp.POW.precedence());
    Span span = new Span(sign.start(), e.span().end());
    if (e instanceof Expr.NumberLiteral n) {
      return new Expr.NumberLiteral(span, negative ? -n.value() : n.value(), n.duration());
    }
    grow(span, height);
    return new Expr.Unary(span, negative, e);
  }

  private Expr primary() {
    PromqlToken t = peek();
    height = 1;
    switch (t.kind()) {
      case NUMBER, DURATION -> {
        return numberLiteral();
      }
      case STRING -> {
        next();
        return new Expr.StringLiteral(span(t), Literals.unquote(t.text()));
      }
      case LEFT_PAREN -> {
        next();
        Expr inner = expression(0);
        PromqlToken close = expect(PromqlTokenKind.RIGHT_PAREN);
        Span span = new Span(t.start(), close.end());
        grow(span, height);
        return new Expr.Paren(span, inner);
      }
      case LEFT_BRACE -> {
        return selector(null);
      }
      case AGGREGATOR -> {
        next();
        return switch (peek().kind()) {
          case LEFT_PAREN, BY, WITHOUT -> aggregate(t);
          default -> selector(t);
        };
      }
      case IDENTIFIER, START, END, STEP, RANGE, MAX_OF, MIN_OF -> {
        next();
        return peek().kind() == PromqlTokenKind.LEFT_PAREN ? call(t) : selector(t);
      }
      default -> {
        if (t.kind().isMetricName()) {
          return selector(next());
        }
        throw unexpected();
      }
    }
  }

  private Expr.NumberLiteral numberLiteral() {
    PromqlToken t = next();
    return new Expr.NumberLiteral(span(t), number(t), t.kind() == PromqlTokenKind.DURATION);
  }

  private Expr.VectorSelector selector(@Nullable PromqlToken name) {
    List<Matcher> matchers = new ArrayList<>();
    int start = name != null ? name.start() : peek().start();
    int end = name != null ? name.end() : start;
    if (peek().kind() == PromqlTokenKind.LEFT_BRACE) {
      next();
      end = new PromqlMatcherParser(this).matchers(matchers);
    }
    String text = name != null ? name.text() : "";
    if (name != null) {
      matchers.add(Matcher.equal(Labels.METRIC_NAME, text));
    }
    return new Expr.VectorSelector(
        new Span(start, end), text, List.copyOf(matchers), TimeShift.NONE, Extension.NONE);
  }

  private Expr call(PromqlToken name) {
    int[] end = new int[1];
    List<Expr> args = arguments(end);
    FunctionDefinition definition = PromqlFunctions.find(name.text());
    if (definition == null) {
      throw error(
          name.start(), name.end(), "unknown function with name " + GoQuote.quote(name.text()));
    }
    PromqlFunction f = definition.signature();
    if (f.experimental() && !options.experimentalFunctions()) {
      throw error(
          name.start(), name.end(), "function " + GoQuote.quote(name.text()) + " is not enabled");
    }
    Span span = new Span(name.start(), end[0]);
    grow(span, height);
    return new Expr.Call(span, f, args);
  }

  /** Arguments in parentheses; {@link #height} is that of the tallest. */
  private List<Expr> arguments(int[] end) {
    expect(PromqlTokenKind.LEFT_PAREN);
    List<Expr> args = new ArrayList<>();
    int highest = 0;
    if (peek().kind() != PromqlTokenKind.RIGHT_PAREN) {
      args.add(expression(0));
      highest = height;
      while (peek().kind() == PromqlTokenKind.COMMA) {
        PromqlToken comma = next();
        if (!peek().kind().startsExpression()) {
          throw error(
              comma.start(), comma.end(), "trailing commas not allowed in function call args");
        }
        args.add(expression(0));
        highest = Math.max(highest, height);
      }
    }
    end[0] = expect(PromqlTokenKind.RIGHT_PAREN).end();
    height = highest;
    return List.copyOf(args);
  }

  private Expr aggregate(PromqlToken name) {
    Context outer = enter("aggregation", "");
    List<String> grouping = List.of();
    boolean without = false;
    boolean before = peek().kind() != PromqlTokenKind.LEFT_PAREN;
    if (before) {
      without = next().kind() == PromqlTokenKind.WITHOUT;
      grouping = groupingLabels(null);
    }
    int[] end = new int[1];
    List<Expr> args = arguments(end);
    int argsHeight = height;
    leave(outer);
    if (!before
        && (peek().kind() == PromqlTokenKind.BY || peek().kind() == PromqlTokenKind.WITHOUT)) {
      without = next().kind() == PromqlTokenKind.WITHOUT;
      grouping = groupingLabels(end);
    }
    AggregateOp op = Objects.requireNonNull(PromqlTokenKind.aggregate(name.text()));
    Span span = new Span(name.start(), end[0]);
    if (args.isEmpty()) {
      throw error(span.start(), span.end(), "no arguments for aggregate expression provided");
    }
    if (op.isExperimental() && !options.experimentalFunctions()) {
      throw error(
          span.start(),
          span.end(),
          op.text()
              + "() is experimental and must be enabled with"
              + " --enable-feature=promql-experimental-functions");
    }
    int wanted = op.takesParameter() ? 2 : 1;
    if (args.size() != wanted) {
      throw error(
          span.start(),
          span.end(),
          "wrong number of arguments for aggregate expression provided, expected "
              + wanted
              + ", got "
              + args.size());
    }
    grow(span, argsHeight);
    Expr parameter = op.takesParameter() ? args.getFirst() : null;
    return new Expr.Aggregate(span, op, args.getLast(), parameter, grouping, without);
  }

  /**
   * Parses {@code offset}, {@code @}, {@code anchored}, {@code smoothed}, ranges and subqueries.
   */
  private Expr suffixes(Expr e) {
    while (true) {
      switch (peek().kind()) {
        case OFFSET -> e = offset(e);
        case AT -> e = at(e);
        case ANCHORED -> {
          next();
          e = extend(e, Extension.ANCHORED, "anchored");
        }
        case SMOOTHED -> {
          next();
          e = extend(e, Extension.SMOOTHED, "smoothed");
        }
        case LEFT_BRACKET -> e = brackets(e);
        default -> {
          return e;
        }
      }
    }
  }

  private Expr brackets(Expr e) {
    PromqlToken open = next();
    Context outer = enter("subquery or range selector", "number, duration, step(), or range()");
    Duration range = new DurationParser(this).positive();
    PromqlToken t = peek();
    if (t.kind() == PromqlTokenKind.RIGHT_BRACKET) {
      next();
      leave(outer);
      return matrix(e, range, open, t);
    }
    if (t.kind() != PromqlTokenKind.COLON) {
      enter("subquery or range", "\":\" or \"]\"");
      throw unexpected();
    }
    next();
    Duration step = null;
    if (peek().kind() != PromqlTokenKind.RIGHT_BRACKET) {
      enter("subquery selector", "number, duration, step(), range(), or \"]\"");
      step = new DurationParser(this).positive();
      enter("subquery selector", "\"]\"");
    } else {
      enter("subquery selector", "number, duration, step(), range(), or \"]\"");
    }
    PromqlToken close = expect(PromqlTokenKind.RIGHT_BRACKET);
    leave(outer);
    Span span = new Span(e.span().start(), close.end());
    grow(span, height);
    return new Expr.Subquery(span, e, range, step, TimeShift.NONE);
  }

  private Expr matrix(Expr e, Duration range, PromqlToken open, PromqlToken close) {
    if (!(e instanceof Expr.VectorSelector v)) {
      throw error(open.start(), close.end(), "ranges only allowed for vector selectors");
    }
    if (isSet(v.shift().offset())) {
      throw error(open.start(), close.end(), "no offset modifiers allowed before range");
    }
    if (v.shift().at() != null || v.shift().atAnchor() != null) {
      throw error(open.start(), close.end(), "no @ modifiers allowed before range");
    }
    Span span = new Span(v.span().start(), close.end());
    grow(span, height);
    return new Expr.MatrixSelector(span, v, range);
  }

  private static boolean isSet(Duration offset) {
    return offset.millis() != 0 || offset.expression() != null;
  }

  private Expr offset(Expr e) {
    next();
    Context outer = enter("offset", "number, duration, step(), or range()");
    Duration offset = new DurationParser(this).offset();
    leave(outer);
    TimeShift shift = shift(e, "offset");
    if (isSet(shift.offset())) {
      throw error(e, "offset may not be set multiple times");
    }
    return shifted(e, new TimeShift(offset, shift.at(), shift.atAnchor()));
  }

  private Expr at(Expr e) {
    next();
    Context outer = enter("@", "timestamp");
    PromqlToken t = next();
    Long at = null;
    AtAnchor anchor = null;
    switch (t.kind()) {
      case START, END -> {
        expect(PromqlTokenKind.LEFT_PAREN);
        expect(PromqlTokenKind.RIGHT_PAREN);
        anchor = t.kind() == PromqlTokenKind.START ? AtAnchor.START : AtAnchor.END;
      }
      case ADD, SUB -> {
        if (peek().kind() != PromqlTokenKind.NUMBER && peek().kind() != PromqlTokenKind.DURATION) {
          throw unexpected();
        }
        double v = number(next());
        at = timestamp(e, t.kind() == PromqlTokenKind.SUB ? -v : v);
      }
      case NUMBER, DURATION -> at = timestamp(e, number(t));
      default -> throw unexpected(t);
    }
    leave(outer);
    TimeShift shift = shift(e, "@");
    if (shift.at() != null || shift.atAnchor() != null) {
      throw error(e, "@ <timestamp> may not be set multiple times");
    }
    return shifted(e, new TimeShift(shift.offset(), at, anchor));
  }

  private long timestamp(Expr e, double seconds) {
    double bound = 9223372036854775807.0;
    if (!(seconds < bound && seconds > -bound)) {
      String shown =
          Double.isNaN(seconds)
              ? "NaN"
              : Double.isInfinite(seconds)
                  ? (seconds > 0 ? "+Inf" : "-Inf")
                  : String.format("%.6f", new BigDecimal(seconds));
      throw error(e, "timestamp out of bounds for @ modifier: " + shown);
    }
    return (long) Literals.roundHalfAway(seconds * 1000);
  }

  private TimeShift shift(Expr e, String modifier) {
    if (e instanceof Expr.VectorSelector v) {
      return v.shift();
    }
    if (e instanceof Expr.MatrixSelector m) {
      return m.selector().shift();
    }
    if (e instanceof Expr.Subquery s) {
      return s.shift();
    }
    throw error(
        e,
        modifier
            + " modifier must be preceded by an instant vector selector or range vector"
            + " selector or a subquery");
  }

  private Expr shifted(Expr e, TimeShift shift) {
    Span span = new Span(e.span().start(), consumedEnd());
    if (e instanceof Expr.VectorSelector v) {
      return new Expr.VectorSelector(span, v.name(), v.matchers(), shift, v.extension());
    }
    if (e instanceof Expr.MatrixSelector m) {
      return new Expr.MatrixSelector(
          span,
          new Expr.VectorSelector(
              m.selector().span(),
              m.selector().name(),
              m.selector().matchers(),
              shift,
              m.selector().extension()),
          m.range());
    }
    if (e instanceof Expr.Subquery s) {
      return new Expr.Subquery(span, s.inner(), s.range(), s.step(), shift);
    }
    throw new IllegalStateException("cannot be shifted: " + e);
  }

  private Expr extend(Expr e, Extension extension, String name) {
    if (!options.extendedRangeSelectors()) {
      throw error(e, name + " modifier is experimental and not enabled");
    }
    if (e instanceof Expr.VectorSelector v) {
      return extend(v, e, extension);
    }
    if (e instanceof Expr.MatrixSelector m) {
      return new Expr.MatrixSelector(m.span(), extend(m.selector(), e, extension), m.range());
    }
    throw error(
        e,
        e instanceof Expr.Subquery
            ? name + " modifier is not supported for subqueries"
            : name + " modifier not implemented");
  }

  private Expr.VectorSelector extend(Expr.VectorSelector v, Expr at, Extension extension) {
    if (v.extension() != Extension.NONE && v.extension() != extension) {
      throw error(at, "anchored and smoothed modifiers cannot be used together");
    }
    return new Expr.VectorSelector(v.span(), v.name(), v.matchers(), v.shift(), extension);
  }

  private PromqlParseException error(Expr at, String reason) {
    return error(at.span().start(), at.span().end(), reason);
  }
}
