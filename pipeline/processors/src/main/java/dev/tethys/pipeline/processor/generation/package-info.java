/** The {@code metricsgeneration} processor: metrics computed from others. */
@NullMarked
package dev.tethys.pipeline.processor.generation;

import org.jspecify.annotations.NullMarked;
