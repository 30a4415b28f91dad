/** Connectors: forward, routing, failover, count and sum. */
@NullMarked
package dev.tethys.pipeline.processor.connector;

import org.jspecify.annotations.NullMarked;
