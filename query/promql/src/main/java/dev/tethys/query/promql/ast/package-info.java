/** PromQL as a typed tree: what the parser makes, and the planner and the formatter read. */
@NullMarked
package dev.tethys.query.promql.ast;

import org.jspecify.annotations.NullMarked;
