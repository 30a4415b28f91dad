/**
 * The expression language in which operators say conditions and values: the one of expr-lang as its
 * Language Definition tells it, without methods of Go's types other than those of times.
 */
@NullMarked
package dev.tethys.pipeline.operators.expr;

import org.jspecify.annotations.NullMarked;
