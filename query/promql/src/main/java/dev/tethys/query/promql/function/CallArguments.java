package dev.tethys.query.promql.function;

import dev.tethys.query.promql.ast.Expr;
import dev.tethys.query.promql.ast.Expr.Span;
import dev.tethys.query.promql.exec.InstantSelect;
import dev.tethys.query.promql.exec.Operator;
import dev.tethys.query.promql.exec.RangeSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Planned arguments of a call, with the planner's knowledge of the enclosing query. */
public interface CallArguments {
  /** Returns the number of arguments given. */
  int size();

  /** Returns an argument without parentheses. */
  Expr expr(int i);

  /** Returns the operator of an argument that is a vector or a scalar. */
  Operator operator(int i);

  /** Returns the value of a string literal; "" for another expression. */
  String text(int i);

  /** Values of the string literals from a position on. */
  List<String> texts(int from);

  /** Returns the position that annotations about an argument point at. */
  Span span(int i);

  /** Returns the position of the call. */
  Span callSpan();

  /** Returns the windows of the range argument. */
  RangeSource range();

  /** Operators of all arguments but the range. */
  List<Operator> scalars();

  /** Samples of the selector at a position, as that part of them. */
  Operator select(int i, InstantSelect.Part part);

  /** Returns the time of the first selector within an argument. */
  SelectorTime firstSelector(int i);

  /** Returns the start of the query in milliseconds. */
  long queryStart();

  /** Returns the end of the query in milliseconds. */
  long queryEnd();

  /** Returns the step of the query in milliseconds. */
  long queryStep();

  /**
   * Time modifiers of a selector.
   *
   * @param at fixed time in milliseconds; null for the time of the step
   * @param offset milliseconds
   */
  record SelectorTime(@Nullable Long at, long offset) {}
}
