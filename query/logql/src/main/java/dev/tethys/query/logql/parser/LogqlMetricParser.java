package dev.tethys.query.logql.parser;

import dev.tethys.model.GoFloat;
import dev.tethys.model.Matcher;
import dev.tethys.model.regex.Regex;
import dev.tethys.query.logql.ast.LogExpr;
import dev.tethys.query.logql.ast.LogqlExpr;
import dev.tethys.query.logql.ast.MetricExpr;
import dev.tethys.query.logql.ast.MetricExpr.Binary;
import dev.tethys.query.logql.ast.MetricExpr.Grouping;
import dev.tethys.query.logql.ast.MetricExpr.LabelReplace;
import dev.tethys.query.logql.ast.MetricExpr.Literal;
import dev.tethys.query.logql.ast.MetricExpr.LogRange;
import dev.tethys.query.logql.ast.MetricExpr.RangeAggregation;
import dev.tethys.query.logql.ast.MetricExpr.Unwrap;
import dev.tethys.query.logql.ast.MetricExpr.Variants;
import dev.tethys.query.logql.ast.MetricExpr.VectorAggregation;
import dev.tethys.query.logql.ast.RangeOp;
import dev.tethys.query.logql.ast.RangeOp.Unwrapping;
import dev.tethys.query.logql.ast.Stage;
import dev.tethys.query.logql.ast.VectorOp;
import dev.tethys.query.logql.parser.PipelineParser.UnwrapTarget;
import dev.tethys.query.promql.ast.BinaryOp;
import dev.tethys.query.promql.ast.Expr.Cardinality;
import dev.tethys.query.promql.ast.Expr.VectorMatching;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Parses expressions: log queries, functions, aggregations and binary operations. */
final class LogqlMetricParser {
  private final LogqlTokenReader in;
  private final PipelineParser pipeline;

  LogqlMetricParser(LogqlTokenReader in) {
    this.in = in;
    pipeline = new PipelineParser(in);
  }

  /** Parses a complete query. */
  LogqlExpr query() {
    LogqlExpr e = expression(0);
    if (!in.at(LogqlTokenKind.END)) {
      throw in.unexpected();
    }
    return e;
  }

  // ---- binary operations

  private static @Nullable BinaryOp binaryOp(LogqlTokenKind kind) {
    return switch (kind) {
      case OR -> BinaryOp.OR;
      case AND -> BinaryOp.AND;
      case UNLESS -> BinaryOp.UNLESS;
      case CMP_EQ -> BinaryOp.EQL;
      case NEQ -> BinaryOp.NEQ;
      case GT -> BinaryOp.GTR;
      case GTE -> BinaryOp.GTE;
      case LT -> BinaryOp.LSS;
      case LTE -> BinaryOp.LTE;
      case ADD -> BinaryOp.ADD;
      case SUB -> BinaryOp.SUB;
      case MUL -> BinaryOp.MUL;
      case DIV -> BinaryOp.DIV;
      case MOD -> BinaryOp.MOD;
      case POW -> BinaryOp.POW;
      default -> null;
    };
  }

  private LogqlExpr expression(int lowest) {
    in.enter();
    LogqlExpr left = operand();
    while (true) {
      BinaryOp op = binaryOp(in.kind());
      if (op == null || op.precedence() < lowest) {
        in.leave();
        return left;
      }
      in.take();
      in.countOperator();
      boolean returnBool = in.skip(LogqlTokenKind.BOOL);
      VectorMatching matching = matching(op);
      int next = op == BinaryOp.POW ? op.precedence() : op.precedence() + 1;
      LogqlExpr right = expression(next);
      left = binary(op, left, right, returnBool, matching);
    }
  }

  private VectorMatching matching(BinaryOp op) {
    boolean on = in.at(LogqlTokenKind.ON);
    List<String> labels = List.of();
    List<String> include = List.of();
    Cardinality cardinality =
        op.isSetOperator() ? Cardinality.MANY_TO_MANY : Cardinality.ONE_TO_ONE;
    if (on || in.at(LogqlTokenKind.IGNORING)) {
      in.take();
      labels = labels();
      boolean left = in.at(LogqlTokenKind.GROUP_LEFT);
      if (left || in.at(LogqlTokenKind.GROUP_RIGHT)) {
        if (op.isSetOperator()) {
          throw in.unexpected();
        }
        in.take();
        cardinality = left ? Cardinality.MANY_TO_ONE : Cardinality.ONE_TO_MANY;
        if (in.at(LogqlTokenKind.OPEN_PARENTHESIS) && groupListFollows()) {
          include = labels();
        }
      }
    }
    return new VectorMatching(cardinality, on, labels, include, null, null);
  }

  /** Whether the parenthesis opens a list of labels, not an expression. */
  private boolean groupListFollows() {
    LogqlTokenKind next = in.followingKind();
    return next == LogqlTokenKind.CLOSE_PARENTHESIS || next == LogqlTokenKind.IDENTIFIER;
  }

  /** Parses a list of labels in parentheses. */
  private List<String> labels() {
    in.require(LogqlTokenKind.OPEN_PARENTHESIS);
    List<String> out = new ArrayList<>();
    if (in.skip(LogqlTokenKind.CLOSE_PARENTHESIS)) {
      return out;
    }
    while (true) {
      LogqlTokenKind k = in.kind();
      boolean call =
          k == LogqlTokenKind.RANGE_FUNCTION
              || k == LogqlTokenKind.AGGREGATION
              || k == LogqlTokenKind.LABEL_REPLACE
              || k == LogqlTokenKind.VECTOR;
      if (!k.isWord() || call) {
        throw out.isEmpty() ? in.unexpected("IDENTIFIER", ")") : in.unexpected("IDENTIFIER");
      }
      out.add(in.take().text());
      if (in.skip(LogqlTokenKind.CLOSE_PARENTHESIS)) {
        return out;
      }
      if (!in.skip(LogqlTokenKind.COMMA)) {
        throw in.unexpected(",", ")");
      }
    }
  }

  private static MetricExpr binary(
      BinaryOp op, LogqlExpr left, LogqlExpr right, boolean returnBool, VectorMatching matching) {
    if (left instanceof LogExpr l) {
      throw new LogqlParseException(
          "unexpected type for left leg of binary operation (" + op.text() + "): " + l.typeName());
    }
    if (right instanceof LogExpr r) {
      throw new LogqlParseException(
          "unexpected type for right leg of binary operation (" + op.text() + "): " + r.typeName());
    }
    if (op.isSetOperator()) {
      refuseLiteral(op, left, "left");
      refuseLiteral(op, right, "right");
    }
    if (left instanceof Literal l && right instanceof Literal r) {
      return new Literal(fold(op, l.value(), r.value()));
    }
    return new Binary(op, (MetricExpr) left, (MetricExpr) right, returnBool, matching);
  }

  private static void refuseLiteral(BinaryOp op, LogqlExpr leg, String side) {
    if (leg instanceof Literal l) {
      throw new LogqlParseException(
          "unexpected literal for "
              + side
              + " leg of logical/set binary operation ("
              + op.text()
              + "): "
              + GoFloat.format(l.value(), 'f', 6));
    }
  }

  /** Evaluates an operation on two numbers. Division by zero gives NaN, as in Loki. */
  static double fold(BinaryOp op, double l, double r) {
    return switch (op) {
      case ADD -> l + r;
      case SUB -> l - r;
      case MUL -> l * r;
      case DIV -> r == 0 ? Double.NaN : l / r;
      case MOD -> r == 0 ? Double.NaN : l % r;
      case POW -> dev.tethys.model.GoMath.pow(l, r);
      case EQL -> l == r ? 1 : 0;
      case NEQ -> l != r ? 1 : 0;
      case GTR -> l > r ? 1 : 0;
      case GTE -> l >= r ? 1 : 0;
      case LSS -> l < r ? 1 : 0;
      case LTE -> l <= r ? 1 : 0;
      default -> throw new IllegalStateException(op + " is not an operation on numbers");
    };
  }

  // ---- operands

  private LogqlExpr operand() {
    LogqlToken t = in.current();
    switch (t.kind()) {
      case OPEN_BRACE -> {
        List<Matcher> matchers = pipeline.selector();
        List<Stage> stages = new ArrayList<>();
        pipeline.stages(stages, null);
        return new LogExpr(matchers, stages);
      }
      case OPEN_PARENTHESIS -> {
        in.take();
        LogqlExpr e = expression(0);
        in.require(LogqlTokenKind.CLOSE_PARENTHESIS);
        if (e instanceof LogExpr l && in.atStage() && !in.at(LogqlTokenKind.NEQ)) {
          List<Stage> stages = new ArrayList<>(l.stages());
          pipeline.stages(stages, null);
          return new LogExpr(l.matchers(), stages);
        }
        return e;
      }
      case NUMBER, SUB, ADD -> {
        return new Literal(pipeline.signedNumber());
      }
      case RANGE_FUNCTION -> {
        return rangeAggregation();
      }
      case AGGREGATION -> {
        return vectorAggregation();
      }
      case LABEL_REPLACE -> {
        return labelReplace();
      }
      case VECTOR -> {
        in.take();
        in.require(LogqlTokenKind.OPEN_PARENTHESIS);
        double v = pipeline.number();
        in.require(LogqlTokenKind.CLOSE_PARENTHESIS);
        return new MetricExpr.Vector(v);
      }
      case VARIANTS -> {
        return variants();
      }
      default -> throw in.unexpectedWord(LogqlLexer.functionNames());
    }
  }

  /** Parses a metric query. Errors refer to the first token that cannot continue a log query. */
  private MetricExpr metric() {
    LogqlExpr e = expression(0);
    if (e instanceof MetricExpr m) {
      return m;
    }
    throw in.unexpected();
  }

  private MetricExpr labelReplace() {
    in.take();
    in.require(LogqlTokenKind.OPEN_PARENTHESIS);
    MetricExpr inner = metric();
    String[] args = new String[4];
    for (int i = 0; i < args.length; i++) {
      in.expect(LogqlTokenKind.COMMA);
      args[i] = in.expect(LogqlTokenKind.STRING).text();
    }
    in.require(LogqlTokenKind.CLOSE_PARENTHESIS);
    try {
      Regex.compile(args[3]); // the message quotes the expression as it was given
      Regex.anchored(args[3]);
    } catch (IllegalArgumentException e) {
      throw new LogqlParseException("invalid regex in label_replace: " + e.getMessage());
    }
    return new LabelReplace(inner, args[0], args[1], args[2], args[3]);
  }

  private MetricExpr vectorAggregation() {
    VectorOp op = Objects.requireNonNull(VectorOp.of(in.take().text()));
    Grouping grouping = grouping();
    in.require(LogqlTokenKind.OPEN_PARENTHESIS);
    LogqlToken parameter = null;
    MetricExpr inner;
    if (in.at(LogqlTokenKind.NUMBER) && in.followingKind() == LogqlTokenKind.COMMA) {
      parameter = in.take();
      in.take();
    }
    inner = metric();
    in.require(LogqlTokenKind.CLOSE_PARENTHESIS);
    if (grouping == null) {
      grouping = grouping();
    }
    int k = 0;
    if (op.takesParameter()) {
      if (parameter == null) {
        throw new LogqlParseException("parameter required for operation " + op.text());
      }
      try {
        k = Integer.parseInt(parameter.text());
      } catch (NumberFormatException e) {
        throw new LogqlParseException(
            "invalid parameter " + op.text() + "(" + parameter.text() + ",");
      }
      if (k <= 0) {
        throw new LogqlParseException(
            "invalid parameter (must be greater than 0) "
                + op.text()
                + "("
                + parameter.text()
                + ",");
      }
    } else if (parameter != null) {
      throw new LogqlParseException(
          "unsupported parameter for operation " + op.text() + "(" + parameter.text() + ",");
    }
    boolean ungrouped =
        op == VectorOp.APPROX_TOPK || op == VectorOp.SORT || op == VectorOp.SORT_DESC;
    if (grouping != null && ungrouped) {
      throw new LogqlParseException("grouping not allowed for " + op.text() + " aggregation");
    }
    return new VectorAggregation(op, inner, k, grouping);
  }

  private @Nullable Grouping grouping() {
    boolean without = in.at(LogqlTokenKind.WITHOUT);
    if (!without && !in.at(LogqlTokenKind.BY)) {
      return null;
    }
    in.take();
    return new Grouping(labels(), without);
  }

  // ---- ranges

  private MetricExpr rangeAggregation() {
    RangeOp op = Objects.requireNonNull(RangeOp.of(in.take().text()));
    if (in.at(LogqlTokenKind.BY) || in.at(LogqlTokenKind.WITHOUT)) {
      throw in.unexpected("(");
    }
    in.require(LogqlTokenKind.OPEN_PARENTHESIS);
    Double parameter = null;
    if (in.at(LogqlTokenKind.NUMBER)) {
      parameter = pipeline.number();
      in.expect(LogqlTokenKind.COMMA);
    } else if (!in.at(LogqlTokenKind.OPEN_BRACE) && !in.at(LogqlTokenKind.OPEN_PARENTHESIS)) {
      throw in.unexpected("NUMBER", "{", "(");
    }
    LogRange range = new RangeBuilder().build();
    in.require(LogqlTokenKind.CLOSE_PARENTHESIS);
    Grouping grouping = grouping();
    check(op, parameter, range, grouping);
    return new RangeAggregation(op, parameter, range, grouping);
  }

  private static void check(
      RangeOp op, @Nullable Double parameter, LogRange range, @Nullable Grouping grouping) {
    if (op == RangeOp.QUANTILE_OVER_TIME && parameter == null) {
      throw new LogqlParseException("parameter required for operation " + op.text());
    }
    if (op != RangeOp.QUANTILE_OVER_TIME && parameter != null) {
      throw new LogqlParseException(
          "parameter " + GoFloat.f(parameter) + " not supported for operation " + op.text());
    }
    if (grouping != null && !op.takesGrouping()) {
      throw new LogqlParseException("grouping not allowed for " + op.text() + " aggregation");
    }
    if (range.unwrap() != null && op.unwrapping() == Unwrapping.NEVER) {
      throw new LogqlParseException("invalid aggregation " + op.text() + " with unwrap");
    }
    if (range.unwrap() == null && op.unwrapping() == Unwrapping.ALWAYS) {
      throw new LogqlParseException("invalid aggregation " + op.text() + " without unwrap");
    }
  }

  /** Parts of a log range, which may occur in several orders. */
  private final class RangeBuilder {
    private List<Matcher> matchers = List.of();
    private final List<Stage> stages = new ArrayList<>();
    private final UnwrapTarget unwrap = new UnwrapTarget();
    private long range;
    private long offset;

    LogRange build() {
      parse();
      if (range == 0) {
        throw in.unexpected();
      }
      Unwrap u = unwrap.value;
      return new LogRange(new LogExpr(matchers, stages), range, offset, u);
    }

    private void parse() {
      in.enter();
      if (in.skip(LogqlTokenKind.OPEN_PARENTHESIS)) {
        parse();
        in.require(LogqlTokenKind.CLOSE_PARENTHESIS);
      } else {
        matchers = pipeline.selector();
      }
      while (true) {
        if (in.at(LogqlTokenKind.RANGE) && range == 0) {
          range = in.take().nanos();
          if (in.skip(LogqlTokenKind.OFFSET)) {
            if (!in.at(LogqlTokenKind.DURATION)) {
              throw in.unexpected("DURATION");
            }
            offset = in.take().nanos();
          }
        } else if (in.atStage()) {
          pipeline.stages(stages, unwrap);
        } else {
          break;
        }
      }
      in.leave();
    }
  }

  private MetricExpr variants() {
    in.take();
    in.require(LogqlTokenKind.OPEN_PARENTHESIS);
    List<MetricExpr> metrics = new ArrayList<>();
    do {
      metrics.add(metric());
    } while (in.skip(LogqlTokenKind.COMMA));
    in.require(LogqlTokenKind.CLOSE_PARENTHESIS);
    in.expect(LogqlTokenKind.OF);
    in.require(LogqlTokenKind.OPEN_PARENTHESIS);
    LogRange of = new RangeBuilder().build();
    in.require(LogqlTokenKind.CLOSE_PARENTHESIS);
    return new Variants(metrics, of);
  }
}
