/** The {@code tail_sampling} processor: holds traces, and keeps or drops each as a whole. */
@NullMarked
package dev.tethys.pipeline.processor.sampling.tail;

import org.jspecify.annotations.NullMarked;
