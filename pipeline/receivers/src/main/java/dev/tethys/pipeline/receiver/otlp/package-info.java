/** OTLP over gRPC and HTTP into a pipeline. */
@NullMarked
package dev.tethys.pipeline.receiver.otlp;

import org.jspecify.annotations.NullMarked;
