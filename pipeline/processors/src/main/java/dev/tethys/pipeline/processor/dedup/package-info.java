/** The {@code logdedup} processor: combines equal log records into one with a count. */
@NullMarked
package dev.tethys.pipeline.processor.dedup;

import org.jspecify.annotations.NullMarked;
