/** Traces of this program itself: what its parts are at, and for how long. */
@NullMarked
package dev.tethys.model.tracing;

import org.jspecify.annotations.NullMarked;
