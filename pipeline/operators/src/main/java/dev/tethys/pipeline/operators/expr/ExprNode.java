package dev.tethys.pipeline.operators.expr;

import org.jspecify.annotations.Nullable;

/** A part of a compiled expression. */
@FunctionalInterface
interface ExprNode {
  @Nullable Object value(Frame f);

  /** Returns the static type of its value, as far as known. */
  default Shape shape() {
    return Shape.ANY;
  }

  /** Constant value. */
  record Constant(@Nullable Object value) implements ExprNode {
    @Override
    public @Nullable Object value(Frame f) {
      return value;
    }

    @Override
    public Shape shape() {
      return Shape.of(value);
    }
  }

  /** Node with a known static type. */
  record Shaped(ExprNode of, Shape shape) implements ExprNode {
    @Override
    public @Nullable Object value(Frame f) {
      return of.value(f);
    }
  }

  /** Value of a map of strings: {@code ""} for absent keys. */
  record Text(ExprNode of) implements ExprNode {
    @Override
    public Object value(Frame f) {
      Object v = of.value(f);
      return v == null ? "" : v;
    }

    @Override
    public Shape shape() {
      return Shape.STRING;
    }
  }

  /** Attaches a static type to a node. */
  static ExprNode of(ExprNode n, Shape shape) {
    return shape == Shape.ANY || n instanceof Constant ? n : new Shaped(n, shape);
  }
}
