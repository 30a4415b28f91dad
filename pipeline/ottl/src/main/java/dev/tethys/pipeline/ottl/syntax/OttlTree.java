package dev.tethys.pipeline.ottl.syntax;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tree of an OTTL text. Each node has the position of its text. The parser distinguishes values
 * from conditions, so its trees are well-formed.
 */
public sealed interface OttlTree {
  /** Returns the start of this node's text, from zero. */
  int at();

  /** An editor with an optional condition. */
  record Statement(int at, Call editor, @Nullable Expression where) implements OttlTree {}

  /** Expression that can be evaluated. */
  sealed interface Expression extends OttlTree {}

  /** A reference to a field of telemetry, or to a parameter of a lambda around it. */
  record Path(int at, List<Field> fields) implements Expression {
    public Path {
      fields = List.copyOf(fields);
    }
  }

  /** One name of a path with its indexes. */
  record Field(int at, String name, List<Expression> keys) implements OttlTree {
    public Field {
      keys = List.copyOf(keys);
    }
  }

  /** Editor (lower case) or converter (upper case), optionally indexed. */
  record Call(int at, String name, List<Argument> arguments, List<Expression> keys)
      implements Expression {
    public Call {
      arguments = List.copyOf(arguments);
      keys = List.copyOf(keys);
    }
  }

  /** Argument; the name is null if it is positional. */
  record Argument(int at, @Nullable String name, Expression value) implements OttlTree {}

  record Nil(int at) implements Expression {}

  record IntLiteral(int at, long value) implements Expression {}

  record FloatLiteral(int at, double value) implements Expression {}

  record StringLiteral(int at, String value) implements Expression {}

  record BoolLiteral(int at, boolean value) implements Expression {}

  /** Bytes, kept as the hexadecimal digits that were written. */
  record BytesLiteral(int at, String hex) implements Expression {
    public byte[] bytes() {
      return java.util.HexFormat.of().parseHex(hex);
    }
  }

  /** Symbol in upper case: an enum, or a converter passed by name. */
  record Symbol(int at, String name) implements Expression {}

  record ListLiteral(int at, List<Expression> items) implements Expression {
    public ListLiteral {
      items = List.copyOf(items);
    }
  }

  record Entry(int at, String key, Expression value) implements OttlTree {}

  record MapLiteral(int at, List<Entry> entries) implements Expression {
    public MapLiteral {
      entries = List.copyOf(entries);
    }
  }

  enum MathOperator {
    ADD("+"),
    SUBTRACT("-"),
    MULTIPLY("*"),
    DIVIDE("/");

    private final String text;

    MathOperator(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }

  record Arithmetic(int at, MathOperator operator, Expression left, Expression right)
      implements Expression {}

  enum CompareOperator {
    EQUAL("=="),
    NOT_EQUAL("!="),
    LESS("<"),
    LESS_OR_EQUAL("<="),
    GREATER(">"),
    GREATER_OR_EQUAL(">=");

    private final String text;

    CompareOperator(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }

  record Comparison(int at, CompareOperator operator, Expression left, Expression right)
      implements Expression {}

  /** At least two conditions, all of which must be true. */
  record And(int at, List<Expression> operands) implements Expression {
    public And {
      operands = List.copyOf(operands);
    }
  }

  /** At least two conditions, one of which must be true. */
  record Or(int at, List<Expression> operands) implements Expression {
    public Or {
      operands = List.copyOf(operands);
    }
  }

  record Not(int at, Expression operand) implements Expression {}

  /** Inline function; a parameter named {@code _} is not bound. */
  record Lambda(int at, List<String> parameters, Expression body) implements Expression {
    public Lambda {
      parameters = List.copyOf(parameters);
    }
  }
}
