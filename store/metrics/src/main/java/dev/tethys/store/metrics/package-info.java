/**
 * Embedded time series database. {@link RetentionPolicy} says what is kept; {@code Compaction}
 * removes expired blocks, and {@code RetentionCutoff} hides expired samples from queries.
 */
@NullMarked
package dev.tethys.store.metrics;

import org.jspecify.annotations.NullMarked;
