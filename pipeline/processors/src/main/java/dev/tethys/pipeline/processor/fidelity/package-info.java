/** The {@code fidelity} processor: sampled items compared between two points of pipelines. */
@NullMarked
package dev.tethys.pipeline.processor.fidelity;

import org.jspecify.annotations.NullMarked;
