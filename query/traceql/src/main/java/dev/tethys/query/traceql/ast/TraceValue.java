package dev.tethys.query.traceql.ast;

import dev.tethys.model.GoDurationText;
import dev.tethys.model.GoFloat;
import dev.tethys.model.GoQuote;
import java.util.List;

/** Typed value of TraceQL: a literal, or the value of a field. */
public sealed interface TraceValue {
  /** Absent value. */
  TraceValue NIL = new Nil();

  TraceValue TRUE = new Bool(true);

  TraceValue FALSE = new Bool(false);

  /** Returns the type of this value. */
  ValueType type();

  /** Returns the text as in an attribute value or a label: a string without quotes. */
  String text();

  /** Returns the number for arithmetic and comparisons; NaN if the value is not a number. */
  default double number() {
    return Double.NaN;
  }

  /** Returns the literal parsed as the same value. */
  default String literal() {
    return text();
  }

  /** No value. */
  record Nil() implements TraceValue {
    @Override
    public ValueType type() {
      return ValueType.NIL;
    }

    @Override
    public String text() {
      return "nil";
    }
  }

  /** A string. */
  record Text(String value) implements TraceValue {
    @Override
    public ValueType type() {
      return ValueType.STRING;
    }

    @Override
    public String text() {
      return value;
    }

    @Override
    public String literal() {
      return value.indexOf('`') < 0 && value.indexOf('\r') < 0
          ? '`' + value + '`'
          : GoQuote.quote(value);
    }
  }

  /** An integer. */
  record Int(long value) implements TraceValue {
    @Override
    public ValueType type() {
      return ValueType.INT;
    }

    @Override
    public String text() {
      return Long.toString(value);
    }

    @Override
    public double number() {
      return value;
    }
  }

  /** A floating-point number. */
  record Real(double value) implements TraceValue {
    @Override
    public ValueType type() {
      return ValueType.FLOAT;
    }

    @Override
    public String text() {
      return GoFloat.g(value);
    }

    @Override
    public double number() {
      return value;
    }

    @Override
    public String literal() {
      String s = text();
      boolean whole = s.chars().allMatch(c -> c >= '0' && c <= '9' || c == '-');
      return whole ? s + ".0" : s;
    }
  }

  /** True or false. */
  record Bool(boolean value) implements TraceValue {
    @Override
    public ValueType type() {
      return ValueType.BOOL;
    }

    @Override
    public String text() {
      return Boolean.toString(value);
    }
  }

  /** A duration. */
  record Duration(long nanos) implements TraceValue {
    @Override
    public ValueType type() {
      return ValueType.DURATION;
    }

    @Override
    public String text() {
      return GoDurationText.of(nanos);
    }

    @Override
    public double number() {
      return nanos;
    }
  }

  /**
   * Span status.
   *
   * @param code 0 unset, 1 ok, 2 error
   */
  record Status(int code) implements TraceValue {
    static final List<String> NAMES = List.of("unset", "ok", "error");

    @Override
    public ValueType type() {
      return ValueType.STATUS;
    }

    @Override
    public String text() {
      return code >= 0 && code < NAMES.size() ? NAMES.get(code) : "status(" + code + ")";
    }
  }

  /**
   * Span kind.
   *
   * @param code 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer
   */
  record Kind(int code) implements TraceValue {
    static final List<String> NAMES =
        List.of("unspecified", "internal", "server", "client", "producer", "consumer");

    @Override
    public ValueType type() {
      return ValueType.KIND;
    }

    @Override
    public String text() {
      return code >= 0 && code < NAMES.size() ? NAMES.get(code) : "kind(" + code + ")";
    }
  }

  /** Elements of an array attribute. */
  record Items(List<TraceValue> values) implements TraceValue {
    public Items {
      values = List.copyOf(values);
    }

    @Override
    public ValueType type() {
      return ValueType.ARRAY;
    }

    @Override
    public String text() {
      StringBuilder sb = new StringBuilder("[");
      for (TraceValue v : values) {
        sb.append(sb.length() == 1 ? "" : ", ").append(v.literal());
      }
      return sb.append(']').toString();
    }
  }

  /**
   * Returns the value of a word such as {@code error} or {@code server}; {@link #NIL} for any other
   * word.
   */
  static TraceValue ofKeyword(String word) {
    int status = Status.NAMES.indexOf(word);
    if (status >= 0) {
      return new Status(status);
    }
    int kind = Kind.NAMES.indexOf(word);
    return kind >= 0 ? new Kind(kind) : NIL;
  }
}
