/** Typed tree of PromQL, produced by the parser, read by the planner and the formatter. */
@NullMarked
package dev.tethys.query.promql.ast;

import org.jspecify.annotations.NullMarked;
