/** The {@code metricstransform} processor: metrics renamed, copied, combined and aggregated. */
@NullMarked
package dev.tethys.pipeline.processor.metricstransform;

import org.jspecify.annotations.NullMarked;
