package dev.tethys.collect.exporter.blackbox.cel;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A parsed expression with macros expanded. */
sealed interface CelExpr {
  /** Literal value. */
  record Literal(Object value) implements CelExpr {}

  /** A variable, or the name of a type. */
  record Name(String name) implements CelExpr {}

  /**
   * A field.
   *
   * @param test whether only its presence is tested: {@code has()}
   */
  record Field(CelExpr of, String name, boolean test) implements CelExpr {}

  /** An element. */
  record Element(CelExpr of, CelExpr index) implements CelExpr {}

  /** A function of {@link CelFunctions}; for a method, the first argument is its receiver. */
  record Call(String name, List<CelExpr> arguments) implements CelExpr {}

  /** An operator that needs both sides. */
  record Binary(String operator, CelExpr left, CelExpr right) implements CelExpr {}

  /** {@code &&} and {@code ||}, which need one side where it decides. */
  record Logical(boolean and, CelExpr left, CelExpr right) implements CelExpr {}

  record Negation(CelExpr of) implements CelExpr {}

  record Minus(CelExpr of) implements CelExpr {}

  record Choice(CelExpr condition, CelExpr then, CelExpr otherwise) implements CelExpr {}

  record ListOf(List<CelExpr> elements) implements CelExpr {}

  record MapOf(List<Map.Entry<CelExpr, CelExpr>> entries) implements CelExpr {}

  /** The macros that go over a list, or the keys of a map. */
  enum Over {
    ALL,
    EXISTS,
    EXISTS_ONE,
    MAP,
    FILTER
  }

  /**
   * A macro.
   *
   * @param variable name of an element in both expressions
   * @param filter filter of {@code map} with three arguments; otherwise null
   */
  record Comprehension(
      Over kind, CelExpr range, String variable, @Nullable CelExpr filter, CelExpr body)
      implements CelExpr {}
}
