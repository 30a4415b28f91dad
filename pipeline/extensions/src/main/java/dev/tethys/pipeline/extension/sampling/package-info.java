/** Jaeger's remote sampling: tells clients how many traces to record. */
@NullMarked
package dev.tethys.pipeline.extension.sampling;

import org.jspecify.annotations.NullMarked;
