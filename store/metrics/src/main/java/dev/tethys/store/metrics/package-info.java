/**
 * Embedded time series database. {@link RetentionPolicy} defines retention; {@code Compaction}
 * removes expired blocks, and {@code RetentionCutoff} hides expired samples from queries.
 */
@NullMarked
package dev.tethys.store.metrics;

import org.jspecify.annotations.NullMarked;
