/**
 * Expression language of operators: expr-lang by its Language Definition, without methods of Go's
 * types other than those of times.
 */
@NullMarked
package dev.tethys.pipeline.operators.expr;

import org.jspecify.annotations.NullMarked;
