package dev.tethys.query.traceql.ast;

/** Type of an expression or a value. */
public enum ValueType {
  NIL,
  STRING,
  INT,
  FLOAT,
  BOOL,
  DURATION,
  STATUS,
  KIND,
  ARRAY,
  /** Attribute, whose type depends on the span. */
  ATTRIBUTE;

  /** True for the types that arithmetic and order apply to. */
  public boolean isNumeric() {
    return this == INT || this == FLOAT || this == DURATION;
  }

  /** True if values of the two types can be operands of one operator. */
  public boolean fits(ValueType other) {
    return this == other
        || this == ATTRIBUTE
        || other == ATTRIBUTE
        || isNumeric() && other.isNumeric();
  }

  /** Returns the name for error messages. */
  public String label() {
    return switch (this) {
      case BOOL -> "boolean";
      case INT -> "integer";
      default -> name().toLowerCase(java.util.Locale.ROOT);
    };
  }
}
