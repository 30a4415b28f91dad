/** Zipkin as a destination of traces. */
@NullMarked
package dev.tethys.pipeline.destination.zipkin;

import org.jspecify.annotations.NullMarked;
