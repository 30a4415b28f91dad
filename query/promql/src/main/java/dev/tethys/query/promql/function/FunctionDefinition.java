package dev.tethys.query.promql.function;

import dev.tethys.query.promql.ast.PromqlFunction;
import dev.tethys.query.promql.exec.Operator;
import dev.tethys.query.promql.exec.WindowSummary;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Entry of the function table.
 *
 * @param signature name, types and feature flag
 * @param traits properties that the planner acts on
 * @param summary computation from summaries of samples; null if samples are needed
 * @param evaluator makes the operator of a call
 */
public record FunctionDefinition(
    PromqlFunction signature,
    Set<FunctionTrait> traits,
    @Nullable WindowSummary summary,
    Evaluator evaluator) {
  /** Creates the operator of a call. */
  @FunctionalInterface
  public interface Evaluator {
    Operator operator(CallArguments arguments);
  }

  /** Whether the function has a property. */
  public boolean has(FunctionTrait trait) {
    return traits.contains(trait);
  }
}
