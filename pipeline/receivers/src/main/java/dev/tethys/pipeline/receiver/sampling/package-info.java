/** Jaeger's remote sampling: tells clients how many traces to record. */
@NullMarked
package dev.tethys.pipeline.receiver.sampling;

import org.jspecify.annotations.NullMarked;
