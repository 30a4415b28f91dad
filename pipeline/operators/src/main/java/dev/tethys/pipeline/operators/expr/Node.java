package dev.tethys.pipeline.operators.expr;

import org.jspecify.annotations.Nullable;

/** A part of a compiled expression. */
@FunctionalInterface
interface Node {
  @Nullable Object value(Frame f);

  /** What is always the same. */
  record Constant(@Nullable Object value) implements Node {
    @Override
    public @Nullable Object value(Frame f) {
      return value;
    }
  }
}
