package dev.tethys.query.promql.parser;

import dev.tethys.query.promql.ast.AggregateOp;
import dev.tethys.query.promql.ast.BinaryOp;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Token kinds, with their names in error messages. */
enum PromqlTokenKind {
  EOF("end of input"),
  IDENTIFIER("identifier"),
  METRIC_IDENTIFIER("metric identifier"),
  STRING("string"),
  NUMBER("number"),
  DURATION("duration"),

  LEFT_PAREN(Group.SYMBOL),
  RIGHT_PAREN(Group.SYMBOL),
  LEFT_BRACE(Group.SYMBOL),
  RIGHT_BRACE(Group.SYMBOL),
  LEFT_BRACKET(Group.SYMBOL),
  RIGHT_BRACKET(Group.SYMBOL),
  COMMA(Group.SYMBOL),
  COLON(Group.SYMBOL),
  EQL(Group.SYMBOL),

  ADD(BinaryOp.ADD),
  SUB(BinaryOp.SUB),
  MUL(BinaryOp.MUL),
  DIV(BinaryOp.DIV),
  MOD(BinaryOp.MOD),
  POW(BinaryOp.POW),
  ATAN2(BinaryOp.ATAN2),
  EQLC(BinaryOp.EQL),
  NEQ(BinaryOp.NEQ),
  LTE(BinaryOp.LTE),
  LSS(BinaryOp.LSS),
  GTE(BinaryOp.GTE),
  GTR(BinaryOp.GTR),
  TRIM_UPPER(BinaryOp.TRIM_UPPER),
  TRIM_LOWER(BinaryOp.TRIM_LOWER),
  AND(BinaryOp.AND),
  OR(BinaryOp.OR),
  UNLESS(BinaryOp.UNLESS),
  EQL_REGEX(Group.OPERATOR),
  NEQ_REGEX(Group.OPERATOR),
  AT(Group.OPERATOR),

  AGGREGATOR(Group.AGGREGATOR),

  BOOL(Group.KEYWORD),
  BY(Group.KEYWORD),
  WITHOUT(Group.KEYWORD),
  ON(Group.KEYWORD),
  IGNORING(Group.KEYWORD),
  GROUP_LEFT(Group.KEYWORD),
  GROUP_RIGHT(Group.KEYWORD),
  FILL(Group.KEYWORD),
  FILL_LEFT(Group.KEYWORD),
  FILL_RIGHT(Group.KEYWORD),
  OFFSET(Group.KEYWORD),
  ANCHORED(Group.KEYWORD),
  SMOOTHED(Group.KEYWORD),

  START(Group.PREPROCESSOR),
  END(Group.PREPROCESSOR),
  STEP(Group.PREPROCESSOR),
  RANGE(Group.PREPROCESSOR),
  MAX_OF(Group.PREPROCESSOR),
  MIN_OF(Group.PREPROCESSOR);

  /** Group of tokens that error messages and the grammar distinguish. */
  enum Group {
    /** Described by a phrase before the text. */
    PHRASE,
    SYMBOL,
    OPERATOR,
    AGGREGATOR,
    KEYWORD,
    PREPROCESSOR
  }

  private static final Map<String, PromqlTokenKind> KEYWORDS = keywords();
  private static final Map<String, AggregateOp> AGGREGATES = aggregates();

  final Group group;
  final String phrase;
  final @Nullable BinaryOp binaryOp;

  PromqlTokenKind(String phrase) {
    this.group = Group.PHRASE;
    this.phrase = phrase;
    this.binaryOp = null;
  }

  PromqlTokenKind(Group group) {
    this.group = group;
    this.phrase = "";
    this.binaryOp = null;
  }

  PromqlTokenKind(BinaryOp op) {
    this.group = Group.OPERATOR;
    this.phrase = "";
    this.binaryOp = op;
  }

  /** Returns the kind of a word in any case, or null if it is not a keyword. */
  static @Nullable PromqlTokenKind keyword(String word) {
    return KEYWORDS.get(word.toLowerCase(Locale.ROOT));
  }

  /** Returns the aggregation of a word in any case. */
  static @Nullable AggregateOp aggregate(String word) {
    return AGGREGATES.get(word.toLowerCase(Locale.ROOT));
  }

  /** Whether it may be a metric name outside braces. */
  boolean isMetricName() {
    return switch (this) {
      case IDENTIFIER, METRIC_IDENTIFIER, AGGREGATOR, BY, WITHOUT -> true;
      case FILL, FILL_LEFT, FILL_RIGHT, OFFSET, ANCHORED, SMOOTHED, AND, OR, UNLESS -> true;
      default -> group == Group.PREPROCESSOR;
    };
  }

  /** Whether it may be a label name in a grouping clause. */
  boolean isGroupingLabel() {
    return switch (this) {
      case BOOL, ON, IGNORING, GROUP_LEFT, GROUP_RIGHT, ATAN2 -> true;
      case WITHOUT -> false;
      default -> isMetricName();
    };
  }

  /** Whether it can start an expression. */
  boolean startsExpression() {
    return switch (this) {
      case NUMBER, DURATION, STRING, LEFT_PAREN, LEFT_BRACE, ADD, SUB -> true;
      default -> isMetricName();
    };
  }

  private static Map<String, PromqlTokenKind> keywords() {
    Map<String, PromqlTokenKind> m = new HashMap<>();
    for (PromqlTokenKind k : values()) {
      if (k.group == Group.KEYWORD || k.group == Group.PREPROCESSOR) {
        m.put(k.name().toLowerCase(Locale.ROOT), k);
      }
    }
    m.put("and", AND);
    m.put("or", OR);
    m.put("unless", UNLESS);
    m.put("atan2", ATAN2);
    m.put("inf", NUMBER);
    m.put("nan", NUMBER);
    for (AggregateOp op : AggregateOp.values()) {
      m.put(op.text(), AGGREGATOR);
    }
    return m;
  }

  private static Map<String, AggregateOp> aggregates() {
    Map<String, AggregateOp> m = new HashMap<>();
    for (AggregateOp op : AggregateOp.values()) {
      m.put(op.text(), op);
    }
    return m;
  }
}
