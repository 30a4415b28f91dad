package dev.tethys.query.traceql.ast;

/** Operator of field expressions, scalars and metrics. */
public enum Operator {
  OR("||"),
  AND("&&"),
  EQUAL("="),
  NOT_EQUAL("!="),
  LESS("<"),
  LESS_OR_EQUAL("<="),
  GREATER(">"),
  GREATER_OR_EQUAL(">="),
  MATCHES("=~"),
  NOT_MATCHES("!~"),
  ADD("+"),
  SUBTRACT("-"),
  NOT("!"),
  MULTIPLY("*"),
  DIVIDE("/"),
  MODULO("%"),
  POWER("^");

  private final String text;

  Operator(String text) {
    this.text = text;
  }

  /** Returns the text in a query. */
  public String text() {
    return text;
  }

  /** True for {@code &&} and {@code ||}. */
  public boolean isLogical() {
    return this == OR || this == AND;
  }

  /** True for comparisons, patterns included. */
  public boolean isComparison() {
    return ordinal() >= EQUAL.ordinal() && ordinal() <= NOT_MATCHES.ordinal();
  }

  /** True for {@code =~} and {@code !~}. */
  public boolean isPattern() {
    return this == MATCHES || this == NOT_MATCHES;
  }

  /** True for arithmetic. */
  public boolean isArithmetic() {
    return this == ADD || this == SUBTRACT || ordinal() >= MULTIPLY.ordinal();
  }

  /** Returns the comparison with the operands exchanged. */
  public Operator flipped() {
    return switch (this) {
      case LESS -> GREATER;
      case LESS_OR_EQUAL -> GREATER_OR_EQUAL;
      case GREATER -> LESS;
      case GREATER_OR_EQUAL -> LESS_OR_EQUAL;
      default -> this;
    };
  }

  /** True if values of a type can be operands. */
  public boolean takes(ValueType type) {
    return switch (type) {
      case ATTRIBUTE -> true;
      case BOOL -> isLogical() || this == EQUAL || this == NOT_EQUAL;
      case INT, FLOAT, DURATION -> isArithmetic() || isComparison() && !isPattern();
      case STRING -> isComparison();
      case NIL, STATUS, KIND -> this == EQUAL || this == NOT_EQUAL;
      case ARRAY -> false;
    };
  }

  /** Returns the result of a comparison by the order of its operands. */
  public boolean holds(int order) {
    return switch (this) {
      case EQUAL -> order == 0;
      case NOT_EQUAL -> order != 0;
      case LESS -> order < 0;
      case LESS_OR_EQUAL -> order <= 0;
      case GREATER -> order > 0;
      case GREATER_OR_EQUAL -> order >= 0;
      default -> throw new IllegalStateException(name());
    };
  }

  /** Returns the result of a comparison of two numbers. */
  public boolean holds(double a, double b) {
    return switch (this) {
      case EQUAL -> a == b;
      case NOT_EQUAL -> a != b;
      case LESS -> a < b;
      case LESS_OR_EQUAL -> a <= b;
      case GREATER -> a > b;
      case GREATER_OR_EQUAL -> a >= b;
      default -> throw new IllegalStateException(name());
    };
  }
}
