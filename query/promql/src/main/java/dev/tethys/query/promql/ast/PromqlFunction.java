package dev.tethys.query.promql.ast;

import dev.tethys.query.promql.ast.Expr.ValueType;
import java.util.List;

/**
 * Function signature.
 *
 * @param argumentTypes declared argument types; further arguments have the type of the last one
 * @param variadic 0: exactly the declared arguments; positive {@code n}: the last declared one may
 *     be omitted or occur up to {@code n} times; -1: the last one may be omitted or repeated
 *     without limit
 * @param returnType type of the result
 * @param experimental whether it needs {@code promql-experimental-functions}
 */
public record PromqlFunction(
    String name,
    List<ValueType> argumentTypes,
    int variadic,
    ValueType returnType,
    boolean experimental) {
  /** Returns the minimum number of arguments. */
  public int minArguments() {
    return variadic == 0 ? argumentTypes.size() : argumentTypes.size() - 1;
  }

  /** Returns the maximum number of arguments; {@link Integer#MAX_VALUE} for no limit. */
  public int maxArguments() {
    return variadic < 0 ? Integer.MAX_VALUE : minArguments() + variadic;
  }

  /** Returns the required type of the argument at a position. */
  public ValueType argumentType(int position) {
    return argumentTypes.get(Math.min(position, argumentTypes.size() - 1));
  }
}
