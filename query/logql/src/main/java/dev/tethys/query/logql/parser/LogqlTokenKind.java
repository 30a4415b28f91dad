package dev.tethys.query.logql.parser;

/** Kinds of tokens, with the names that Loki's syntax errors use. */
enum LogqlTokenKind {
  END("$end"),
  IDENTIFIER("IDENTIFIER"),
  STRING("STRING"),
  NUMBER("NUMBER"),
  DURATION("DURATION"),
  BYTES("BYTES"),
  RANGE("RANGE"),
  FUNCTION_FLAG("FUNCTION_FLAG"),

  OPEN_BRACE("{"),
  CLOSE_BRACE("}"),
  OPEN_PARENTHESIS("("),
  CLOSE_PARENTHESIS(")"),
  COMMA(","),
  DOT("."),
  EQ("="),
  NEQ("!="),
  RE("=~"),
  NRE("!~"),
  NPA("!>"),
  PIPE("|"),
  PIPE_EXACT("|="),
  PIPE_MATCH("|~"),
  PIPE_PATTERN("|>"),
  CMP_EQ("=="),
  GT(">"),
  GTE(">="),
  LT("<"),
  LTE("<="),
  ADD("+"),
  SUB("-"),
  MUL("*"),
  DIV("/"),
  MOD("%"),
  POW("^"),

  OR("or"),
  AND("and"),
  UNLESS("unless"),
  BY("by"),
  WITHOUT("without"),
  BOOL("bool"),
  ON("on"),
  IGNORING("ignoring"),
  GROUP_LEFT("group_left"),
  GROUP_RIGHT("group_right"),
  OFFSET("offset"),
  JSON("json"),
  REGEXP("regexp"),
  LOGFMT("logfmt"),
  UNPACK("unpack"),
  PATTERN("pattern"),
  UNWRAP("unwrap"),
  LABEL_FORMAT("label_format"),
  LINE_FORMAT("line_format"),
  DECOLORIZE("decolorize"),
  DROP("drop"),
  KEEP("keep"),

  /** Function over a log range. */
  RANGE_FUNCTION(""),
  /** Vector aggregation. */
  AGGREGATION(""),
  LABEL_REPLACE("LABEL_REPLACE"),
  VECTOR("VECTOR"),
  VARIANTS("VARIANTS"),
  OF("OF"),
  IP("ip"),
  /** Conversion of an unwrapped label. */
  CONVERSION("");

  private final String shown;

  LogqlTokenKind(String shown) {
    this.shown = shown;
  }

  /** Returns the name used in messages; empty if the text is the name. */
  String shown() {
    return shown;
  }

  /** Whether the token is a word. */
  boolean isWord() {
    return this == IDENTIFIER || ordinal() >= OR.ordinal();
  }
}
