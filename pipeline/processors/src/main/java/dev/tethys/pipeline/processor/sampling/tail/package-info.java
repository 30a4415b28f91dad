/** The {@code tail_sampling} processor: traces are held, and kept or dropped as a whole. */
@NullMarked
package dev.tethys.pipeline.processor.sampling.tail;

import org.jspecify.annotations.NullMarked;
