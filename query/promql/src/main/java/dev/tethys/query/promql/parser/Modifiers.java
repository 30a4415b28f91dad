package dev.tethys.query.promql.parser;

import dev.tethys.query.promql.ast.Expr.Cardinality;
import dev.tethys.query.promql.ast.Expr.VectorMatching;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Modifiers between a binary operator and its right side: {@code bool}, then {@code on} or {@code
 * ignoring}, then {@code group_left} or {@code group_right}, then fill values.
 */
record Modifiers(boolean returnBool, VectorMatching matching) {
  static Modifiers read(PromqlTokenReader in) {
    boolean bool = take(in, PromqlTokenKind.BOOL);
    boolean on = false;
    List<String> labels = List.of();
    List<String> include = List.of();
    Cardinality cardinality = Cardinality.ONE_TO_ONE;
    if (in.peek().kind() == PromqlTokenKind.ON || in.peek().kind() == PromqlTokenKind.IGNORING) {
      on = in.next().kind() == PromqlTokenKind.ON;
      labels = in.groupingLabels(null);
      PromqlTokenKind k = in.peek().kind();
      if (k == PromqlTokenKind.GROUP_LEFT || k == PromqlTokenKind.GROUP_RIGHT) {
        in.next();
        cardinality =
            k == PromqlTokenKind.GROUP_LEFT ? Cardinality.MANY_TO_ONE : Cardinality.ONE_TO_MANY;
        PromqlTokenKind next = in.peek().kind();
        if (next == PromqlTokenKind.LEFT_PAREN || !next.startsExpression()) {
          include = in.groupingLabels(null); // which complains of all but a parenthesis
        }
      }
    }
    Double left = null;
    Double right = null;
    switch (in.peek().kind()) {
      case FILL -> {
        left = fillValue(in);
        right = left;
      }
      case FILL_LEFT -> {
        left = fillValue(in);
        right = in.peek().kind() == PromqlTokenKind.FILL_RIGHT ? fillValue(in) : null;
      }
      case FILL_RIGHT -> {
        right = fillValue(in);
        left = in.peek().kind() == PromqlTokenKind.FILL_LEFT ? fillValue(in) : null;
      }
      default -> {
        // none
      }
    }
    return new Modifiers(bool, new VectorMatching(cardinality, on, labels, include, left, right));
  }

  private static boolean take(PromqlTokenReader in, PromqlTokenKind kind) {
    boolean there = in.peek().kind() == kind;
    if (there) {
      in.next();
    }
    return there;
  }

  private static @Nullable Double fillValue(PromqlTokenReader in) {
    in.next();
    in.expect(PromqlTokenKind.LEFT_PAREN);
    boolean negative = in.peek().kind() == PromqlTokenKind.SUB;
    if (negative || in.peek().kind() == PromqlTokenKind.ADD) {
      in.next();
    }
    if (in.peek().kind() != PromqlTokenKind.NUMBER
        && in.peek().kind() != PromqlTokenKind.DURATION) {
      throw in.unexpected();
    }
    double v = in.number(in.next());
    in.expect(PromqlTokenKind.RIGHT_PAREN);
    return negative ? -v : v;
  }
}
