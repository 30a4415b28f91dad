/** Zipkin as a destination of traces. */
@NullMarked
package dev.tethys.pipeline.exporter.zipkin;

import org.jspecify.annotations.NullMarked;
