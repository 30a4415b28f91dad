/** PromQL: parser, typed tree, planner and vectorised execution over a {@code MetricSource}. */
@NullMarked
package dev.tethys.query.promql;

import org.jspecify.annotations.NullMarked;
