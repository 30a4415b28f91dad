/** EXPLAIN and ANALYZE: the operators of a query and their cost. */
@NullMarked
package dev.tethys.query.promql.explain;

import org.jspecify.annotations.NullMarked;
