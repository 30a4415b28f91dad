/** The {@code logdedup} processor: equal log records are joined into one with their count. */
@NullMarked
package dev.tethys.pipeline.processor.dedup;

import org.jspecify.annotations.NullMarked;
