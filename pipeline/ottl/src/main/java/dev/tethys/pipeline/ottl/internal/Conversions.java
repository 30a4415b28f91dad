package dev.tethys.pipeline.ottl.internal;

import dev.tethys.model.GoFloatReader;
import dev.tethys.pipeline.ottl.EvaluationException;
import dev.tethys.pipeline.ottl.OttlExpr;
import dev.tethys.pipeline.ottl.ParameterKind;
import dev.tethys.pipeline.ottl.Type;
import org.jspecify.annotations.Nullable;

/** Conversions of arguments to parameter types. */
public final class Conversions {
  private Conversions() {}

  /** Converts an expression to a parameter's type; fails if that is impossible. */
  public static OttlExpr to(ParameterKind kind, String parameter, OttlExpr from) {
    if (from.isConstant()) {
      Object value = from.get(new dev.tethys.pipeline.ottl.Cursor());
      return OttlExpr.constant(one(kind, parameter, value));
    }
    return switch (kind) {
      case STRING_LIKE -> OttlExpr.of(Type.STRING, at -> Text.of(from.get(at)));
      case INT_LIKE -> OttlExpr.of(Type.INT, at -> toLong(from.get(at)));
      case DOUBLE_LIKE -> OttlExpr.of(Type.DOUBLE, at -> toDouble(from.get(at)));
      case STRING, INT, DOUBLE, BOOL, MAP, LIST, TIME, DURATION -> {
        Type wanted = kind.type();
        yield OttlExpr.of(wanted, at -> checked(wanted, parameter, from.get(at)));
      }
      default -> from;
    };
  }

  /**
   * Converts a value to the type of a parameter.
   *
   * @throws EvaluationException if it is of another kind
   */
  public static @Nullable Object one(ParameterKind kind, String parameter, @Nullable Object value) {
    return switch (kind) {
      case STRING_LIKE -> Text.of(value);
      case INT_LIKE -> toLong(value);
      case DOUBLE_LIKE -> toDouble(value);
      case STRING, INT, DOUBLE, BOOL, MAP, LIST, TIME, DURATION ->
          checked(kind.type(), parameter, value);
      default -> value;
    };
  }

  private static Object checked(Type wanted, String parameter, @Nullable Object value) {
    if (value != null && Type.of(value) == wanted) {
      return value;
    }
    throw new EvaluationException(
        parameter
            + " is "
            + (value == null ? "nil" : "a value of type " + Type.of(value).text())
            + ", not a "
            + wanted.text());
  }

  /**
   * Converts to an integer: doubles are truncated, digits parsed, booleans are 1 and 0; null for
   * nil and for text without digits.
   *
   * @throws EvaluationException if the type has no integer form
   */
  public static @Nullable Long toLong(@Nullable Object value) {
    return switch (value) {
      case Long l -> l;
      case Double d -> (long) (double) d;
      case Boolean b -> b ? 1L : 0L;
      case String s -> {
        try {
          yield Long.parseLong(s);
        } catch (NumberFormatException e) {
          yield null;
        }
      }
      case null -> null;
      default -> throw cannotBe("an int", value);
    };
  }

  /**
   * Converts to a double: integers and digits, booleans as 1 and 0; null for nil.
   *
   * @throws EvaluationException if it is not a number
   */
  public static @Nullable Double toDouble(@Nullable Object value) {
    return switch (value) {
      case Double d -> d;
      case Long l -> (double) l;
      case Boolean b -> b ? 1.0 : 0.0;
      case String s -> {
        Double d = parseDouble(s);
        if (d == null) {
          throw new EvaluationException("not a number: \"" + shown(s) + "\"");
        }
        yield d;
      }
      case null -> null;
      default -> throw cannotBe("a double", value);
    };
  }

  /**
   * Converts to a boolean: numbers other than 0 are true, text is parsed as in Go; null for nil.
   *
   * @throws EvaluationException if it is not a boolean
   */
  public static @Nullable Boolean toBool(@Nullable Object value) {
    return switch (value) {
      case Boolean b -> b;
      case Long l -> l != 0;
      case Double d -> d != 0;
      case String s -> {
        Boolean b = parseBool(s);
        if (b == null) {
          throw new EvaluationException("not a truth: \"" + shown(s) + "\"");
        }
        yield b;
      }
      case null -> null;
      default -> throw cannotBe("a bool", value);
    };
  }

  private static EvaluationException cannotBe(String what, Object value) {
    return new EvaluationException(
        "a value of type " + Type.of(value).text() + " cannot be converted to " + what);
  }

  private static String shown(String s) {
    return s.length() > 60 ? s.substring(0, 60) + "…" : s;
  }

  /** Parses a double as in Go; returns null if it is invalid. */
  public static @Nullable Double parseDouble(String s) {
    return GoFloatReader.read(s);
  }

  /** Parses a boolean as in Go; returns null if it is invalid. */
  public static @Nullable Boolean parseBool(String s) {
    return switch (s) {
      case "1", "t", "T", "true", "TRUE", "True" -> true;
      case "0", "f", "F", "false", "FALSE", "False" -> false;
      default -> null;
    };
  }
}
