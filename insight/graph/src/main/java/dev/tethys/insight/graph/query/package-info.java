/**
 * Services and the calls between them over a time range, derived from stored counters of spans and
 * of the node agent. {@link ServiceQueries} joins both.
 */
@NullMarked
package dev.tethys.insight.graph.query;

import org.jspecify.annotations.NullMarked;
