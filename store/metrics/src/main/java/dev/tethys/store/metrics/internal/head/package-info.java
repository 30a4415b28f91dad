/**
 * The newest samples: series table, label index and rows of samples in memory; columns of samples
 * in files while they wait for their block.
 */
@NullMarked
package dev.tethys.store.metrics.internal.head;

import org.jspecify.annotations.NullMarked;
