/** Table of PromQL's functions: signatures, properties for the planner, computation. */
@NullMarked
package dev.tethys.query.promql.function;

import org.jspecify.annotations.NullMarked;
