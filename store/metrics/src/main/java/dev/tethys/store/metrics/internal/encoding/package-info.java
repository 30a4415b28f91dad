/** Compression of numbers, lossless bit for bit: pure functions over arrays. */
@NullMarked
package dev.tethys.store.metrics.internal.encoding;

import org.jspecify.annotations.NullMarked;
