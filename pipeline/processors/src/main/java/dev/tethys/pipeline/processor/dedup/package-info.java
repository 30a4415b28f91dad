/** The {@code logdedup} processor: log records that are alike as one, with their number. */
@NullMarked
package dev.tethys.pipeline.processor.dedup;

import org.jspecify.annotations.NullMarked;
