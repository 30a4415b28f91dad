/** Immutable, memory-mapped blocks of samples on disk. */
@NullMarked
package dev.tethys.store.metrics.internal.block;

import org.jspecify.annotations.NullMarked;
