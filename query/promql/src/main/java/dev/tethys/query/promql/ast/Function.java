package dev.tethys.query.promql.ast;

import dev.tethys.query.promql.ast.Expr.ValueType;
import java.util.List;

/**
 * The signature of a function.
 *
 * @param argumentTypes as declared; the last {@code optional} of them may be left out
 * @param optional how many arguments at the end may be left out; -1: the last one may be repeated
 *     or left out without limit; a positive number with {@code variadic}: up to so many of the last
 *     type
 * @param returnType what a call gives
 * @param experimental behind {@code promql-experimental-functions}
 */
public record Function(
    String name,
    List<ValueType> argumentTypes,
    int optional,
    ValueType returnType,
    boolean experimental) {}
