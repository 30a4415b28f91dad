/** Planner: turns the tree of a query into operators. */
@NullMarked
package dev.tethys.query.promql.plan;

import org.jspecify.annotations.NullMarked;
