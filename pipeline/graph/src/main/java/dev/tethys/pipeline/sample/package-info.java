/** Batches of samples that are appended one by one, and forwarding next to a store. */
@NullMarked
package dev.tethys.pipeline.sample;

import org.jspecify.annotations.NullMarked;
