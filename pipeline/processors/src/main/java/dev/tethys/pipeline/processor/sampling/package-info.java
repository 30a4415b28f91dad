/** The {@code probabilistic_sampler} processor. */
@NullMarked
package dev.tethys.pipeline.processor.sampling;

import org.jspecify.annotations.NullMarked;
