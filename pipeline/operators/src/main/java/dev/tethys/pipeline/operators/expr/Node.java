package dev.tethys.pipeline.operators.expr;

import org.jspecify.annotations.Nullable;

/** A part of a compiled expression. */
@FunctionalInterface
interface Node {
  @Nullable Object value(Frame f);

  /** What is known of its value. */
  default Shape shape() {
    return Shape.ANY;
  }

  /** What is always the same. */
  record Constant(@Nullable Object value) implements Node {
    @Override
    public @Nullable Object value(Frame f) {
      return value;
    }

    @Override
    public Shape shape() {
      return Shape.of(value);
    }
  }

  /** One of whose value something is known. */
  record Shaped(Node of, Shape shape) implements Node {
    @Override
    public @Nullable Object value(Frame f) {
      return of.value(f);
    }
  }

  /** What stands in a map of texts: {@code ""} where nothing does. */
  record Text(Node of) implements Node {
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

  /** With what is known of it. */
  static Node of(Node n, Shape shape) {
    return shape == Shape.ANY || n instanceof Constant ? n : new Shaped(n, shape);
  }
}
