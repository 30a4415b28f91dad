/** Receives OTLP over gRPC and HTTP. */
@NullMarked
package dev.tethys.pipeline.receiver.otlp;

import org.jspecify.annotations.NullMarked;
