/** Trace store on the engine of events. */
@NullMarked
package dev.tethys.store.traces;

import org.jspecify.annotations.NullMarked;
