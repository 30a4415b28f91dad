/**
 * Connector {@code servicegraph}: edges between services from pairs of client and server spans, as
 * metrics. The server's own service graph is in {@code app.server.spans}.
 */
@NullMarked
package dev.tethys.pipeline.processor.connector.servicegraph;

import org.jspecify.annotations.NullMarked;
