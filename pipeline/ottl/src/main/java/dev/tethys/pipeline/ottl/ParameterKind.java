package dev.tethys.pipeline.ottl;

/** Kind of a function parameter. */
public enum ParameterKind {
  /** Any value, including nil. */
  ANY(Type.ANY),
  /** String. */
  STRING(Type.STRING),
  /** Any value with a text form; nil stays nil. */
  STRING_LIKE(Type.ANY),
  INT(Type.INT),
  /** Any value with an integer form: truncated doubles, digits, booleans; nil stays nil. */
  INT_LIKE(Type.ANY),
  DOUBLE(Type.DOUBLE),
  DOUBLE_LIKE(Type.ANY),
  BOOL(Type.BOOL),
  MAP(Type.MAP),
  LIST(Type.LIST),
  TIME(Type.TIME),
  DURATION(Type.DURATION),
  /** Path that can be assigned to. */
  TARGET(Type.ANY),
  /** Path to a map that is edited in place. */
  MAP_TARGET(Type.MAP),
  /** Literal in the statement, checked at load time. */
  LITERAL_STRING(Type.STRING),
  LITERAL_INT(Type.INT),
  LITERAL_DOUBLE(Type.DOUBLE),
  LITERAL_BOOL(Type.BOOL),
  /** Name of a converter for one string. */
  FUNCTION(Type.ANY),
  /** Lambda without parameters. */
  LAMBDA_0(Type.ANY),
  /** Lambda with a key or index, and a value. */
  LAMBDA_2(Type.ANY),
  /** Lambda with the accumulated value, a key or index, and a value. */
  LAMBDA_3(Type.ANY);

  private final Type type;

  ParameterKind(Type type) {
    this.type = type;
  }

  /** Returns the required type, if any. */
  public Type type() {
    return type;
  }

  boolean isLiteral() {
    return switch (this) {
      case LITERAL_STRING, LITERAL_INT, LITERAL_DOUBLE, LITERAL_BOOL -> true;
      default -> false;
    };
  }

  int lambdaParameters() {
    return switch (this) {
      case LAMBDA_0 -> 0;
      case LAMBDA_2 -> 2;
      case LAMBDA_3 -> 3;
      default -> -1;
    };
  }
}
