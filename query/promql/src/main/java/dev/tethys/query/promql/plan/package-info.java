/** From the tree of a query to the operators that compute it. */
@NullMarked
package dev.tethys.query.promql.plan;

import org.jspecify.annotations.NullMarked;
