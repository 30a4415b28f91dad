package dev.tethys.pipeline.operators.expr;

import dev.tethys.config.NameSuggestion;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Static type of a subexpression, as far as known before evaluation. Operations on names of unknown
 * type are checked at evaluation.
 */
public sealed interface Shape {
  /** Unknown type. */
  Shape ANY = Plain.ANY;

  Shape BOOL = Plain.BOOL;
  Shape NUMBER = Plain.NUMBER;
  Shape STRING = Plain.STRING;
  Shape LIST = Plain.LIST;

  /** Map of strings; a missing key is {@code ""}, as in a Go map, except for {@code ??}. */
  Shape TEXTS = Plain.TEXTS;

  /** Type without known parts. */
  enum Plain implements Shape {
    ANY("anything"),
    BOOL("true or false"),
    NUMBER("a number"),
    STRING("a string"),
    LIST("a list"),
    TEXTS("a map of strings");

    private final String word;

    Plain(String word) {
      this.word = word;
    }

    @Override
    public String toString() {
      return word;
    }
  }

  /** Map with exactly these keys. */
  record Fields(Map<String, Shape> fields) implements Shape {
    @Override
    public String toString() {
      return "a map";
    }
  }

  /** Returns the shape of a literal. */
  static Shape of(@Nullable Object constant) {
    return switch (Operators.type(constant)) {
      case "bool" -> BOOL;
      case "int", "float" -> NUMBER;
      case "string" -> STRING;
      case "array" -> LIST;
      default -> ANY;
    };
  }

  /** Returns the reason why a binary operator does not apply to two types, or null if it may. */
  static @Nullable String problem(String sign, Shape a, Shape b) {
    boolean known = a != ANY && b != ANY;
    return switch (sign) {
      case "or", "||", "and", "&&" -> {
        Shape other = a != ANY && a != BOOL ? a : b != ANY && b != BOOL ? b : null;
        yield other == null ? null : "\"" + sign + "\" requires true or false, not " + other;
      }
      case "==", "!=" ->
          known && !a.equals(b) ? a + " is never equal to " + b + ": convert one of them" : null;
      case "<", ">", "<=", ">=" -> {
        boolean ordered = (a == NUMBER || a == STRING) && a == b;
        yield known && !ordered ? a + " and " + b + " have no order" : null;
      }
      case "in" ->
          b == BOOL || b == NUMBER || b == STRING
              ? "\"in\" looks into lists and maps, not into " + b
              : (b == TEXTS || b instanceof Fields) && a != ANY && a != STRING
                  ? "a map key must be a string, not " + a
                  : null;
      case "matches", "contains", "startsWith", "endsWith" -> {
        Shape other = a != ANY && a != STRING ? a : b != ANY && b != STRING ? b : null;
        yield other == null ? null : "\"" + sign + "\" requires strings, not " + other;
      }
      case "+" ->
          known && !((a == NUMBER || a == STRING) && a == b)
              ? a + " and " + b + " have no sum: convert one of them"
              : null;
      case "-", "*", "/", "%", "**", "^", ".." -> {
        Shape other = a != ANY && a != NUMBER ? a : b != ANY && b != NUMBER ? b : null;
        yield other == null ? null : "\"" + sign + "\" requires numbers, not " + other;
      }
      default -> null;
    };
  }

  /** Returns the result type of a binary operator. */
  static Shape result(String sign, Shape a, Shape b) {
    return switch (sign) {
      case "or", "||", "and", "&&", "==", "!=", "<", ">", "<=", ">=" -> BOOL;
      case "in", "matches", "contains", "startsWith", "endsWith" -> BOOL;
      case "+" -> a == b ? a : ANY;
      case "/", "%", "**", "^" -> NUMBER;
      case "-", "*" -> a == NUMBER && b == NUMBER ? NUMBER : ANY;
      case ".." -> LIST;
      default -> both(a, b);
    };
  }

  /** Returns the common type of two alternatives. */
  static Shape both(Shape a, Shape b) {
    return a.equals(b) ? a : ANY;
  }

  /** Returns the reason why a key does not exist, or null if it may. */
  default @Nullable String problemWith(String key) {
    if (this instanceof Fields(Map<String, Shape> fields)) {
      if (fields.containsKey(key)) {
        return null;
      }
      Set<String> all = new TreeSet<>(fields.keySet());
      String nearest = NameSuggestion.of(key, all);
      return "there is no \""
          + key
          + "\" in it"
          + (nearest == null ? "" : ", did you mean \"" + nearest + "\"?")
          + "; expected one of: "
          + String.join(", ", all);
    }
    return this == ANY || this == TEXTS ? null : this + " has no \"" + key + "\"";
  }

  /** Returns the type of a key's value. */
  default Shape at(String key) {
    return this instanceof Fields(Map<String, Shape> fields)
        ? fields.getOrDefault(key, ANY)
        : this == TEXTS ? STRING : ANY;
  }
}
