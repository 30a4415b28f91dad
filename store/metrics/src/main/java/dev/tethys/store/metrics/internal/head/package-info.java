/**
 * The newest samples: series table, label index and rows of samples in memory; columns of samples
 * in files until they become part of a block.
 */
@NullMarked
package dev.tethys.store.metrics.internal.head;

import org.jspecify.annotations.NullMarked;
