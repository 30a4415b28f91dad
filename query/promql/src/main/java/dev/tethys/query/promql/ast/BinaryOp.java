package dev.tethys.query.promql.ast;

/** The binary operators, with their precedence (higher binds tighter). */
public enum BinaryOp {
  OR("or", 1),
  AND("and", 2),
  UNLESS("unless", 2),
  EQL("==", 3),
  NEQ("!=", 3),
  LSS("<", 3),
  LTE("<=", 3),
  GTR(">", 3),
  GTE(">=", 3),
  TRIM_UPPER("</", 3),
  TRIM_LOWER(">/", 3),
  ADD("+", 4),
  SUB("-", 4),
  MUL("*", 5),
  DIV("/", 5),
  MOD("%", 5),
  ATAN2("atan2", 5),
  POW("^", 6);

  private final String text;
  private final int precedence;

  BinaryOp(String text, int precedence) {
    this.text = text;
    this.precedence = precedence;
  }

  /** Returns the operator in the query text. */
  public String text() {
    return text;
  }

  public int precedence() {
    return precedence;
  }

  /** Whether the operator is one of {@code == != < <= > >=}. */
  public boolean isComparison() {
    return switch (this) {
      case EQL, NEQ, LSS, LTE, GTR, GTE -> true;
      default -> false;
    };
  }

  /** Whether the operator is one of {@code and or unless}. */
  public boolean isSetOperator() {
    return this == AND || this == OR || this == UNLESS;
  }
}
