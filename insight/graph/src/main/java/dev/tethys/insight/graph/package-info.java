/**
 * Graph of calls between services, and counts of spans. {@link RequestPairs} joins the two sides of
 * a request, {@link CountTable} keeps the counters of an edge or of a group of spans within a
 * budget. Names of metrics belong to the callers.
 */
@NullMarked
package dev.tethys.insight.graph;

import org.jspecify.annotations.NullMarked;
