/** The {@code metricsgeneration} processor: derives metrics from other metrics. */
@NullMarked
package dev.tethys.pipeline.processor.generation;

import org.jspecify.annotations.NullMarked;
