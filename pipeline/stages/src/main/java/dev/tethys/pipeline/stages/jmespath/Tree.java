package dev.tethys.pipeline.stages.jmespath;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** An expression as a tree. */
sealed interface Tree {
  record Current() implements Tree {}

  record Field(String name) implements Tree {}

  record Index(int at) implements Tree {}

  record Slice(@Nullable Integer start, @Nullable Integer stop, int step) implements Tree {}

  record Literal(@Nullable Object value) implements Tree {}

  /** The right side over what the left one gives. */
  record Chain(Tree left, Tree right) implements Tree {}

  /** The same, where the left side is no longer a projection. */
  record Pipe(Tree left, Tree right) implements Tree {}

  /** The right side over each item of a list. */
  record ListProjection(Tree left, Tree right) implements Tree {}

  /** The right side over each value of an object. */
  record ValueProjection(Tree left, Tree right) implements Tree {}

  /** The right side over the items that meet a condition. */
  record Filter(Tree left, Tree right, Tree condition) implements Tree {}

  record Flatten(Tree of) implements Tree {}

  record Compare(JmesPathToken.Kind operator, Tree left, Tree right) implements Tree {}

  record And(Tree left, Tree right) implements Tree {}

  record Or(Tree left, Tree right) implements Tree {}

  record Not(Tree of) implements Tree {}

  record MultiList(List<Tree> items) implements Tree {}

  record MultiHash(List<String> keys, List<Tree> values) implements Tree {}

  record Call(String function, List<Tree> arguments) implements Tree {}

  /** An expression that is handed to a function. */
  record Reference(Tree of) implements Tree {}
}
