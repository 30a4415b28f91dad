/** What a query does and what that took: EXPLAIN and ANALYZE. */
@NullMarked
package dev.tethys.query.promql.explain;

import org.jspecify.annotations.NullMarked;
