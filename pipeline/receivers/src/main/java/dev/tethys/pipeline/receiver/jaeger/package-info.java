/** Receives Jaeger's spans. */
@NullMarked
package dev.tethys.pipeline.receiver.jaeger;

import org.jspecify.annotations.NullMarked;
