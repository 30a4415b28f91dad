/** Cancellation of long computations inside a query. */
@NullMarked
package dev.tethys.model.cancellation;

import org.jspecify.annotations.NullMarked;
