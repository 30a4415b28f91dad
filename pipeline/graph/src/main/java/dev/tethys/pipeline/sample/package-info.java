/** From samples that are appended one by one to batches, and the way beside a store. */
@NullMarked
package dev.tethys.pipeline.sample;

import org.jspecify.annotations.NullMarked;
