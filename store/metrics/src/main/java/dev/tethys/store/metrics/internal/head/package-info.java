/** The newest samples: series table, label index and rows of samples in memory. */
@NullMarked
package dev.tethys.store.metrics.internal.head;

import org.jspecify.annotations.NullMarked;
