/** The {@code metricsgeneration} processor: metrics that are worked out from others. */
@NullMarked
package dev.tethys.pipeline.processor.generation;

import org.jspecify.annotations.NullMarked;
