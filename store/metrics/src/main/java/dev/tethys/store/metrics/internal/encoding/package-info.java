/** Compression of numbers, lossless to the bit: pure functions over arrays. */
@NullMarked
package dev.tethys.store.metrics.internal.encoding;

import org.jspecify.annotations.NullMarked;
