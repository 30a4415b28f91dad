/** Metrics of stored spans, written into the metric store: span metrics and the service graph. */
@NullMarked
package dev.tethys.insight.graph.stored;

import org.jspecify.annotations.NullMarked;
