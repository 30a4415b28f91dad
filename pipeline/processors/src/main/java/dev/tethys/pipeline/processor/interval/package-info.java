/** The {@code interval} processor: the last point of each stream, once an interval. */
@NullMarked
package dev.tethys.pipeline.processor.interval;

import org.jspecify.annotations.NullMarked;
