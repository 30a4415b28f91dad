package dev.tethys.pipeline.stages.jmespath;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** An expression as a tree. */
sealed interface JmesPathTree {
  record Current() implements JmesPathTree {}

  record Field(String name) implements JmesPathTree {}

  record Index(int at) implements JmesPathTree {}

  record Slice(@Nullable Integer start, @Nullable Integer stop, int step) implements JmesPathTree {}

  record Literal(@Nullable Object value) implements JmesPathTree {}

  /** Applies the right side to the result of the left side. */
  record Chain(JmesPathTree left, JmesPathTree right) implements JmesPathTree {}

  /** Same as {@link Chain}, but ends the projection of the left side. */
  record Pipe(JmesPathTree left, JmesPathTree right) implements JmesPathTree {}

  /** The right side over each item of a list. */
  record ListProjection(JmesPathTree left, JmesPathTree right) implements JmesPathTree {}

  /** The right side over each value of an object. */
  record ValueProjection(JmesPathTree left, JmesPathTree right) implements JmesPathTree {}

  /** The right side over the items that meet a condition. */
  record Filter(JmesPathTree left, JmesPathTree right, JmesPathTree condition)
      implements JmesPathTree {}

  record Flatten(JmesPathTree of) implements JmesPathTree {}

  record Compare(JmesPathToken.Kind operator, JmesPathTree left, JmesPathTree right)
      implements JmesPathTree {}

  record And(JmesPathTree left, JmesPathTree right) implements JmesPathTree {}

  record Or(JmesPathTree left, JmesPathTree right) implements JmesPathTree {}

  record Not(JmesPathTree of) implements JmesPathTree {}

  record MultiList(List<JmesPathTree> items) implements JmesPathTree {}

  record MultiHash(List<String> keys, List<JmesPathTree> values) implements JmesPathTree {}

  record Call(String function, List<JmesPathTree> arguments) implements JmesPathTree {}

  /** An expression that is passed to a function. */
  record Reference(JmesPathTree of) implements JmesPathTree {}
}
