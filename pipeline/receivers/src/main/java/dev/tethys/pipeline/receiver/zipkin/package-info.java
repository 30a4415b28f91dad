/** Receives Zipkin's spans. */
@NullMarked
package dev.tethys.pipeline.receiver.zipkin;

import org.jspecify.annotations.NullMarked;
