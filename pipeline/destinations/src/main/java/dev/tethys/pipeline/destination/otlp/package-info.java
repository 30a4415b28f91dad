/** OTLP over gRPC and HTTP to a destination. */
@NullMarked
package dev.tethys.pipeline.destination.otlp;

import org.jspecify.annotations.NullMarked;
