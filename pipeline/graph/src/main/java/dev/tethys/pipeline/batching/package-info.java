/** Batches joined and split by size and time; the memory limiter. */
@NullMarked
package dev.tethys.pipeline.batching;

import org.jspecify.annotations.NullMarked;
