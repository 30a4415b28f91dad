/** OTLP over gRPC and HTTP to a destination. */
@NullMarked
package dev.tethys.pipeline.exporter.otlp;

import org.jspecify.annotations.NullMarked;
