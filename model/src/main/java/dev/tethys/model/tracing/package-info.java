/** Spans of Tethys itself: sampling, recording and propagation. */
@NullMarked
package dev.tethys.model.tracing;

import org.jspecify.annotations.NullMarked;
