/**
 * Services and the calls between them over a range of time, out of stored counters: those of spans
 * and those of the node agent. {@link ServiceQueries} joins both.
 */
@NullMarked
package dev.tethys.insight.graph.query;

import org.jspecify.annotations.NullMarked;
