package dev.tethys.pipeline.operators.expr;

import dev.tethys.model.regex.Regex;
import dev.tethys.model.regex.RegexSyntaxException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Binary operators of the expression language, with their precedence. */
final class BinaryOperators {
  private static final Map<String, Integer> PRECEDENCE =
      Map.ofEntries(
          Map.entry("|", 0),
          Map.entry("or", 10),
          Map.entry("||", 10),
          Map.entry("and", 15),
          Map.entry("&&", 15),
          Map.entry("==", 20),
          Map.entry("!=", 20),
          Map.entry("<", 20),
          Map.entry(">", 20),
          Map.entry("<=", 20),
          Map.entry(">=", 20),
          Map.entry("in", 20),
          Map.entry("matches", 20),
          Map.entry("contains", 20),
          Map.entry("startsWith", 20),
          Map.entry("endsWith", 20),
          Map.entry("..", 25),
          Map.entry("+", 30),
          Map.entry("-", 30),
          Map.entry("*", 60),
          Map.entry("/", 60),
          Map.entry("%", 60),
          Map.entry("**", 100),
          Map.entry("^", 100),
          Map.entry("??", 500));
  private static final List<String> NEGATED =
      List.of("in", "matches", "contains", "startsWith", "endsWith");

  private BinaryOperators() {}

  /** Thrown if the right side of {@code matches} is not a regular expression. */
  static final class PatternException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    PatternException(String message) {
      super(message);
    }

    @Override
    public String getMessage() {
      return String.valueOf(super.getMessage());
    }
  }

  /** Returns the precedence of an operator, or null for other text. */
  static @Nullable Integer precedence(String sign) {
    return PRECEDENCE.get(sign);
  }

  /** Whether {@code not} may precede an operator. */
  static boolean isNegatable(String sign) {
    return NEGATED.contains(sign);
  }

  /**
   * Creates a binary operation.
   *
   * @throws PatternException if the right side of {@code matches} is not a regular expression
   */
  static ExprNode of(String sign, ExprNode left, ExprNode right) {
    return switch (sign) {
      case "or", "||" -> f -> Operators.isTrue(left.value(f)) || Operators.isTrue(right.value(f));
      case "and", "&&" -> f -> Operators.isTrue(left.value(f)) && Operators.isTrue(right.value(f));
      case "==" -> f -> Operators.equal(left.value(f), right.value(f));
      case "!=" -> f -> !Operators.equal(left.value(f), right.value(f));
      case "<" -> f -> Operators.compare(left.value(f), right.value(f), "<") < 0;
      case ">" -> f -> Operators.compare(left.value(f), right.value(f), ">") > 0;
      case "<=" -> f -> Operators.compare(left.value(f), right.value(f), "<=") <= 0;
      case ">=" -> f -> Operators.compare(left.value(f), right.value(f), ">=") >= 0;
      case "in" -> f -> Operators.in(left.value(f), right.value(f));
      case "matches" -> matches(left, right);
      case "contains" ->
          f -> Operators.texts(left.value(f), right.value(f), "contains", String::contains);
      case "startsWith" ->
          f -> Operators.texts(left.value(f), right.value(f), "startsWith", String::startsWith);
      case "endsWith" ->
          f -> Operators.texts(left.value(f), right.value(f), "endsWith", String::endsWith);
      case ".." -> f -> Operators.range(f, left.value(f), right.value(f));
      case "+" -> f -> Operators.plus(f, left.value(f), right.value(f));
      case "-" -> f -> Operators.minus(left.value(f), right.value(f));
      case "*" -> f -> Operators.times(left.value(f), right.value(f));
      case "/" -> f -> Operators.divided(left.value(f), right.value(f));
      case "%" -> f -> Operators.modulo(left.value(f), right.value(f));
      case "**", "^" ->
          f ->
              Math.pow(
                  Operators.number(left.value(f), sign), Operators.number(right.value(f), sign));
      case "??" -> {
        ExprNode first = left instanceof ExprNode.Text(ExprNode asked) ? asked : left;
        yield f -> {
          Object v = first.value(f);
          return v == null ? right.value(f) : v;
        };
      }
      default -> throw new IllegalStateException(sign);
    };
  }

  /** Creates a match; a constant regular expression is compiled once. */
  private static ExprNode matches(ExprNode left, ExprNode right) {
    if (right instanceof ExprNode.Constant(Object v)) {
      if (v instanceof String s) {
        try {
          Regex p = Regex.compile(s);
          return f -> Operators.matches(left.value(f), p);
        } catch (RegexSyntaxException e) {
          throw new PatternException("not a regular expression: " + e.getMessage());
        }
      }
      if (v != null) {
        throw new PatternException("matches requires a regular expression as a string");
      }
    }
    return f -> Operators.matches(left.value(f), right.value(f));
  }
}
