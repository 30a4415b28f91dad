/** Batches of individually appended samples, and forwarding next to a store. */
@NullMarked
package dev.tethys.pipeline.sample;

import org.jspecify.annotations.NullMarked;
