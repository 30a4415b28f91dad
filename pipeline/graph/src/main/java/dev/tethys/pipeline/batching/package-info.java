/** Batches made larger and smaller. */
@NullMarked
package dev.tethys.pipeline.batching;

import org.jspecify.annotations.NullMarked;
