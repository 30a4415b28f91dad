/** The {@code relabel} processor: Prometheus's relabelling rules. */
@NullMarked
package dev.tethys.pipeline.processor.relabel;

import org.jspecify.annotations.NullMarked;
