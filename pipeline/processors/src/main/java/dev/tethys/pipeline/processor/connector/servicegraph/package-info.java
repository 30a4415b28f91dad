/**
 * Connector {@code servicegraph}: edges between services from pairs of client and server spans, as
 * metrics.
 */
@NullMarked
package dev.tethys.pipeline.processor.connector.servicegraph;

import org.jspecify.annotations.NullMarked;
